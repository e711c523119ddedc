"""What the chapter on the sensitivity of training measures (thesis 3.2.3 and 3.2.4)."""

from relu_book.experiments.sensitivity import assumptions, live, statements, theorem
from relu_book.experiments.sensitivity.early_warning_reading import (
    edge_of_stability,
    warnings_compared,
)

__all__ = [
    "assumptions",
    "edge_of_stability",
    "live",
    "statements",
    "theorem",
    "warnings_compared",
]
