"""Four pairs of network and data under three schedules, tuned alike (thesis 3.3.2, 3.3.3).

    relu-book run actcoolr/pairs_tuning --scale desk
    relu-book promote actcoolr/pairs_tuning --scale desk
    relu-book run actcoolr/pairs --scale desk
    relu-book run actcoolr/pairs_third --scale desk

F1 and a network of four convolutions on FashionMNIST, VGG-11 at quarter width on CIFAR-10 with and
without batch normalisation. Each schedule has four candidates for each pair, trained for a third of
the length. ActCooLR has gamma 1. Beside them stand the settings of supplement G, table 3.
"""

from dataclasses import dataclass, replace

import xarray as xr

from relu_book.experiments.actcoolr.f1 import F1
from relu_book.experiments.actcoolr.scheduled import scheduled
from relu_book.experiments.actcoolr.scheduling import DEVIATIONS, SMOKE, Scheduling, a_third
from relu_book.experiments.actcoolr.tuning import SEED, tuned
from relu_book.runs import Run, experiment

_FASHION = {"data": "fashion_mnist", "size": 28, "train_images": 58_000, "batch_size": 64}
_CONV4 = {**_FASHION, "network": "four_convolutions", "depth": 5, "width": 32, "epochs": 5.0}
_VGG = {"network": "vgg", "depth": 11, "width": 16, "epochs": 15.0}
PAIRS = {
    "f1": {**_FASHION, **F1, "epochs": 15.0},
    "conv4": _CONV4,
    "vgg_bn": _VGG,
    "vgg": {**_VGG, "batch_norm": False},
}
CONVOLUTIONAL = ("conv4", "vgg_bn", "vgg")
METHODS = {
    "step_decay": [
        {"schedule": "step_decay", "learning_rate": rate} for rate in (0.01, 0.03, 0.1, 0.3)
    ],
    "one_cycle": [
        {"schedule": "one_cycle", "learning_rate": rate} for rate in (0.03, 0.1, 0.3, 1.0)
    ],
    "actcoolr": [{"start_temperature": start} for start in (3.17, 2.0, 1.0, 0.5)],
}
CANDIDATES = {
    f"{pair}_{method}": {
        f"{pair}_{method}_{number}": {**changes, **one}
        for number, one in enumerate(candidates, start=1)
    }
    for pair, changes in PAIRS.items()
    for method, candidates in METHODS.items()
}
TRIED = {name: one for group in CANDIDATES.values() for name, one in group.items()}
START, GAMMA, RATE, MOMENTUM = 1.25, 1.86, 0.1, 0.9
PRESETS = {
    "preset_constant": {
        **_CONV4,
        "schedule": "constant",
        "learning_rate": RATE,
        "momentum": MOMENTUM,
    },
    **{
        f"preset_{mean}": {
            **_CONV4,
            "start_temperature": START,
            "gamma": GAMMA,
            "momentum": 0.0,
            "mean": mean,
        }
        for mean in ("share", "temperature")
    },
}


@dataclass(frozen=True)
class Settings(Scheduling):
    """What is trained, and under which schedule."""

    setup: tuple[str, ...] = (*CANDIDATES, *PRESETS)
    checks: int = 10
    points: int = 250
    watched_every: int = 500


SMALLEST = {**SMOKE, "steps": 10}
SCALES = {"smoke": Settings(**SMALLEST), "desk": Settings()}
SMALL = f"VGG-11 at quarter width; 2,000 images held out; gamma 1; {DEVIATIONS}"


@experiment(
    scales={
        "smoke": replace(SCALES["smoke"], setup=tuple(TRIED)),
        "desk": replace(SCALES["desk"], setup=tuple(TRIED), divided=3, seeds=(SEED,)),
    },
    expected={"smoke": "20 s on one core", "desk": "35 min on 2 cores, 48 networks of 1 to 2 min"},
    over=("setup",),
    deviations={"desk": f"5 epochs, of four convolutions 1.7; {SMALL}"},
)
def pairs_tuning(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run actcoolr/pairs_tuning --scale desk

    Expected result: a setting for each schedule and pair, on a seed that ``pairs`` has not; nothing
    is judged.

    The result is that of ``scheduled``.
    """
    return scheduled(settings.of(TRIED[settings.setup]), seed, run)


@experiment(
    scales=SCALES,
    expected={"smoke": "10 s on one core", "desk": "2.3 h on 2 cores, 75 networks of 2 to 6 min"},
    over=("setup",),
    deviations={"desk": f"15 epochs, of four convolutions 5, instead of 15 to 200; {SMALL}"},
)
def pairs(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run actcoolr/pairs --scale desk

    Expected result (thesis, table 3.2): ActCooLR is about as good as OneCycle, never far behind the
    best schedule, and the best on VGG; StepDecay suffers from short trainings.

    The result is that of ``scheduled``, with the ``candidate`` that a tuned schedule took.
    """
    name = settings.setup
    changes, candidate = tuned(
        PRESETS.get(name, {}), CANDIDATES.get(name, {}), "actcoolr/pairs_tuning", run
    )
    return scheduled(settings.of(changes), seed, run).assign(candidate=candidate)


@experiment(
    scales={scale: replace(one, setup=tuple(CANDIDATES)) for scale, one in a_third(SCALES).items()},
    expected={"smoke": "10 s on one core", "desk": "40 min on 2 cores, 60 networks of 1 to 2 min"},
    over=("setup",),
    deviations={"desk": f"5 epochs, of four convolutions 1.7, instead of 15 to 200; {SMALL}"},
)
def pairs_third(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run actcoolr/pairs_third --scale desk

    Expected result: that of ``pairs``; what this second length does not show as well is not
    refuted.

    The result is that of ``pairs``.
    """
    return pairs(settings, seed, run)
