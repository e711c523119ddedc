"""What the chapter on extrinsic projections measures (thesis A.2)."""

from relu_book.experiments.extrinsic_projection import board, lemmas, statements

__all__ = ["board", "lemmas", "statements"]
