"""Pictures of the chapter on the evolution of patterns (thesis 3.1)."""

from relu_book.plots.pattern_evolution.definitions import draw_step
from relu_book.plots.pattern_evolution.early_phase import exact_and_hashed
from relu_book.plots.pattern_evolution.first_steps import nested_counts
from relu_book.plots.pattern_evolution.hash_lists import draw_filling
from relu_book.plots.pattern_evolution.initialisation import entropy_by_correlation
from relu_book.plots.pattern_evolution.table import (
    MEASURES,
    entropy_bands,
    heat_maps,
    layer_curves,
    time_curves,
)

__all__ = [
    "MEASURES",
    "draw_filling",
    "draw_step",
    "entropy_bands",
    "entropy_by_correlation",
    "exact_and_hashed",
    "heat_maps",
    "layer_curves",
    "nested_counts",
    "time_curves",
]
