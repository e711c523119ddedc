"""What a ReLU does, seen in the input space: projection, extrinsic layers, folds (thesis A.2, A.3).

``project`` takes the points behind any layer back into the input space, ``round_trip_error`` says
how far that way moves them by itself. ``ExtrinsicReLU`` and ``ExtrinsicReLU2d`` are layers that
deform the input space directly. ``folding`` counts how often a network folds a straight path.
"""

from relu_book.extrinsic.folds import Folding, folding
from relu_book.extrinsic.layers import ExtrinsicReLU, ExtrinsicReLU2d
from relu_book.extrinsic.projection import project, round_trip_error

__all__ = [
    "ExtrinsicReLU",
    "ExtrinsicReLU2d",
    "Folding",
    "folding",
    "project",
    "round_trip_error",
]
