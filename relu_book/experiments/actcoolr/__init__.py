"""What the chapter on ActCooLR measures (thesis 3.3 and A.4; supplement B, D, G and H)."""

from relu_book.experiments.actcoolr import fits, statements, steps, supplement

__all__ = ["fits", "statements", "steps", "supplement"]
