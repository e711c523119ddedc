"""What the chapter on extrinsic projections measures (thesis A.2)."""

from relu_book.experiments.extrinsic_projection import board, lemmas, many, seen, statements

__all__ = ["board", "lemmas", "many", "seen", "statements"]
