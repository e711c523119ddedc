"""What the chapter on activation cells measures (thesis 2.2): live claims, one module a theme, and
what its records say.
"""

from relu_book.experiments.activation_cells import definitions, depth, networks, width_and_bias
from relu_book.experiments.activation_cells.cells_before_training_reading import (
    cells_before_training_reading,
)
from relu_book.experiments.activation_cells.cells_through_training_reading import (
    cells_through_training_reading,
)

__all__ = [
    "cells_before_training_reading",
    "cells_through_training_reading",
    "definitions",
    "depth",
    "networks",
    "width_and_bias",
]
