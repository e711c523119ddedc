"""What the chapter on the evolution of patterns measures (thesis 3.1): live claims, one module a
theme, and what its records say.
"""

from relu_book.experiments.pattern_evolution import definitions, hash_lists, initialisation, live
from relu_book.experiments.pattern_evolution.early_phase_reading import early_phase_reading
from relu_book.experiments.pattern_evolution.entropy_by_depth_reading import (
    entropy_by_depth_reading,
    sides_by_block,
)
from relu_book.experiments.pattern_evolution.first_steps_reading import first_steps_reading
from relu_book.experiments.pattern_evolution.single_steps_reading import (
    more_points,
    standing_out,
    unchanged_training,
)
from relu_book.experiments.pattern_evolution.whole_training import METHODS
from relu_book.experiments.pattern_evolution.whole_training_reading import (
    accuracies,
    first_steps_and_end,
    whole_training_reading,
)
from relu_book.experiments.trainings import epoch_of

__all__ = [
    "METHODS",
    "accuracies",
    "definitions",
    "early_phase_reading",
    "entropy_by_depth_reading",
    "epoch_of",
    "first_steps_and_end",
    "first_steps_reading",
    "hash_lists",
    "initialisation",
    "live",
    "more_points",
    "sides_by_block",
    "standing_out",
    "unchanged_training",
    "whole_training_reading",
]
