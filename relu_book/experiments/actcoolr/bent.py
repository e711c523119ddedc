"""The target of equation 3.45, bent and raised: what two policies of ActCooLR make of it.

    relu-book run actcoolr/bent --scale desk

A ResNet-20 with 8 filters learns to read digits from each of five start temperatures with each of
four exponents, once by algorithm 6 and once by the library's policy. One seed and one small
network: it shows what the two knobs of thesis 3.3.2 do, and judges nothing.
"""

from dataclasses import dataclass, replace

import xarray as xr

from relu_book.experiments.actcoolr.scheduled import scheduled
from relu_book.experiments.actcoolr.scheduling import SMOKE, Scheduling
from relu_book.runs import Run, experiment


@dataclass(frozen=True)
class Settings(Scheduling):
    """What is trained; by policy, start temperature and exponent a job each."""

    mean: str = "share"
    policy: tuple[str, ...] = ("thesis", "safe")
    start_temperature: tuple[float, ...] = (0.4, 0.8, 1.5, 2.2, 3.17)
    gamma: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0)
    data: str = "digits"
    size: int = 8
    train_images: int = 1293
    validation_images: int = 144
    test_images: int = 360
    batch_size: int = 64
    network: str = "resnet"
    depth: int = 20
    width: int = 8
    steps: int = 400
    checks: int = 10
    points: int = 50
    watched_every: int = 100
    seeds: tuple[int, ...] = (0,)


SCALES = {
    "smoke": replace(Settings(**SMOKE), start_temperature=(0.8,), gamma=(1.0,)),
    "desk": Settings(),
}


@experiment(
    scales=SCALES,
    expected={"smoke": "5 s on one core", "desk": "10 min on one core, 40 networks of 7 to 35 s"},
    over=("policy", "start_temperature", "gamma"),
    deviations={
        "desk": "a small network on digits, 400 steps, 20 epochs, batches of 64, one seed, where "
        "the source trains ResNet-32 on CIFAR-10 for 10 to 210 epochs"
    },
)
def bent(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run actcoolr/bent --scale desk

    Expected result (thesis 3.3.2): a rate that rises and falls, whose peak the exponent moves, and
    for which a start temperature can be too high. Nothing is judged.

    The result is that of ``scheduled``. By algorithm 6 the mean share of changed patterns is
    steered, by the library's policy the mean temperature.
    """
    mean = "share" if settings.policy == "thesis" else "temperature"
    return scheduled(settings.of({"mean": mean}), seed, run)
