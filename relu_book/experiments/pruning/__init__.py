"""What the chapter on pruning measures (pruning paper)."""

from relu_book.experiments.pruning import algorithm, tables

__all__ = ["algorithm", "tables"]
