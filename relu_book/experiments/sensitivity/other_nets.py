"""Other networks and data, and a training that diverges (thesis 3.2.4, figure 3.19; supplement C).

    relu-book run sensitivity/other_nets --scale desk

VGG with and without normalisation, a PyramidNet-41 on Tiny ImageNet, four convolutions on
FashionMNIST and, so that only the images differ, on CIFAR-10. A VGG-11 without normalisation is
trained with momentum under OneCycle, up to a rate with which it learns and up to ten times that
rate, with which it diverges while the rate rises, and swept every second update.
"""

from dataclasses import dataclass

import xarray as xr

from relu_book.experiments.sensitivity.sweeping import DEVIATIONS, SMOKE, Sweeping
from relu_book.experiments.sensitivity.sweeps import swept
from relu_book.runs import Run, experiment

_VGG = {"network": "vgg", "width": 16}
_NO_NORM = _VGG | {"batch_norm": False}
# At a constant rate that is too large it diverges within three updates, before anything can warn.
_WATCHED = _NO_NORM | {
    "depth": 11,
    "steps": 300,
    "every": 2,
    "own_every": 1,
    "schedule": "one_cycle",
    "momentum": 0.9,
}
_FOUR = {
    "network": "four_convolutions",
    "depth": 5,
    "width": 32,
    "batch_size": 64,
    "momentum": 0.9,
    "schedule": "constant",
    "every": 464,
}
# Twenty epochs of 59,392 images, of 60,000.
FASHION_STEPS = 20 * 928
SETUPS = {
    "vgg16": _VGG | {"depth": 16},
    "vgg16_no_norm": _NO_NORM | {"depth": 16, "learning_rate": 0.01},
    "vgg11_converging": _WATCHED | {"learning_rate": 0.05},
    "vgg11_diverging": _WATCHED | {"learning_rate": 0.5},
    "pyramidnet41": {
        "network": "pyramidnet",
        "depth": 41,
        "width": 32,
        "data": "tiny_imagenet",
        "size": 64,
        "train_images": 7936,
        "steps": 300,
    },
    "four_fashion": _FOUR
    | {
        "data": "fashion_mnist",
        "size": 28,
        "train_images": 59_392,
        "steps": FASHION_STEPS,
        "own_every": 100,
    },
    "four_cifar": _FOUR,
}


@dataclass(frozen=True)
class Settings(Sweeping):
    """What is trained, and in which states it is swept."""

    setup: tuple[str, ...] = tuple(SETUPS)
    steps: int = 1000


SCALES = {"smoke": Settings(**SMOKE), "desk": Settings()}


@experiment(
    scales=SCALES,
    expected={
        "smoke": "10 s on one core",
        "desk": "2.4 h on 2 cores, 35 networks of 2 to 30 min",
    },
    over=("setup",),
    deviations={
        "desk": "VGGs a quarter as wide, 50 classes of Tiny ImageNet with 160 images each, 20 "
        "epochs of FashionMNIST instead of 200, VGG-11 with momentum 0.9 and a rate that rises; "
        + DEVIATIONS
    },
)
def other_nets(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run sensitivity/other_nets --scale desk

    Expected result (supplement C): the model fits all networks but one that diverges; in the small
    one on FashionMNIST sigma falls from 3 to 0.3.

    The result is that of ``swept``.
    """
    return swept(settings, SETUPS, seed, run)
