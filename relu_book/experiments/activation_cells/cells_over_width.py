"""Cells of one hidden layer over its width, seen by a grid and counted exactly (thesis 2.2.4).

The worked example of the page on experiments: a sweep over one setting and over seeds.
"""

from dataclasses import dataclass

import xarray as xr

from relu_book.cells import arrangement_cells, rasterize
from relu_book.experiments.activation_cells.networks import WINDOW, first_layer, layer
from relu_book.runs import Run, experiment


@dataclass(frozen=True)
class Settings:
    """Which layers, and how they are looked at.

    Attributes:
        width: Filters of the layer; a job each.
        resolution: Grid points a side of the window [-5, 5]^2.
        seeds: Seeds of the weights.
    """

    width: tuple[int, ...] = (8, 16, 32, 64, 128, 256)
    resolution: int = 500
    seeds: tuple[int, ...] = tuple(range(25))


@experiment(
    scales={
        "smoke": Settings(width=(4, 8, 16), resolution=100, seeds=(0, 1, 2)),
        "desk": Settings(),
    },
    expected={"smoke": "1 s on one core", "desk": "20 s on 2 cores"},
    over=("width",),
)
def cells_over_width(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run activation_cells/cells_over_width --scale desk

    Expected time: smoke 1 s on one core, desk 20 s on 2 cores. Expected result: the exact number of
    cells grows with the square of the width, and the grid sees fewer and fewer of them (thesis
    2.2.4, figures 2.4 and 2.5, which count on a grid of 500 by 500 points).

    Args:
        settings: With a single width.
        seed: Seed of the weights.
        run: The run, to which the job reports.

    Returns:
        ``grid`` and ``exact``, cells in the window.
    """
    model = layer(settings.width, seed)
    grid = rasterize(model, 0, resolution=settings.resolution).count
    run.progress(1, 2)
    exact = arrangement_cells(*first_layer(model), WINDOW)
    run.progress(2, 2)
    result = xr.Dataset({"grid": grid, "exact": exact})
    result.grid.attrs["long_name"] = "cells that the grid sees"
    result.exact.attrs["long_name"] = "cells in the window"
    return result
