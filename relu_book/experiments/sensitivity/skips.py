"""With and without skips, layer by layer (thesis 3.2.4, figures 3.15 and 3.16).

    relu-book run sensitivity/skips --scale desk
    relu-book run sensitivity/skips_third --scale desk

The source trains ResNet-56 with and without skips, and a ResNet-18 without, by plain stochastic
gradient descent under step decay. FixUp-20 stands for its "un-normalised ResNets". Around the drops
of the rate every fifth state is swept over 60 updates on either side, so that a jump is compared
with what else happens over as many updates.
"""

from dataclasses import dataclass

import xarray as xr

from relu_book.experiments.sensitivity.sweeping import DEVIATIONS, EARLY, SMOKE, Sweeping, a_third
from relu_book.experiments.sensitivity.sweeps import swept
from relu_book.runs import Run, experiment

SETUPS = {
    "resnet56": {},
    "convnet56": {"network": "convnet"},
    # Its first epoch is over before the rate falls.
    "resnet18_no_skips": {"network": "resnet18_no_skips", "depth": 18, "width": 32, "steps": 1000},
    # At the rate that it learns with.
    "fixup20": {"network": "fixup", "depth": 20, "learning_rate": 0.05},
}


@dataclass(frozen=True)
class Settings(Sweeping):
    """What is trained, and in which states it is swept."""

    setup: tuple[str, ...] = tuple(SETUPS)
    depth: int = 56
    steps: int = 1200
    around: int = 60
    early: tuple[int, ...] = EARLY


SCALES = {"smoke": Settings(**SMOKE | {"around": 10}, early=(1,)), "desk": Settings()}
_DEVIATIONS = f"ResNet-18 half as wide, FixUp-20 at rate 0.05; {DEVIATIONS}"


@experiment(
    scales=SCALES,
    expected={"smoke": "10 s on one core", "desk": "3.2 h on 2 cores, 20 networks of 8 to 26 min"},
    over=("setup",),
    deviations={"desk": f"1,200 and, ResNet-18, 1,000 steps, 3 epochs of 200; {_DEVIATIONS}"},
)
def skips(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run sensitivity/skips --scale desk

    Expected result (thesis 3.2.4): without skips the transition is wider, sigma less steady, and mu
    does not jump at drops of the rate.

    The result is that of ``swept``.
    """
    return swept(settings, SETUPS, seed, run)


@experiment(
    scales=a_third(SCALES, early=()),
    expected={"smoke": "8 s on one core", "desk": "1.2 h on 2 cores"},
    over=("setup",),
    deviations={"desk": f"400 and, ResNet-18, 333 steps, an epoch of 200; {_DEVIATIONS}"},
)
def skips_third(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run sensitivity/skips_third --scale desk

    Expected result: that of ``skips``; what this second length does not show as well is not
    refuted.

    The result is that of ``swept``.
    """
    return swept(settings, SETUPS, seed, run)
