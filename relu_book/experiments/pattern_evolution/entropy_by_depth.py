"""Relative entropy over the layers of networks of several depths (thesis 3.1.5, figures 3.3 to
3.6; article 3.3).

    relu-book run pattern_evolution/entropy_by_depth --scale desk
    relu-book run pattern_evolution/entropy_by_depth_fashion_mnist --scale desk
    relu-book run pattern_evolution/entropy_by_depth_tiny_imagenet --scale desk

ToyNet, ConvNet and ResNet with 2, 4, 6 and 8 convolutions a block are trained with step decay. The
source has 2 to 10, but a residual network has two in each unit, so the odd numbers do not exist.
Measured are all times that thesis and article name for the rows of the figure, and some between.
"""

from dataclasses import dataclass, replace

import xarray as xr

from relu_book.experiments.layers import layout
from relu_book.experiments.pattern_evolution.evolution import Evolution
from relu_book.experiments.pattern_evolution.scales import (
    NETWORKS,
    PAPER,
    PAPER_STEPS,
    SMOKE,
    TINY_IMAGENET,
    TINY_IMAGENET_STEPS,
    UNNAMED,
)
from relu_book.experiments.trainings import Training, images_for, trained
from relu_book.runs import Run, experiment

CHECKPOINT_STEPS = 250
LAYERS = 3 * 10 + 1  # of the deepest network; shallower ones are filled up
_FIRST = (0, 1, 2, 5, 8, 10, 20, 40)
KEPT = ("distinct", "relative_entropy", "occupancy", "occupancy_article")


@dataclass(frozen=True)
class Settings(Training):
    """Which networks, and how long they are trained.

    Attributes:
        network: The three networks; with each depth, a job.
        convolutions: Convolutions a block, even numbers; they give the depth.
    """

    network: tuple[str, ...] = NETWORKS
    convolutions: tuple[int, ...] = (2, 4, 6, 8)
    schedule: str = "step_decay"
    measured_images: int = 512
    steps: int = 500
    seeds: tuple[int, ...] = tuple(range(8))

    @property
    def measured(self) -> tuple[int, ...]:
        """The steps after which patterns are counted."""
        tenths = {round(share * self.steps / 10) for share in range(1, 11)}
        named = {*_FIRST, 2 * self.epoch, self.steps // 2, self.steps // 2 + 1}
        return tuple(sorted(step for step in tenths | named if step <= self.steps))


SCALES = {
    "smoke": Settings(
        **SMOKE,
        train_images=320,
        measured_images=64,
        seeds=(0, 1),
        convolutions=(2, 4),
        steps=12,
    ),
    "desk": Settings(),
    "paper": Settings(
        **PAPER, seeds=tuple(range(25)), convolutions=(2, 4, 6, 8, 10), steps=PAPER_STEPS
    ),
}


@experiment(
    scales=SCALES,
    expected={
        "smoke": "10 s on one core",
        "desk": "40 min on 2 cores",
        "paper": "260 h on one GPU, estimated: 375 trainings of 25 min, 20 counts of 50 s each",
    },
    over=("network", "convolutions"),
    variants={
        "fashion_mnist": {},
        "tiny_imagenet": {"paper": {**TINY_IMAGENET, "steps": TINY_IMAGENET_STEPS}},
    },
    deviations={
        "desk": "5,000 of 50,000 images, shrunk from 32 to 16 pixels a side; 512 of them counted "
        "instead of all; 6 of 200 epochs, with the schedule shortened alike; 8 of 25 seeds; 2 to 8 "
        "convolutions a block instead of 2 to 10; batches of 64, rate 0.05, "
        f"{UNNAMED}",
        "fashion_mnist": "FashionMNIST in place of Tiny ImageNet",
    },
)
def entropy_by_depth(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run pattern_evolution/entropy_by_depth --scale desk

    Expected time: smoke (scanned digits) 10 s on one core, desk (5,000 images of CIFAR-10 at 16 x
    16 pixels, 512 of them counted, 500 steps, 8 seeds) 40 min on 2 cores. Expected result (thesis
    3.1.5): the entropy grows with depth, falls in the first steps, least in ResNet, and comes back.

    The result has entropies and counts by step and layer, and what ``layout`` gives.
    """
    images = images_for(settings, run.load, run.device)
    evolution = Evolution(images.measured, settings.measured, hashed=settings.measured)
    model, _ = trained(
        replace(settings, depth=3 * settings.convolutions + 2),
        seed,
        images,
        run,
        probes=[evolution],
        checkpoint_steps=CHECKPOINT_STEPS,
    )
    measures = evolution.table(LAYERS)[list(KEPT)]
    return xr.merge([measures, layout(model, images.measured, LAYERS)])
