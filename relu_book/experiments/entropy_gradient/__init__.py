"""What the chapter on gradients of pattern entropies measures (thesis A.1)."""

from relu_book.experiments.entropy_gradient import (
    clusters,
    regulariser_reading,
    small_networks_reading,
    statements,
)
from relu_book.experiments.entropy_gradient.entropy_with_skips_reading import skips_at_two_lengths
from relu_book.experiments.entropy_gradient.regulariser_reading import regulariser_at_two_lengths

__all__ = [
    "clusters",
    "regulariser_at_two_lengths",
    "regulariser_reading",
    "skips_at_two_lengths",
    "small_networks_reading",
    "statements",
]
