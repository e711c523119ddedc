"""Pictures of the chapter on the evolution of patterns (thesis 3.1), one module a theme."""

from relu_book.plots.pattern_evolution.entropy_bands import entropy_bands
from relu_book.plots.pattern_evolution.heat_maps import heat_maps
from relu_book.plots.pattern_evolution.layer_curves import describe_layer_curves, layer_curves
from relu_book.plots.pattern_evolution.quantities import MEASURES

__all__ = ["MEASURES", "describe_layer_curves", "entropy_bands", "heat_maps", "layer_curves"]
