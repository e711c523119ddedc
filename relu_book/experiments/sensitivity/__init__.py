"""What the chapter on the sensitivity of training measures (thesis 3.2.3 and 3.2.4)."""
