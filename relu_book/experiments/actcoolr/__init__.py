"""What the chapter on ActCooLR measures (thesis 3.3, A.4; supplement B, D, G and H)."""

from relu_book.experiments.actcoolr import (
    fits,
    live,
    printed,
    statements,
    steps,
    supplement,
    synthetic,
)
from relu_book.experiments.actcoolr.controller_reading import (
    controller_at_two_lengths,
    controller_reading,
)
from relu_book.experiments.actcoolr.f1_reading import f1_reading, step_decay_reading
from relu_book.experiments.actcoolr.fashion_mnist_reading import (
    fashion_mnist_aims,
    fashion_mnist_comparison,
    fashion_mnist_table,
)
from relu_book.experiments.actcoolr.full_10_30_reading import full_10_30_reading
from relu_book.experiments.actcoolr.gammas_reading import annealing_reading, gammas_at_two_lengths
from relu_book.experiments.actcoolr.lengths_reading import gamma_at_two_lengths, lengths_reading
from relu_book.experiments.actcoolr.pairs_reading import (
    gamma_4_at_two_lengths,
    pairs_at_two_lengths,
    presets_reading,
)

__all__ = [
    "annealing_reading",
    "controller_at_two_lengths",
    "controller_reading",
    "f1_reading",
    "fashion_mnist_aims",
    "fashion_mnist_comparison",
    "fashion_mnist_table",
    "fits",
    "full_10_30_reading",
    "gamma_4_at_two_lengths",
    "gamma_at_two_lengths",
    "gammas_at_two_lengths",
    "lengths_reading",
    "live",
    "pairs_at_two_lengths",
    "presets_reading",
    "printed",
    "statements",
    "step_decay_reading",
    "steps",
    "supplement",
    "synthetic",
]
