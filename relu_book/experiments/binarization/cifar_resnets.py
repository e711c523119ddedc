"""Four published ResNets with drawn weights (thesis 4.2.3 and 4.2.4, tables 4.1 and 4.2).

    relu-book run binarization/cifar_resnets --scale desk

Each weight is s 2^e (1 + B/n), B binomial of n and p. For each drawing of all weights the whole
test set is classified with 1 to 64 samples; with 16 samples and the 25 or 50 % of all weights that
are closest to zero gone; with 16 samples and p in 4, 2 or 1 bits, rounded to the nearest value or
down; and with 16 exponents besides. A seed is a drawing, not a training. Without rounding to 16
bits the outputs of some images are compared with those in float, for 64 to 4,096 samples.
"""

import math
from dataclasses import dataclass

import xarray as xr
from torch import Tensor

from relu_book.experiments.binarization.resampled import Drawn, classified, drawn_outputs
from relu_book.runs import Run, experiment

ROUNDINGS = ("nearest", "floor")
EXPONENT_BITS = 4


@dataclass(frozen=True)
class Settings:
    """What is drawn, and how often.

    Attributes:
        network: Names of published networks; a job each.
        images: Of the test set, evenly.
        samples: Numbers of samples n.
        psb: Samples where weights are pruned or have few bits; psb4 of the thesis.
        pruned: Shares of the weights that are left out.
        bits: Of p.
        many_samples: Numbers of samples in the limit of many.
        compared_images: Images whose outputs are compared with those in float there.
        seeds: Drawings of all weights.
    """

    network: str | tuple[str, ...] = ("resnet20", "resnet32", "resnet44", "resnet56")
    images: int = 10_000
    samples: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64)
    psb: int = 16
    pruned: tuple[float, ...] = (0.25, 0.5)
    bits: tuple[int, ...] = (4, 2, 1)
    many_samples: tuple[int, ...] = (64, 128, 256, 512, 1024, 2048, 4096)
    compared_images: int = 100
    seeds: tuple[int, ...] = tuple(range(20))


SCALES = {
    "smoke": Settings(
        network=("untrained",), images=100, compared_images=10, many_samples=(64, 128), seeds=(0, 1)
    ),
    "desk": Settings(),
}
DEVIATIONS = (
    "ResNet-20, 32, 44 and 56 for CIFAR-10 instead of ResNet-18 for ImageNet; one drawing of the "
    "weights serves the whole test set; p is rounded to the nearest value and down, for the source "
    "does not say how"
)


@experiment(
    scales=SCALES,
    expected={
        "smoke": "5 s on one core",
        "desk": "3 to 5 h on 2 cores, 80 jobs of 3 to 12 min",
    },
    over=("network",),
    deviations={"desk": DEVIATIONS},
)
def cifar_resnets(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run binarization/cifar_resnets --scale desk

    Expected result (thesis 4.2.3, 4.2.4): fewer samples lose accuracy, and more with each halving;
    25 % of the weights can be pruned and p have 4 bits, 50 % and 1 bit cannot.

    Returns:
        What ``classified`` gives; ``bits_accuracy`` by ``rounding`` and ``bits``;
        ``exponents_accuracy`` with 16 exponents and p in the most bits; ``difference`` by
        ``many_samples``: the largest difference between outputs and those in float.
    """
    passes = 1 + len(settings.samples) + len(settings.pruned) + 2 * len(settings.bits)
    drawn, psb = Drawn(settings, seed, run, passes), settings.psb
    few = drawn.images[:: len(drawn.images) // settings.compared_images]
    few = few[: settings.compared_images]
    found = classified(drawn, settings) | {
        "bits_accuracy": (
            ("rounding", "bits"),
            [
                [drawn.accuracy(psb, probability_bits=b, rounding=how) for b in settings.bits]
                for how in ROUNDINGS
            ],
        ),
        "exponents_accuracy": (
            (),
            drawn.accuracy(psb, probability_bits=max(settings.bits), exponent_bits=EXPONENT_BITS),
        ),
        "difference": ("many_samples", _differences(drawn, few, settings.many_samples)),
    }
    labelled = {
        "samples": list(settings.samples),
        "pruned": list(settings.pruned),
        "rounding": list(ROUNDINGS),
        "bits": list(settings.bits),
        "many_samples": list(settings.many_samples),
    }
    return xr.Dataset(found, labelled)


def _differences(drawn: Drawn, images: Tensor, samples: tuple[int, ...]) -> list[float]:
    """The largest difference to the outputs in float, for each number of samples."""
    network = drawn.network(math.inf, activation_bits=None)
    exact, found = drawn_outputs(network, images, drawn.seed), []
    for n in samples:
        network.samples = n
        found.append((drawn_outputs(network, images, drawn.seed) - exact).abs().max().item())
    return found
