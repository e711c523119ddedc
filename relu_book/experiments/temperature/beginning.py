"""The first epochs of a long schedule (thesis 3.2.2, figure 3.9).

    relu-book run temperature/beginning --scale desk

The source sees ConvNet-32 cool suddenly in the first steps of OneCycle and peak again at about
epoch 4, and nothing of the kind under CyclicLR. These are steps and epochs of a long training, so
its beginning is run: 8 of 50 epochs, the schedule as it would be in all 50.
"""

from dataclasses import dataclass, replace

import xarray as xr

from relu_book.experiments.temperature.followed import DEVIATIONS, SMOKE, Following, followed
from relu_book.experiments.temperature.schedules import SETUPS
from relu_book.runs import Run, experiment
from relu_book.training import steps_per_epoch

EPOCH = steps_per_epoch(Following().train_images, 256)


@dataclass(frozen=True)
class Settings(Following):
    """What is trained, and how long.

    Attributes:
        setup: Names of ``schedules.SETUPS``; a job each.
    """

    setup: tuple[str, ...] = ("convnet_one_cycle",)
    batch_size: int = 256
    steps: int = 8 * EPOCH
    scheduled_steps: int | None = 50 * EPOCH
    singly: int = 100
    every: int = 5
    fixed_every: int = 50


SCALES = {
    "smoke": Settings(**SMOKE, scheduled_steps=100, singly=4),
    "desk": Settings(),
}
_DEVIATIONS = (
    f"8 epochs of a schedule of 50 instead of 200, in batches of 256; {DEVIATIONS}rates 0.1 and, "
    "OneCycle, 0.8"
)


@experiment(
    scales=SCALES,
    expected={
        "smoke": "3 s on one core",
        "desk": "1.5 h on 2 cores, 5 networks of 31 min each",
    },
    over=("setup",),
    deviations={"desk": _DEVIATIONS},
)
def beginning(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run temperature/beginning --scale desk

    Expected result (thesis 3.2.2): the temperature drops in the first steps and peaks later.

    The result is that of ``followed``.
    """
    return followed(settings, SETUPS[settings.setup], seed, run)


@experiment(
    scales={
        "smoke": replace(SCALES["smoke"], setup=("resnet_cyclic",)),
        "desk": replace(SCALES["desk"], setup=("resnet_cyclic", "convnet_cyclic"), seeds=(0, 1, 2)),
    },
    expected={
        "smoke": "3 s on one core",
        "desk": "1.6 h on 2 cores, 6 networks of 31 min each",
    },
    over=("setup",),
    deviations={"desk": _DEVIATIONS},
)
def beginning_cyclic(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run temperature/beginning_cyclic --scale desk

    Expected result (thesis 3.2.2): under CyclicLR no such drop and peak, in either network.

    The result is that of ``followed``.
    """
    return beginning(settings, seed, run)
