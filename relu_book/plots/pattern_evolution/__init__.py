"""Pictures of the chapter on the evolution of patterns (thesis 3.1), one module a theme."""

from relu_book.plots.pattern_evolution.entropy_bands import entropy_bands
from relu_book.plots.pattern_evolution.exact_and_hashed import exact_and_hashed
from relu_book.plots.pattern_evolution.hash_lists import describe_filling, draw_filling
from relu_book.plots.pattern_evolution.heat_maps import heat_maps
from relu_book.plots.pattern_evolution.layer_curves import describe_layer_curves, layer_curves
from relu_book.plots.pattern_evolution.measures import (
    describe_step,
    draw_step,
    entropy_by_correlation,
)
from relu_book.plots.pattern_evolution.quantities import MEASURES
from relu_book.plots.pattern_evolution.time_curves import time_curves

__all__ = [
    "MEASURES",
    "describe_filling",
    "describe_layer_curves",
    "describe_step",
    "draw_filling",
    "draw_step",
    "entropy_bands",
    "entropy_by_correlation",
    "exact_and_hashed",
    "heat_maps",
    "layer_curves",
    "time_curves",
]
