"""What the chapter on pruning measures (pruning paper)."""

from relu_book.experiments.pruning import algorithm, live, similarity_statements, tables
from relu_book.experiments.pruning.cifar4_reading import small_reading
from relu_book.experiments.pruning.cifar10_reading import large_reading
from relu_book.experiments.pruning.problems_reading import (
    density_reading,
    pivot_reading,
    problems_reading,
    ranges_reading,
)
from relu_book.experiments.pruning.same_net_reading import same_net_reading

__all__ = [
    "algorithm",
    "density_reading",
    "large_reading",
    "live",
    "pivot_reading",
    "problems_reading",
    "ranges_reading",
    "same_net_reading",
    "similarity_statements",
    "small_reading",
    "tables",
]
