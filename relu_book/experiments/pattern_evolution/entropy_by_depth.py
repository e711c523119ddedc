"""Relative entropy over the layers of networks of several depths (thesis 3.1.5, figures 3.3 to
3.6; article 3.3).

    relu-book run pattern_evolution/entropy_by_depth --scale desk
    relu-book run pattern_evolution/entropy_by_depth_fashion_mnist --scale desk
    relu-book run pattern_evolution/entropy_by_depth_tiny_imagenet --scale desk

ToyNet, ConvNet and ResNet with 2, 4, 6 and 8 convolutions a block are trained with step decay. The
source has 2 to 10, but a residual network has two in each unit, so the odd numbers do not exist.
Measured are all times that thesis and article name for the rows of the figure, and some between.
"""

from dataclasses import dataclass

import xarray as xr

from relu_book.experiments.pattern_evolution.evolution import Evolution, layout
from relu_book.experiments.trainings import (
    NETWORKS,
    TINY_IMAGENET,
    TINY_IMAGENET_STEPS,
    Training,
    images_for,
    scales_on,
    trained,
    untrained,
)
from relu_book.runs.job import Run
from relu_book.runs.registry import experiment
from relu_book.training import steps_per_epoch

CHECKPOINT_STEPS = 250
LAYERS = 3 * 10 + 1  # of the deepest network; shallower ones are filled up
_FIRST = (0, 1, 2, 5, 8, 10, 20, 40)
KEPT = ("distinct", "relative_entropy", "occupancy", "occupancy_article")


@dataclass(frozen=True)
class Settings(Training):
    """Which networks, and how long they are trained.

    Attributes:
        network: The three networks; with each depth, a job.
        convolutions: Convolutions a block, even numbers.
        steps: Updates.
    """

    network: tuple[str, ...] = NETWORKS
    convolutions: tuple[int, ...] = (2, 4, 6, 8)
    measured_images: int = 512
    steps: int = 500
    seeds: tuple[int, ...] = tuple(range(8))

    @property
    def epoch(self) -> int:
        """Updates of one epoch."""
        return steps_per_epoch(self.train_images, self.batch_size)

    @property
    def measured(self) -> tuple[int, ...]:
        """The steps after which patterns are counted."""
        tenths = {round(share * self.steps / 10) for share in range(1, 11)}
        named = {*_FIRST, 2 * self.epoch, self.steps // 2, self.steps // 2 + 1}
        return tuple(sorted(step for step in tenths | named if step <= self.steps))


DESK = Settings()
SMOKE = Settings(
    data="digits",
    size=8,
    train_images=320,
    measured_images=64,
    width=4,
    dtype="float64",
    seeds=(0, 1),
    convolutions=(2, 4),
    steps=12,
)
PAPER = Settings(
    size=32,
    train_images=50_000,
    measured_images=50_000,
    batch_size=128,
    learning_rate=0.1,
    seeds=tuple(range(25)),
    convolutions=(2, 4, 6, 8, 10),
    steps=200 * steps_per_epoch(50_000, 128),
)
EXPECTED = {
    "smoke": "10 s on one core",
    "desk": "40 min on 2 cores",
    "paper": "260 h on one GPU, estimated: 375 trainings of 25 min, 20 counts of 50 s each",
}


def _measure(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """One network, depth and seed: entropies and counts by step and layer."""
    images = images_for(settings, run.load, run.device)
    depth = 3 * settings.convolutions + 2
    model = untrained(settings.network, settings, seed, images, depth).to(run.device)
    evolution = Evolution(images.measured, settings.measured, hashed=settings.measured)
    fixed = layout(model, images.measured[0][:1], images.measured, LAYERS)
    trained(
        settings.network,
        model,
        settings,
        seed,
        images,
        run,
        probes=[evolution],
        schedule="step_decay",
        checkpoint_steps=CHECKPOINT_STEPS,
    )
    return xr.merge([evolution.table(LAYERS)[list(KEPT)], fixed])


SCALES = {"smoke": SMOKE, "desk": DESK, "paper": PAPER}
_OVER = ("network", "convolutions")


@experiment(
    chapter="pattern_evolution", scales=scales_on("cifar10", SCALES), expected=EXPECTED, over=_OVER
)
def entropy_by_depth(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run pattern_evolution/entropy_by_depth --scale desk

    Expected time: smoke (scanned digits) 10 s on one core, desk (5,000 images of CIFAR-10 at 16 x
    16 pixels, 512 of them counted, 500 steps, 8 seeds) 40 min on 2 cores. Expected result (thesis
    3.1.5): the entropy grows with depth, falls in the first steps, least in ResNet, and comes back.
    """
    return _measure(settings, seed, run)


@experiment(
    chapter="pattern_evolution",
    scales=scales_on("fashion_mnist", SCALES),
    expected=EXPECTED,
    over=_OVER,
)
def entropy_by_depth_fashion_mnist(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run pattern_evolution/entropy_by_depth_fashion_mnist --scale desk

    Expected time and result: as ``entropy_by_depth``, on FashionMNIST.
    """
    return _measure(settings, seed, run)


@experiment(
    chapter="pattern_evolution",
    scales=scales_on("tiny_imagenet", SCALES, **TINY_IMAGENET, steps=TINY_IMAGENET_STEPS),
    expected=EXPECTED,
    over=_OVER,
)
def entropy_by_depth_tiny_imagenet(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run pattern_evolution/entropy_by_depth_tiny_imagenet --scale desk

    Expected time and result: as ``entropy_by_depth``, on Tiny ImageNet.
    """
    return _measure(settings, seed, run)
