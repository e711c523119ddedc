"""What the chapter on gradients of pattern entropies measures (thesis A.1)."""

from relu_book.experiments.entropy_gradient import clusters, statements

__all__ = ["clusters", "statements"]
