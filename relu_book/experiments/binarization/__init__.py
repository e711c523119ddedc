"""What the chapter on probabilistic binarization measures (thesis 4)."""

from relu_book.experiments.binarization import (
    capacitors,
    integers,
    places,
    printed,
    statements,
)

__all__ = ["capacitors", "integers", "places", "printed", "statements"]
