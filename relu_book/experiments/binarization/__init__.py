"""What the chapter on probabilistic binarization measures (thesis 4)."""
