"""F1 on FashionMNIST under three schedules (thesis 3.3.2, table 3.2, first rows).

    relu-book run actcoolr/f1_tuning --scale desk
    relu-book promote actcoolr/f1_tuning --scale desk
    relu-book run actcoolr/f1 --scale desk

The full setting: five hidden layers of 512 filters, 15 epochs, batches of 64, flips, 59,400 images
to train on and 600 to choose one of twelve settings of each schedule on (supplement E).
"""

from dataclasses import dataclass, replace

import xarray as xr

from relu_book.experiments.actcoolr.scheduled import scheduled
from relu_book.experiments.actcoolr.scheduling import DEVIATIONS, SMOKE, Scheduling
from relu_book.experiments.actcoolr.tuning import SEED, tuned
from relu_book.runs import Run, experiment

F1 = {"network": "dense", "depth": 6, "width": 512, "data": "fashion_mnist", "size": 28}
CANDIDATES = {
    "step_decay": {
        f"step_decay_{rate:g}_decay_{decay:g}": {
            "schedule": "step_decay",
            "learning_rate": rate,
            "weight_decay": decay,
        }
        for rate in (0.003, 0.01, 0.03, 0.1)
        for decay in (0.0, 1e-4, 5e-4)
    },
    "one_cycle": {
        f"one_cycle_{rate:g}_at_{place:g}": {
            "schedule": "one_cycle",
            "learning_rate": rate,
            "peak": place,
        }
        for rate in (0.01, 0.03, 0.1, 0.3)
        for place in (0.15, 0.3, 0.5)
    },
    "actcoolr": {
        f"actcoolr_{start:g}_gamma_{gamma:g}": {"start_temperature": start, "gamma": gamma}
        for start in (3.17, 2.0, 1.0, 0.5)
        for gamma in (1.0, 2.0, 4.0)
    },
}
TRIED = {name: one for group in CANDIDATES.values() for name, one in group.items()}


@dataclass(frozen=True)
class Settings(Scheduling):
    """What is trained, and under which schedule."""

    setup: tuple[str, ...] = tuple(CANDIDATES)
    train_images: int = 59_400
    validation_images: int = 600
    batch_size: int = 64
    epochs: float | None = 15.0
    checks: int = 15
    watched_every: int = 500


SCALES = {"smoke": Settings(**{**SMOKE, "epochs": 2.0}), "desk": Settings(**F1)}


@experiment(
    scales={
        "smoke": replace(SCALES["smoke"], setup=tuple(TRIED)),
        "desk": replace(SCALES["desk"], setup=tuple(TRIED), seeds=(SEED,)),
    },
    expected={"smoke": "30 s on one core", "desk": "40 min on 2 cores, 36 networks of 2 min each"},
    over=("setup",),
    deviations={"desk": DEVIATIONS},
)
def f1_tuning(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run actcoolr/f1_tuning --scale desk

    Expected result: a setting for each schedule, on a seed that ``f1`` has not; nothing is judged.

    The result is that of ``scheduled``.
    """
    return scheduled(settings.of(TRIED[settings.setup]), seed, run)


@experiment(
    scales=SCALES,
    expected={"smoke": "5 s on one core", "desk": "16 min on 2 cores, 15 networks of 2 min each"},
    over=("setup",),
    deviations={"desk": DEVIATIONS},
)
def f1(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run actcoolr/f1 --scale desk

    Expected result (thesis, table 3.2): 90.6 % test accuracy with StepDecay, 89.8 % with ActCooLR.

    The result is that of ``scheduled``, with the ``candidate`` that each schedule took.
    """
    changes, candidate = tuned({}, CANDIDATES[settings.setup], "actcoolr/f1_tuning", run)
    return scheduled(settings.of(changes), seed, run).assign(candidate=candidate)
