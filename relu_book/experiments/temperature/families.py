"""Four architectures under step decay (thesis 3.2.2, figure 3.10; supplement A, figure 1).

    relu-book run temperature/families --scale desk

FixUp-32, PyramidNet-32, ConvNet-32 and ResNet-32, all at the rate that FixUp learns with. The first
half of the training has this rate, so that a slow fall is seen apart from the rate's.
"""

from dataclasses import dataclass

import xarray as xr

from relu_book.experiments.temperature.followed import DEVIATIONS, SMOKE, Following, followed
from relu_book.runs import Run, experiment

NETWORKS = ("pyramidnet", "fixup", "convnet", "resnet")


@dataclass(frozen=True)
class Settings(Following):
    """What is trained, and how long.

    Attributes:
        network: The four networks; a job each.
        learning_rate: Without normalisation FixUp learns more slowly than the others could.
    """

    network: tuple[str, ...] = NETWORKS
    schedule: str = "step_decay"
    batch_size: int = 64
    learning_rate: float = 0.05
    steps: int = 2000
    every: int = 10
    fixed_every: int = 50


SCALES = {
    "smoke": Settings(**SMOKE, schedule="step_decay", learning_rate=0.05),
    "desk": Settings(),
}


@experiment(
    scales=SCALES,
    expected={
        "smoke": "10 s on one core",
        "desk": "3 h on 2 cores, 20 networks of 11 min; those of PyramidNet take 35 min each",
    },
    over=("network",),
    deviations={"desk": f"2,000 steps, 2.6 epochs of 200, in batches of 64; {DEVIATIONS}rate 0.05"},
)
def families(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run temperature/families --scale desk

    Expected result (thesis 3.2.2): all networks but ConvNet cool evenly with the rate; PyramidNet,
    whose filters grow evenly, has a temperature that rises evenly from layer to layer.

    The result is that of ``followed``.
    """
    return followed(settings, {}, seed, run)
