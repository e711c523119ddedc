"""Cells of F1 on a plane through three images before it is trained (thesis 2.2.4, figure 2.12).

    relu-book run activation_cells/cells_before_training --scale desk

The source finds as many cells in [-1, 1]^2 with batch normalisation as without, and does not say
which statistics that has before training. So it is measured with those of the held-out images, as
in training, and with the running ones of a new network, mean 0 and variance 1.
"""

from dataclasses import dataclass, replace

import xarray as xr

from relu_book.experiments.activation_cells.cells_through_training import (
    LAYERS,
    standardised_images,
    untrained,
)
from relu_book.experiments.activation_cells.networks import counts_by_layer, grid
from relu_book.experiments.activation_cells.planes import UNIT, planes_through
from relu_book.runs import Run, experiment

KINDS = ("plain", "statistics of data", "statistics of a new network")


@dataclass(frozen=True)
class Settings:
    """The network of ``cells_through_training``, and on how many points its cells are counted.

    Attributes:
        data: Name of the data set.
        batch_norm: Whether the network has batch normalisation; both are measured.
        width: Filters of each of the five hidden layers.
        resolution: Grid points a side.
        held_out: Images whose statistics batch normalisation takes.
        dtype: Of weights and grids.
        seeds: Of weights.
    """

    data: str = "fashion_mnist"
    batch_norm: bool = False
    width: int = 512
    resolution: int = 500
    held_out: int = 600
    dtype: str = "float32"
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)


SMOKE = Settings(
    data="digits", width=32, resolution=40, held_out=200, dtype="float64", seeds=(0, 1)
)


@experiment(
    scales={"smoke": SMOKE, "desk": Settings()},
    expected={"smoke": "2 s on one core", "desk": "3 min on 2 cores"},
)
def cells_before_training(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run activation_cells/cells_before_training --scale desk

    Expected time: smoke (scanned digits, 5 x 32) 2 s on one core, desk (FashionMNIST, F1) 3 min on
    2 cores. Expected result (thesis 2.2.4): both variants show equally many cells.

    Returns:
        ``unit`` (kind, layer): cells in [-1, 1]^2 of the first plane.
    """
    data = standardised_images(settings, run.load)
    images, held_out = data["train"][0], data["validation"][0]
    points = planes_through(images, 1)[0].points(grid(UNIT, settings.resolution))
    plain, normalised = (
        untrained(replace(settings, batch_norm=kind), seed, images.shape[1])
        for kind in (False, True)
    )
    counts = [
        counts_by_layer(plain, points),
        counts_by_layer(normalised.train(), points, held_out),
        counts_by_layer(normalised.eval(), points),
    ]
    labels = {"kind": list(KINDS), "layer": range(1, LAYERS + 1)}
    return xr.Dataset({"unit": (("kind", "layer"), counts)}, labels)
