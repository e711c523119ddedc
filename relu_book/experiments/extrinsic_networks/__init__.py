"""What the chapter on extrinsic networks measures (thesis A.3)."""

from relu_book.experiments.extrinsic_networks import statements

__all__ = ["statements"]
