"""ActCooLR beside other methods in a public example, from initial rates that are far apart.

    relu-book run actcoolr/fashion_mnist_tuning --scale desk
    relu-book promote actcoolr/fashion_mnist_tuning --scale desk
    relu-book run actcoolr/fashion_mnist --scale desk

The network of PyTorch's MNIST example, which is also that of schedule_free's, on FashionMNIST. Each
method has four candidates, chosen on images and a seed of their own; then its initial rate is
multiplied with 0.01 to 100. The aims for ActCooLR: mean accuracies over the initial rates at most 1
point apart, the best of them at most 0.5 points behind the best other method, and at most 10 %
longer. What comes out is reported whatever it is; no claim of the sources is judged by it.
"""

from dataclasses import dataclass, replace
from importlib.util import find_spec
from time import perf_counter

import numpy as np
import xarray as xr

from relu_book.experiments.actcoolr.scheduled import scheduled
from relu_book.experiments.actcoolr.scheduling import SMOKE, Scheduling
from relu_book.experiments.actcoolr.tuning import SEED, tuned
from relu_book.runs import Run, experiment

_STARTS = (3.17, 2.0, 1.0, 0.5)
METHODS = {
    "safe": [
        {"policy": "safe", "mean": "temperature", "start_temperature": start, "learning_rate": 0.01}
        for start in _STARTS
    ],
    "thesis": [{"start_temperature": start, "learning_rate": 0.01} for start in _STARTS],
    "step_lr": [
        {"schedule": "step_lr", "learning_rate": rate} for rate in (0.003, 0.01, 0.03, 0.1)
    ],
    "one_cycle": [
        {"schedule": "one_cycle", "learning_rate": rate} for rate in (0.03, 0.1, 0.3, 1.0)
    ],
    "schedule_free": [
        {"schedule": "schedule_free", "learning_rate": rate}
        for rate in (0.0008, 0.0025, 0.008, 0.025)
    ],
}
CANDIDATES = {
    method: {f"{method}_{number}": one for number, one in enumerate(candidates, start=1)}
    for method, candidates in METHODS.items()
}
TRIED = {name: one for group in CANDIDATES.values() for name, one in group.items()}
FACTORS = (0.01, 0.1, 1.0, 10.0, 100.0)
SETUPS = {f"{method}_x{factor:g}": (method, factor) for method in METHODS for factor in FACTORS}
NUMBERS = ("test_error", "extra_passes", "updates", "trained")
NEVER = 10**6  # steps


@dataclass(frozen=True)
class Settings(Scheduling):
    """What is trained, by which method, from which initial rate."""

    setup: tuple[str, ...] = tuple(SETUPS)
    network: str = "two_convolutions"
    depth: int = 4
    width: int = 32
    data: str = "fashion_mnist"
    size: int = 28
    train_images: int = 16_000
    batch_size: int = 64
    epochs: float | None = 2.0
    checks: int = 1
    watched_every: int = NEVER
    seeds: tuple[int, ...] = (0, 1, 2)


_SMOKE = {"network": "two_convolutions", "depth": 4, "checks": 1, "watched_every": NEVER}
SCALES = {
    "smoke": Settings(**{**SMOKE, **_SMOKE, "epochs": None}),
    "desk": Settings(),
}
DEVIATIONS = (
    "2 epochs of 16,000 images in place of 14 of 60,000, flips; SGD with momentum 0.9 where the "
    "example of PyTorch has Adadelta, 14 falls of its StepLR spread over the run"
)


@experiment(
    scales={
        "smoke": replace(SCALES["smoke"], setup=tuple(TRIED)),
        "desk": replace(SCALES["desk"], setup=tuple(TRIED), seeds=(SEED,)),
    },
    expected={"smoke": "10 s on one core", "desk": "10 min on 2 cores, 20 networks of 1 min each"},
    over=("setup",),
    deviations={"desk": DEVIATIONS},
)
def fashion_mnist_tuning(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run actcoolr/fashion_mnist_tuning --scale desk

    Expected result: a setting for each method, on a seed that ``fashion_mnist`` has not; nothing is
    judged.

    The result is that of ``fashion_mnist``.
    """
    return timed(settings.of(TRIED[settings.setup]), seed, run)


@experiment(
    scales=SCALES,
    expected={"smoke": "10 s on one core", "desk": "40 min on 2 cores, 75 networks of 1 min each"},
    over=("setup",),
    deviations={"desk": DEVIATIONS},
)
def fashion_mnist(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run actcoolr/fashion_mnist --scale desk

    Expected result: ActCooLR from each initial rate within a point, its best within half a point of
    the best other method, at most 10 % longer.

    The result is that of ``timed``, with the ``candidate`` that the method took.
    """
    method, factor = SETUPS[settings.setup]
    if is_missing(method):
        return absent(settings).assign(candidate="")
    changes, candidate = tuned({}, CANDIDATES[method], "actcoolr/fashion_mnist_tuning", run)
    one = settings.of(changes)
    one = replace(one, learning_rate=factor * one.learning_rate)
    return timed(one, seed, run).assign(candidate=candidate)


def timed(one: Scheduling, seed: int, run: Run) -> xr.Dataset:
    """A training, its errors and its time.

    Args:
        one: As for ``scheduled``.
        seed: As for it.
        run: As for it.

    Returns:
        Of ``scheduled`` the errors, ``extra_passes`` a step, ``updates`` and ``trained``;
        ``seconds`` of the steps, validation left out, and ``plain_seconds``, as if each had taken
        the median time: that of a step without measurement, since most are. NaN where the package
        of a method is not installed, as ``installed`` tells.
    """
    if is_missing(one.schedule):
        return absent(one)
    times, told = [], run.progress

    def tell(done: float, total: float) -> None:
        times.append(perf_counter())
        told(done, total)

    run.progress = tell
    found = scheduled(one, seed, run)
    steps = np.delete(np.diff(times), [step - 1 for step in one.checked if 0 < step < len(times)])
    seconds, plain = steps.sum(), len(steps) * np.median(steps)
    kept = found[[*NUMBERS, "checked_step", "validation_error"]]
    return kept.assign(seconds=seconds, plain_seconds=plain, installed=1.0).astype(np.float32)


def is_missing(method: str) -> bool:
    """Whether a method is another package's, which is not there."""
    return method == "schedule_free" and find_spec("schedulefree") is None


def absent(one: Scheduling) -> xr.Dataset:
    """The result of a method that is not installed."""
    numbers = dict.fromkeys((*NUMBERS, "seconds", "plain_seconds"), np.nan)
    checked = np.array(one.checked, np.float32)
    curves = {"checked_step": ("check", checked), "validation_error": ("check", checked * np.nan)}
    return xr.Dataset({**numbers, **curves, "installed": 0.0}).astype(np.float32)
