"""Squares of cells side by side: what the pictures of this chapter share."""

from collections.abc import Sequence
from functools import lru_cache

from matplotlib.figure import Figure

from relu_book.cells import CellRaster, rasterize
from relu_book.experiments.activation_cells.networks import layer
from relu_book.plots.style import show_cells

PANEL = 4.2  # inches


def panels(rasters: Sequence[CellRaster], titles: Sequence[str], axis_labels=("x", "y")) -> Figure:
    """Rasters side by side, each with its title."""
    figure = Figure(figsize=(PANEL * len(rasters), PANEL + 0.3))
    for axes, raster, title in zip(axes_row(figure, len(rasters)), rasters, titles, strict=True):
        show_cells(axes, raster)
        axes.set(title=title, xlabel=axis_labels[0], ylabel=axis_labels[1])
    return figure


def axes_row(figure: Figure, columns: int):
    return figure.subplots(1, columns, squeeze=False)[0]


@lru_cache(maxsize=64)
def layer_raster(width: int, seed: int, bias: str | float = "default") -> CellRaster:
    return rasterize(layer(width, seed, bias), 0)
