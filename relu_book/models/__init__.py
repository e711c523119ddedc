"""The networks of the sources, one file a family."""

from relu_book.models.mlp import f1, mlp

__all__ = ["f1", "mlp"]
