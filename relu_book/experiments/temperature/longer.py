"""ResNet-32 for four times as long (thesis 3.2.2, figures 3.8 and 3.9): the second length.

relu-book run temperature/longer --scale desk
"""

from dataclasses import dataclass

import xarray as xr

from relu_book.experiments.temperature.followed import DEVIATIONS, SMOKE, Following, followed
from relu_book.experiments.temperature.schedules import SETUPS
from relu_book.runs import Run, experiment


@dataclass(frozen=True)
class Settings(Following):
    """What is trained, and how long.

    Attributes:
        setup: Names of ``schedules.SETUPS``; a job each.
    """

    setup: tuple[str, ...] = ("resnet_step_decay", "resnet_one_cycle")
    seeds: tuple[int, ...] = (0, 1, 2)
    steps: int = 4000
    every: int = 20
    fixed_every: int = 100


SCALES = {"smoke": Settings(**SMOKE), "desk": Settings()}


@experiment(
    scales=SCALES,
    expected={
        "smoke": "4 s on one core",
        "desk": "1.8 h on 2 cores, 6 networks of 35 min each",
    },
    over=("setup",),
    deviations={
        "desk": f"4,000 steps, 10 epochs of 200, in batches of 128; {DEVIATIONS}rates 0.1 and, "
        "OneCycle, 0.8"
    },
)
def longer(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run temperature/longer --scale desk

    Expected result: that of ``schedules``, at four times the length.

    The result is that of ``followed``.
    """
    return followed(settings, SETUPS[settings.setup], seed, run)
