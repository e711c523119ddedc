"""More samples where a network is uncertain: base, refined, coverage (thesis 4.2.5, figure 4.5).

    relu-book run binarization/attention --scale desk

A pass with 2^j samples gives class scores at each place of the last map. Places above the mean
entropy of their image, with a margin of one place or none, are refined to 2^k samples in all, or as
many places anywhere. Of the samples of a refinement everywhere a share of

    1 - (2^j + coverage (2^k - 2^j)) / 2^k

is saved. All pairs j < k from 1 to 32 samples. A seed is a drawing of all weights and of the random
places; all cases of a drawing share its random bits.
"""

from dataclasses import dataclass
from itertools import combinations

import torch
import xarray as xr
from torch import Tensor

from relu_book.binarization import Binarized, class_scores, pixel_entropy, random_places, uncertain
from relu_book.experiments.binarization.published import PUBLISHED
from relu_book.experiments.binarization.resampled import Drawn, remembered, share
from relu_book.runs import Run, experiment

SELECTIONS, MARGINS = ("entropy", "random"), (0, 1)


@dataclass(frozen=True)
class Settings:
    """What is drawn, and where it is refined.

    Attributes:
        network: Names of published networks; a job each.
        images: Of the test set, evenly.
        samples: Numbers of samples; each two are a pair of base and refined ones.
        seeds: Drawings of all weights.
    """

    network: str | tuple[str, ...] = ("squeezenet", "resnet20")
    images: int = 250
    samples: tuple[int, ...] = (1, 2, 4, 8, 16, 32)
    seeds: tuple[int, ...] = tuple(range(10))

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Base and refined samples."""
        return list(combinations(self.samples, 2))


SCALES = {
    "smoke": Settings(network=("untrained",), images=20, samples=(1, 2, 4), seeds=(0, 1)),
    "desk": Settings(),
}


@experiment(
    scales=SCALES,
    expected={"smoke": "5 s on one core", "desk": "1.5 h on 2 cores, 20 jobs of 2 to 15 min"},
    over=("network",),
    deviations={
        "desk": "SqueezeNet 1.1 (maps of 13 x 13) on 250 pictures of ImageNet and ResNet-20 "
        "(8 x 8) on 250 of CIFAR-10 instead of ResNet-18 (7 x 7) on ImageNet; the base samples are "
        "used again, and masks are scaled to the size of each layer"
    },
)
def attention(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run binarization/attention --scale desk

    Expected result (thesis 4.2.5): entropy beats random places, most from few base samples; the
    margin doubles the coverage, loses less and saves less.

    Returns:
        Accuracies in per cent: ``float_accuracy``, ``everywhere`` by ``samples``, ``refined`` by
        ``pair`` (such as ``2/32``), ``margin`` and ``selection``; ``coverage``, a share, by
        ``samples`` (of the base) and ``margin``.
    """
    drawn = Drawn(settings, seed, run, 1)
    network = drawn.network(settings.samples[0])
    parts = drawn.images.split(PUBLISHED[drawn.name].batch)
    labels = drawn.labels.split(PUBLISHED[drawn.name].batch)
    with torch.inference_mode():
        exact = remembered(
            (drawn.name, len(drawn.labels)),
            lambda: torch.cat([drawn.model(x) for x in parts]),
        )
        found = []
        for number, (x, label) in enumerate(zip(parts, labels, strict=True)):
            generator = torch.Generator().manual_seed(seed * len(parts) + number)
            found.append(_part(network, x, label, settings, seed, generator))
            run.progress(number + 1, len(parts))
    everywhere, refined, coverage = (torch.cat(each, -1) for each in zip(*found, strict=True))
    result = {
        "float_accuracy": ((), share(exact.argmax(1) == drawn.labels)),
        "everywhere": ("samples", 100 * everywhere.double().mean(-1).numpy()),
        "refined": (
            ("pair", "margin", "selection"),
            100 * refined.double().mean(-1).numpy(),
        ),
        "coverage": (("samples", "margin"), coverage.mean(-1).numpy()),
    }
    coordinates = {
        "samples": list(settings.samples),
        "pair": [f"{base}/{more}" for base, more in settings.pairs],
        "margin": list(MARGINS),
        "selection": list(SELECTIONS),
    }
    return xr.Dataset(result, coordinates)


def _part(
    network: Binarized,
    x: Tensor,
    labels: Tensor,
    settings: Settings,
    seed: int,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor, Tensor]:
    """Which images of a batch are right, the last dimension, and the coverage of each."""
    right, coverage = [], []
    refined = {}
    for base in settings.samples:
        network.samples = base
        network.stream.seed, network.stream.passes = seed, 0
        outputs, scores = class_scores(network, x)
        right.append(outputs.argmax(1) == labels)
        masks = [uncertain(pixel_entropy(scores), margin=margin) for margin in MARGINS]
        coverage.append(torch.stack([mask.double().mean((1, 2, 3)) for mask in masks]))
        both = [(mask, random_places(mask, generator=generator)) for mask in masks]
        for more in settings.samples:
            if more > base:
                refined[base, more] = torch.stack(
                    [
                        torch.stack([_is_right(network, x, labels, more - base, at) for at in each])
                        for each in both
                    ]
                )
    found = torch.stack([refined[pair] for pair in settings.pairs])
    return torch.stack(right), found, torch.stack(coverage)


def _is_right(network: Binarized, x: Tensor, labels: Tensor, extra: int, where: Tensor) -> Tensor:
    return network.refine(x, extra, where=where).argmax(1) == labels
