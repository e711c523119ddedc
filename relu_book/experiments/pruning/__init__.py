"""What the chapter on pruning measures (pruning paper)."""

from relu_book.experiments.pruning import algorithm, similarity_statements, tables

__all__ = ["algorithm", "similarity_statements", "tables"]
