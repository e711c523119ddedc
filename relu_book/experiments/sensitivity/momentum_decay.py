"""Momentum and two kinds of weight decay (thesis 3.2.4, figures 3.20 and 3.21).

    relu-book run sensitivity/momentum_decay --scale desk
    relu-book run sensitivity/momentum_decay_third --scale desk

Momentum is varied at one nominal rate. Of decay the printed values are taken as they are: a decay
that is scaled up for a shorter training has another equilibrium. It takes about 1/lambda updates to
act, 1,000 for the largest, so those trainings have 5,000 and networks of half the width.
"""

from dataclasses import dataclass

import xarray as xr

from relu_book.experiments.sensitivity.sweeping import DEVIATIONS, SMOKE, Sweeping, a_third
from relu_book.experiments.sensitivity.sweeps import swept
from relu_book.runs import Run, experiment

MOMENTA = (0.0, 0.5, 0.9, 0.99)
DECAYS, PENALTIES = (1e-4, 5e-4, 1e-3), (1e-3, 5e-3, 1e-2)
_LONG = {"width": 8, "batch_size": 64, "steps": 5000}
SETUPS = {
    **{f"momentum_{momentum:g}": {"momentum": momentum} for momentum in MOMENTA},
    "no_decay": _LONG,
    **{f"sgdw_{decay:g}": _LONG | {"decoupled": True, "weight_decay": decay} for decay in DECAYS},
    **{f"l2_{penalty:g}": _LONG | {"weight_decay": penalty} for penalty in PENALTIES},
}


@dataclass(frozen=True)
class Settings(Sweeping):
    """What is trained, and in which states it is swept."""

    setup: tuple[str, ...] = tuple(SETUPS)
    steps: int = 1000


SCALES = {"smoke": Settings(**SMOKE), "desk": Settings()}
_DEVIATIONS = f"ResNet-20, for decay half as wide in batches of 64; {DEVIATIONS}"


@experiment(
    scales=SCALES,
    expected={"smoke": "15 s on one core", "desk": "3.6 h on 2 cores, 55 networks of 8 min each"},
    over=("setup",),
    deviations={
        "desk": f"1,000 steps, 2.6 epochs of 200, and for decay 5,000, 6.5 epochs; {_DEVIATIONS}"
    },
)
def momentum_decay(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run sensitivity/momentum_decay --scale desk

    Expected result (thesis 3.2.4): mu rises with the momentum, and falls with decoupled decay but
    not with an l2 penalty.

    The result is that of ``swept``.
    """
    return swept(settings, SETUPS, seed, run)


@experiment(
    scales=a_third(SCALES),
    expected={"smoke": "12 s on one core", "desk": "1.5 h on 2 cores"},
    over=("setup",),
    deviations={"desk": f"333 steps, 0.9 epochs of 200, and for decay 1,666; {_DEVIATIONS}"},
)
def momentum_decay_third(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run sensitivity/momentum_decay_third --scale desk

    Expected result: that of ``momentum_decay``; what this second length does not show as well is
    not refuted.

    The result is that of ``swept``.
    """
    return swept(settings, SETUPS, seed, run)
