"""Drawn weights beside other ways to round published ones without training (thesis 4.1, 4.2.3).

    relu-book run binarization/peers --scale desk

The same networks, images and 16 bits for what is computed; the weights are powers of two, sums of
two of them (APoT), or integers of 8 and 4 bits with a scale for each filter (``rounding``); or they
are drawn from 1 to 64 samples, with e and p in 4 bits each. Accuracy stands against the bits that a
weight is stored in, and the additions that a product takes. Methods that train the weights, as
those of table 4.1 do, are none of these.

Where torchao is installed (``post_training``), it is a peer as well: it quantises what is computed
to 8 bits too, with ranges seen on the first of the images, and multiplies instead of adding.
"""

import math
from dataclasses import dataclass

import torch
import xarray as xr

from relu_book.binarization import binarize
from relu_book.experiments.binarization.post_training import (
    BITS,
    NAME,
    quantised_by_torchao,
    torchao_version,
)
from relu_book.experiments.binarization.published import PUBLISHED
from relu_book.experiments.binarization.resampled import Drawn, drawn_outputs, remembered, share
from relu_book.experiments.binarization.rounding import (
    EXPONENT_BITS,
    METHODS,
    folds,
    rounded_model,
)
from relu_book.runs import Run, experiment


@dataclass(frozen=True)
class Settings:
    """What is rounded and drawn.

    Attributes:
        network: Names of published networks; a job each.
        images: Of the test set, evenly.
        samples: Numbers of samples n.
        bits: Of p.
        observed: Images that show torchao the ranges of what is computed.
        seeds: Drawings of all weights.
    """

    network: str | tuple[str, ...] = ("resnet20", "resnet56", "squeezenet", "mobilenet")
    images: int = 1000
    samples: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64)
    bits: int = 4
    observed: int = 50
    seeds: tuple[int, ...] = tuple(range(10))


SCALES = {
    "smoke": Settings(network=("untrained",), images=50, samples=(1, 4), seeds=(0, 1)),
    "desk": Settings(),
}


@experiment(
    scales=SCALES,
    expected={"smoke": "5 s on one core", "desk": "0.5 h on 2 cores, 40 jobs of 0.5 to 4 min"},
    over=("network",),
    deviations={
        "desk": "1,000 images of CIFAR-10 and 1,000 pictures of ImageNet, which are not of its "
        "validation part; nothing is trained on, as APoT's authors do; torchao sees the ranges on "
        "50 of the images"
    },
)
def peers(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run binarization/peers --scale desk

    Expected result: none in the source, which compares with methods that train.

    Returns:
        Accuracies in per cent: ``float_accuracy``, ``accuracy`` by ``samples`` and, by ``method``,
        ``peer_accuracy``; with it ``peer_bits`` of a weight and ``peer_additions`` of a product.
        Drawn weights have ``bits``, and as many additions as samples. torchao's products are
        multiplications, so its additions are NaN, as its accuracy is where it is not installed;
        ``torchao_version`` is then empty.
    """
    drawn = Drawn(settings, seed, run, len(settings.samples))
    known = PUBLISHED[drawn.name]

    def others() -> tuple[float, list[tuple[float, float, int]]]:
        found = []
        for method in METHODS:
            folded = folds(drawn.network(math.inf), drawn.images)
            model, additions, bits = rounded_model(drawn.model, folded, method)
            network = binarize(model, math.inf, fraction_bits=known.fraction_bits)
            outputs = drawn_outputs(network, drawn.images, 0, known.batch)
            found.append((share(outputs.argmax(1) == drawn.labels), additions, bits))
        found.append((by_torchao(), math.nan, BITS))
        return drawn.accuracy(math.inf, activation_bits=None), found

    def by_torchao() -> float:
        if not torchao_version():
            return math.nan
        network = quantised_by_torchao(drawn.model, drawn.images[: settings.observed])
        with torch.no_grad():
            outputs = [network(part) for part in drawn.images.split(known.batch)]
        return share(torch.cat(outputs).argmax(1) == drawn.labels)

    exact, found = remembered((drawn.name, len(drawn.labels), torchao_version()), others)
    accuracies, additions, bits = zip(*found, strict=True)
    few = {"probability_bits": settings.bits, "exponent_bits": EXPONENT_BITS}
    return xr.Dataset(
        {
            "float_accuracy": ((), exact),
            "accuracy": ("samples", [drawn.accuracy(n, **few) for n in settings.samples]),
            "bits": ((), 1 + EXPONENT_BITS + settings.bits),
            "peer_accuracy": ("method", list(accuracies)),
            "peer_additions": ("method", list(additions)),
            "peer_bits": ("method", list(bits)),
            "torchao_version": ((), torchao_version()),
        },
        {"samples": list(settings.samples), "method": [*METHODS, NAME]},
    )
