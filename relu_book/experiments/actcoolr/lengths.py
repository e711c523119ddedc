"""ActCooLR over lengths of training, and small and large exponents (thesis 3.3.2, 3.3.3).

    relu-book run actcoolr/gammas_tuning --scale desk
    relu-book promote actcoolr/gammas_tuning --scale desk
    relu-book run actcoolr/lengths --scale desk
    relu-book run actcoolr/lengths_third --scale desk

ResNet-20 on CIFAR-10, from the start temperature that ``gammas_tuning`` found for ResNet-32. Text
and formula of the exponent contradict each other, so both forms of the curve are trained, the one
of equation 3.45 and the one that stays hot for longer.
"""

from dataclasses import dataclass, replace

import xarray as xr

from relu_book.experiments.actcoolr.gammas import lowered
from relu_book.experiments.actcoolr.scheduled import scheduled
from relu_book.experiments.actcoolr.scheduling import DEVIATIONS, SMOKE, Scheduling, a_third
from relu_book.runs import Run, experiment

LENGTHS = (250, 500, 1000, 1500, 2000, 3000)
EXPONENTS, SHAPES = (0.5, 4.0, 20.0), ("power", "late")
OF_LENGTH = {f"steps_{steps}": {"steps": steps} for steps in LENGTHS}
OF_GAMMA = {
    f"gamma_{gamma:g}_{shape}": {"gamma": gamma, "shape": shape}
    for gamma in EXPONENTS
    for shape in SHAPES
}
SETUPS = OF_LENGTH | OF_GAMMA


@dataclass(frozen=True)
class Settings(Scheduling):
    """What is trained, and how long."""

    setup: tuple[str, ...] = tuple(SETUPS)
    network: str = "resnet"
    depth: int = 20
    checks: int = 10
    points: int = 250


SCALES = {"smoke": Settings(**SMOKE), "desk": Settings()}
_DEVIATIONS = (
    f"ResNet-20, batches of 128 instead of 256, 48,000 training images instead of 49,500; "
    f"{DEVIATIONS}"
)


@experiment(
    scales=SCALES,
    expected={"smoke": "10 s on one core", "desk": "3 h on 2 cores, 60 networks of 1 to 14 min"},
    over=("setup",),
    deviations={"desk": f"250 to 3,000 steps, 0.7 to 8 epochs of 10 to 210; {_DEVIATIONS}"},
)
def lengths(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run actcoolr/lengths --scale desk

    Expected result (thesis, table 3.1): the longer the training, the smaller the error. A gamma of
    4 is better than 0.5 and than 20.

    The result is that of ``scheduled``, with the ``candidate`` that the start temperature is.
    """
    changes, candidate = lowered(SETUPS[settings.setup], "temperature", run)
    return scheduled(settings.of(changes), seed, run).assign(candidate=candidate)


@experiment(
    scales={scale: replace(one, setup=tuple(OF_GAMMA)) for scale, one in a_third(SCALES).items()},
    expected={"smoke": "5 s on one core", "desk": "30 min on 2 cores, 30 networks of 2 min each"},
    over=("setup",),
    deviations={"desk": f"333 steps, 0.9 epochs of 10 to 210; {_DEVIATIONS}"},
)
def lengths_third(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run actcoolr/lengths_third --scale desk

    Expected result: that of ``lengths`` on gamma; what this second length does not show as well is
    not refuted.

    The result is that of ``lengths``.
    """
    return lengths(settings, seed, run)
