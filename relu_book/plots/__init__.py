"""Pictures: the style that they share, and what each chapter draws."""

from relu_book.extras import needs

needs("relu_book.plots", "book", "matplotlib", "PIL", "IPython", "nbformat")
