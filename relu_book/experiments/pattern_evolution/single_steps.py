"""What a single update does to the patterns: three short checks (thesis 3.1.3 and 3.1.7, article
2.2).

    relu-book run pattern_evolution/measuring_changes_nothing --scale desk
    relu-book run pattern_evolution/jaccard_and_points --scale desk
    relu-book run pattern_evolution/spoilt_batches --scale desk

Whether a training is the same with and without measurement; what the Jaccard indices of one update
do when twice as many images are counted; and whether batches of noisy images stand out by the
patterns that they change.
"""

from dataclasses import dataclass, replace

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from relu_book.experiments.pattern_evolution.evolution import Evolution
from relu_book.experiments.pattern_evolution.scales import NETWORKS, SMOKE
from relu_book.experiments.trainings import Training, augmentation, images_for, trained, untrained
from relu_book.patterns import changed, count_patterns, weighted_jaccard
from relu_book.runs import Run, experiment

NOISE = 5.0  # standard deviations of the images


@dataclass(frozen=True)
class Settings(Training):
    """Networks and number of updates.

    Attributes:
        network: The three networks; a job each.
        spoilt: Updates whose batch is spoilt, if any.
    """

    network: tuple[str, ...] = NETWORKS
    steps: int = 50
    spoilt: tuple[int, ...] = ()


SMALL = Settings(
    **SMOKE,
    train_images=300,
    measured_images=128,
    seeds=(0, 1),
    network=("toynet", "resnet"),
    depth=8,
    steps=6,
)
SPOILT = (60, 95, 130, 160, 185)


@experiment(
    scales={"smoke": SMALL, "desk": Settings(seeds=(0,))},
    expected={"smoke": "2 s on one core", "desk": "1 min on 2 cores"},
    over=("network",),
)
def measuring_changes_nothing(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run pattern_evolution/measuring_changes_nothing --scale desk

    Expected time: smoke 2 s on one core, desk 1 min on 2 cores. Expected result: after 50 updates,
    with a measurement after each, all weights and buffers are the same to the bit.

    The result has ``differing_values`` and ``values``: how many numbers the states differ in, of
    how many.
    """
    images = images_for(settings, run.load, run.device)
    evolution = Evolution(images.measured, range(settings.steps + 1))
    measured, _ = trained(settings, seed, images, run, probes=[evolution])
    plain, _ = trained(settings, seed, images, run)
    pairs = zip(measured.state_dict().values(), plain.state_dict().values(), strict=True)
    differing = sum(int((one != other).sum()) for one, other in pairs)
    values = sum(value.numel() for value in plain.state_dict().values())
    return xr.Dataset({"differing_values": differing, "values": values})


@experiment(
    scales={
        "smoke": SMALL,
        "desk": Settings(measured_images=1024, steps=1, seeds=tuple(range(17))),
    },
    expected={"smoke": "2 s on one core", "desk": "3 min on 2 cores"},
    over=("network",),
)
def jaccard_and_points(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run pattern_evolution/jaccard_and_points --scale desk

    Expected time: smoke 2 s on one core, desk 3 min on 2 cores. Expected result (article 2.2): the
    plain Jaccard index of one update is smaller if more images are counted, the weighted one is
    not.

    The result has ``plain`` and ``weighted`` by ``images`` (half of the measured ones, and all) and
    layer: the indices of the patterns before and after the updates.
    """
    images = images_for(settings, run.load, run.device)
    before = untrained(settings, seed, images).to(run.device)
    after, _ = trained(settings, seed, images, run)
    parts = images.measured[: len(images.measured) // 2], images.measured
    plain, weighted = [], []
    for part in parts:
        counts = (count_patterns(model, part).values() for model in (before, after))
        pairs = list(zip(*counts, strict=True))
        plain.append([1 - changed(*pair) for pair in pairs])
        weighted.append([weighted_jaccard(*pair) for pair in pairs])
    dims = ("images", "layer")
    return xr.Dataset(
        {"plain": (dims, np.array(plain)), "weighted": (dims, np.array(weighted))},
        {
            "images": [sum(map(len, part)) for part in parts],
            "layer": np.arange(1, settings.depth),
        },
    )


class NoisyBatches:
    """The usual augmentation; some batches become noise.

    Args:
        settings: Those of the training; ``spoilt`` are the numbers of these batches, from 0.
    """

    def __init__(self, settings: Settings) -> None:
        self.usual, self.numbers, self.batch = augmentation(settings), settings.spoilt, 0

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Augments a batch; to be called once for each."""
        images = self.usual(images, generator)
        if self.batch in self.numbers:
            noise = torch.randn(images.shape, generator=generator, dtype=images.dtype)
            images = images + NOISE * noise.to(images.device)
        self.batch += 1
        return images


@experiment(
    scales={
        "smoke": replace(SMALL, steps=12, spoilt=(8,)),
        "desk": Settings(steps=200, spoilt=SPOILT, seeds=(0, 1, 2)),
    },
    expected={"smoke": "3 s on one core", "desk": "6 min on 2 cores"},
    over=("network",),
)
def spoilt_batches(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run pattern_evolution/spoilt_batches --scale desk

    Expected time: smoke 3 s on one core, desk 6 min on 2 cores. Expected result (thesis 3.1.7): the
    updates with noisy batches change more patterns than others.

    The result has ``distinct``, ``appeared`` and ``vanished`` by step and layer, and ``spoilt`` by
    step: 1 where the update before it had a spoilt batch.
    """
    images = images_for(settings, run.load, run.device)
    evolution = Evolution(images.measured, range(settings.steps + 1))
    trained(settings, seed, images, run, probes=[evolution], augment=NoisyBatches(settings))
    table = evolution.table(settings.depth - 1)[["distinct", "appeared", "vanished"]]
    spoilt = [int(step - 1 in settings.spoilt) for step in table.step.values]
    return table.assign(spoilt=("step", spoilt))
