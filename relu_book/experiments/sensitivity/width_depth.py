"""More filters and more layers (thesis 3.2.4, figures 3.17 and 3.18).

    relu-book run sensitivity/width_depth --scale desk
    relu-book run sensitivity/width_depth_third --scale desk

The source trains ResNet-56 of several widths, and ToyNets of 32 filters without normalisation of
several depths, by plain stochastic gradient descent under step decay.
"""

from dataclasses import dataclass

import xarray as xr

from relu_book.experiments.sensitivity.sweeping import DEVIATIONS, EARLY, SMOKE, Sweeping, a_third
from relu_book.experiments.sensitivity.sweeps import swept
from relu_book.runs import Run, experiment

WIDTHS, DEPTHS = (8, 16, 32), (8, 14, 26)
SETUPS = {
    **{f"resnet_width_{width}": {"width": width} for width in WIDTHS},
    # What is not normalised learns at low rates only.
    **{
        f"toynet_depth_{depth}": {
            "network": "toynet",
            "depth": depth,
            "batch_norm": False,
            "learning_rate": 0.01,
        }
        for depth in DEPTHS
    },
}


@dataclass(frozen=True)
class Settings(Sweeping):
    """What is trained, and in which states it is swept."""

    setup: tuple[str, ...] = tuple(SETUPS)
    steps: int = 1000
    early: tuple[int, ...] = EARLY


SCALES = {"smoke": Settings(**SMOKE, early=(1,)), "desk": Settings()}
_DEVIATIONS = f"ResNet-20 instead of 56, ToyNets at rate 0.01; {DEVIATIONS}"


@experiment(
    scales=SCALES,
    expected={"smoke": "10 s on one core", "desk": "2.6 h on 2 cores, 30 networks of 4 to 25 min"},
    over=("setup",),
    deviations={"desk": f"1,000 steps, 2.6 epochs of 200; {_DEVIATIONS}"},
)
def width_depth(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run sensitivity/width_depth --scale desk

    Expected result (thesis 3.2.4): mu falls with the width, and less with the depth; sigma falls
    with the width.

    The result is that of ``swept``.
    """
    return swept(settings, SETUPS, seed, run)


@experiment(
    scales=a_third(SCALES, early=()),
    expected={"smoke": "8 s on one core", "desk": "1 h on 2 cores"},
    over=("setup",),
    deviations={"desk": f"333 steps, 0.9 epochs of 200; {_DEVIATIONS}"},
)
def width_depth_third(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run sensitivity/width_depth_third --scale desk

    Expected result: that of ``width_depth``; what this second length does not show as well is not
    refuted.

    The result is that of ``swept``.
    """
    return swept(settings, SETUPS, seed, run)
