"""What the chapter on extrinsic projections measures (thesis A.2)."""

from relu_book.experiments.extrinsic_projection import board, lemmas, live, many, seen, statements
from relu_book.experiments.extrinsic_projection.fifty_filters_reading import fifty_filters_reading
from relu_book.experiments.extrinsic_projection.two_filters_reading import two_filters_reading

__all__ = [
    "board",
    "fifty_filters_reading",
    "lemmas",
    "live",
    "many",
    "seen",
    "statements",
    "two_filters_reading",
]
