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
from torch import Tensor, nn

from relu_book.binarization import binarize
from relu_book.experiments.binarization.published import prepared, published
from relu_book.experiments.binarization.resampled import drawn_outputs, remembered, share
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
        ``float_accuracy`` in per cent, ``rounded_accuracy`` with exact weights and intermediate
        results of 16 bits, ``float_pruned_accuracy`` by ``pruned``, ``accuracy`` and
        ``kept`` (per cent of float's predictions that stay) by ``samples``, ``pruned_accuracy`` by
        ``pruned``, ``bits_accuracy`` by ``rounding`` and ``bits``, ``exponents_accuracy`` with 16
        exponents and p in the most bits, ``difference`` by ``many_samples``: the largest difference
        between outputs and those in float.
    """
    name = settings.network
    images, labels = prepared(name, run.load, settings.images)
    few = images[:: len(images) // settings.compared_images][: settings.compared_images]
    model = published(name)
    passes = 1 + len(settings.samples) + len(settings.pruned) + 2 * len(settings.bits)
    done = 0

    def outputs(samples: int | float = settings.psb, pruned: float = 0.0, **options) -> Tensor:
        nonlocal done
        network = binarize(model, samples, **options)
        network.pruned = pruned
        found = drawn_outputs(network, images, seed)
        done += 1
        run.progress(done, passes)
        return found

    def accuracy(found: Tensor) -> float:
        return share(found.argmax(1) == labels)

    def once() -> tuple[Tensor, list[float], float]:
        exact = drawn_outputs(binarize(model, math.inf, activation_bits=None), images, seed)
        pruned = [
            accuracy(outputs(math.inf, pruned=p, activation_bits=None)) for p in settings.pruned
        ]
        return exact.argmax(1), pruned, accuracy(outputs(math.inf))

    exact, pruned_in_float, rounded = remembered((name, settings.images, settings.pruned), once)
    drawn = {n: outputs(n).argmax(1) for n in settings.samples}
    found = {
        "float_accuracy": ((), share(exact == labels)),
        "float_pruned_accuracy": ("pruned", pruned_in_float),
        "rounded_accuracy": ((), rounded),
        "accuracy": ("samples", [share(each == labels) for each in drawn.values()]),
        "kept": ("samples", [share(each == exact) for each in drawn.values()]),
        "pruned_accuracy": ("pruned", [accuracy(outputs(pruned=p)) for p in settings.pruned]),
        "bits_accuracy": (
            ("rounding", "bits"),
            [
                [accuracy(outputs(probability_bits=b, rounding=how)) for b in settings.bits]
                for how in ROUNDINGS
            ],
        ),
        "exponents_accuracy": (
            (),
            accuracy(outputs(probability_bits=max(settings.bits), exponent_bits=EXPONENT_BITS)),
        ),
        "difference": ("many_samples", _differences(model, few, settings.many_samples, seed)),
    }
    labelled = {
        "samples": list(settings.samples),
        "pruned": list(settings.pruned),
        "rounding": list(ROUNDINGS),
        "bits": list(settings.bits),
        "many_samples": list(settings.many_samples),
    }
    return xr.Dataset(found, labelled)


def _differences(
    model: nn.Module, images: Tensor, samples: tuple[int, ...], seed: int
) -> list[float]:
    """The largest difference to the outputs in float, for each number of samples."""
    network = binarize(model, math.inf, activation_bits=None)
    exact, found = drawn_outputs(network, images, seed), []
    for n in samples:
        network.samples = n
        found.append((drawn_outputs(network, images, seed) - exact).abs().max().item())
    return found
