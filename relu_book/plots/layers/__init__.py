"""Pictures of measures by layer and step: heat maps, curves over layers or time, bands of seeds."""

from relu_book.plots.layers.entropy_bands import entropy_bands
from relu_book.plots.layers.heat_maps import heat_maps
from relu_book.plots.layers.layer_curves import layer_curves
from relu_book.plots.layers.measures import Measure, Table
from relu_book.plots.layers.time_curves import time_curves

__all__ = [
    "Measure",
    "Table",
    "entropy_bands",
    "heat_maps",
    "layer_curves",
    "time_curves",
]
