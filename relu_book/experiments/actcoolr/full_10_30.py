"""ActCooLR in its full setting: ResNet-32 on CIFAR-10 (thesis 3.3.2, figure 3.22 right, table 3.1).

    relu-book run actcoolr/full_10_30 --scale desk

T_start 3.17 and gamma 1, batches of 256, flips, 49,500 training images, a measurement every 8
steps. Section 3.3.2 steers the mean temperature of the layers, A.4 a probability; both are trained.
"""

from dataclasses import dataclass, replace

import xarray as xr

from relu_book.experiments.actcoolr.scheduled import scheduled
from relu_book.experiments.actcoolr.scheduling import DEVIATIONS, SMOKE, Scheduling
from relu_book.runs import Run, experiment

MEANS = ("share", "temperature")
EPOCHS = (10, 30)
ALL_EPOCHS = (*EPOCHS, *range(50, 211, 20))
SETUPS = {
    f"epochs_{epochs}_{mean}": {"epochs": float(epochs), "mean": mean}
    for epochs in ALL_EPOCHS
    for mean in MEANS
}
_DESK = tuple(f"epochs_{epochs}_{mean}" for epochs in EPOCHS for mean in MEANS)


@dataclass(frozen=True)
class Settings(Scheduling):
    """What is trained, and how long."""

    setup: tuple[str, ...] = _DESK
    network: str = "resnet"
    train_images: int = 49_500
    validation_images: int = 500
    batch_size: int = 256
    checks: int = 30
    watched_every: int = 100
    seeds: tuple[int, ...] = (0, 1, 2)


SCALES = {
    "smoke": Settings(**SMOKE),
    "desk": Settings(),
    "paper": replace(Settings(), setup=tuple(SETUPS)),
}


@experiment(
    scales=SCALES,
    expected={
        "smoke": "5 s on one core",
        "desk": "6.3 h on 2 cores: 6 networks of 32 min and 6 of 95 min on one core each",
        "paper": "190 h on 2 cores, 66 networks of up to 11 h; on a GPU not measured",
    },
    over=("setup",),
    deviations={"desk": DEVIATIONS, "paper": DEVIATIONS},
)
def full_10_30(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run actcoolr/full_10_30 --scale desk

    Expected result (thesis, table 3.1): 37.88 % test error after 10 epochs and 18.33 % after 30,
    with rates above 8; after 210 epochs 6.41 %.

    The result is that of ``scheduled``.
    """
    return scheduled(settings.of(SETUPS[settings.setup]), seed, run)
