"""Temperature of the first layer and generalisation (supplement A).

    relu-book run temperature/first_layer --scale desk

Supplement A has seen that trainings whose first layer is hotter generalise better, and names
neither trainings nor numbers. Here ResNet-20 learns in eight ways, two schedules with four largest
rates each, whose accuracies are related to the temperatures of their layers.
"""

from dataclasses import dataclass

import xarray as xr

from relu_book.experiments.temperature.followed import DEVIATIONS, SMOKE, Following, followed
from relu_book.runs import Run, experiment

RATES = (0.025, 0.1, 0.4, 1.6)


@dataclass(frozen=True)
class Settings(Following):
    """What is trained, and how long.

    Attributes:
        schedule: The schedules; with every rate a job each.
        learning_rate: The largest rates.
    """

    schedule: tuple[str, ...] = ("step_decay", "one_cycle")
    learning_rate: tuple[float, ...] = RATES
    seeds: tuple[int, ...] = (0, 1, 2, 3)
    depth: int = 20
    steps: int = 2000
    every: int = 10
    fixed_every: int = 100
    many_times: int = 2


SCALES = {
    "smoke": Settings(**SMOKE | {"many_times": 2}, learning_rate=(0.1, 0.4)),
    "desk": Settings(),
}


@experiment(
    scales=SCALES,
    expected={"smoke": "6 s on one core", "desk": "3 h on 2 cores, 32 networks of 11 min each"},
    over=("schedule", "learning_rate"),
    deviations={"desk": f"ResNet-20, 2,000 steps, 5 epochs of 200; {DEVIATIONS}eight settings"},
)
def first_layer(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run temperature/first_layer --scale desk

    Expected result (supplement A): the hotter the first layer, the better the accuracy; other
    layers show no relation.

    The result is that of ``followed``.
    """
    return followed(settings, {}, seed, run)
