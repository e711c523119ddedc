"""What the chapter on the sensitivity of training measures (thesis 3.2.3 and 3.2.4)."""

from relu_book.experiments.sensitivity import assumptions, live, statements, theorem
from relu_book.experiments.sensitivity.early_warning_reading import (
    edge_of_stability,
    warnings_compared,
)
from relu_book.experiments.sensitivity.momentum_decay_reading import (
    momentum_decay_at_two_lengths,
    momentum_decay_reading,
)
from relu_book.experiments.sensitivity.other_nets_reading import (
    hypothesis_reading,
    other_nets_reading,
)
from relu_book.experiments.sensitivity.profiles_reading import (
    profiles_at_two_lengths,
    profiles_reading,
)
from relu_book.experiments.sensitivity.skips_reading import skips_at_two_lengths
from relu_book.experiments.sensitivity.together import (
    all_five,
    early_epochs,
    first_epoch,
    growing_mu,
)
from relu_book.experiments.sensitivity.width_depth_reading import (
    width_depth_at_two_lengths,
    width_depth_reading,
)

__all__ = [
    "all_five",
    "assumptions",
    "early_epochs",
    "edge_of_stability",
    "first_epoch",
    "growing_mu",
    "hypothesis_reading",
    "live",
    "momentum_decay_at_two_lengths",
    "momentum_decay_reading",
    "other_nets_reading",
    "profiles_at_two_lengths",
    "profiles_reading",
    "skips_at_two_lengths",
    "statements",
    "theorem",
    "warnings_compared",
    "width_depth_at_two_lengths",
    "width_depth_reading",
]
