"""Patterns during the first steps of training (thesis 3.1.4, figure 3.1; article 3.2).

    relu-book run pattern_evolution/early_phase --scale desk
    relu-book run pattern_evolution/early_phase_fashion_mnist --scale desk
    relu-book run pattern_evolution/early_phase_tiny_imagenet --scale desk

ToyNet-20, ConvNet-20 and ResNet-20 are trained at a constant rate, and the patterns of all layers
are counted: after each of the first steps, and from then on after three steps running at equal
distances, so that single steps can be judged throughout. The source counts the whole training set
after each of 3,000 steps.
"""

from dataclasses import dataclass

import xarray as xr

from relu_book.experiments.layers import layout
from relu_book.experiments.pattern_evolution.evolution import Evolution
from relu_book.experiments.pattern_evolution.scales import (
    NETWORKS,
    PAPER,
    SMOKE,
    TINY_IMAGENET,
    UNNAMED,
)
from relu_book.experiments.trainings import Training, images_for, trained
from relu_book.runs import Run, experiment

CHECKPOINT_STEPS = 500


@dataclass(frozen=True)
class Settings(Training):
    """How long the networks are trained and when their patterns are counted.

    Attributes:
        network: The three networks; a job each.
        steps: Updates.
        dense: Patterns are counted after each of the first steps up to this one.
        every: Later, they are counted after each multiple of this and the two steps that follow.
    """

    network: tuple[str, ...] = NETWORKS
    steps: int = 2000
    dense: int = 200
    every: int = 50

    @property
    def measured(self) -> tuple[int, ...]:
        """The steps after which patterns are counted."""
        runs = range(self.dense + self.every, self.steps, self.every)
        later = {step + offset for step in runs for offset in range(3)}
        return (*range(self.dense + 1), *sorted(later | {self.steps}))


SCALES = {
    "smoke": Settings(
        **SMOKE,
        train_images=600,
        measured_images=64,
        seeds=(0, 1),
        depth=8,
        steps=12,
        dense=4,
        every=4,
    ),
    "desk": Settings(),
    "paper": Settings(**PAPER, seeds=(0,), steps=3000, dense=3000),
}


@experiment(
    scales=SCALES,
    expected={
        "smoke": "3 s on one core",
        "desk": "45 min on 2 cores",
        "paper": "150 h on one GPU, estimated: a minute for each count of 50,000 images",
    },
    over=("network",),
    variants={"fashion_mnist": {}, "tiny_imagenet": {"paper": TINY_IMAGENET}},
    deviations={
        "desk": "5,000 of 50,000 images, shrunk from 32 to 16 pixels a side; 256 of them counted "
        "instead of all; 2,000 of 3,000 steps, not all of them counted; batches of 64, a "
        f"constant rate of 0.05, {UNNAMED}",
        "fashion_mnist": "FashionMNIST in place of Tiny ImageNet",
    },
)
def early_phase(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run pattern_evolution/early_phase --scale desk

    Expected time: smoke (scanned digits) 3 s on one core, desk (5,000 images of CIFAR-10 at 16 x 16
    pixels, 256 of them counted, 2,000 steps, 5 seeds) 45 min on 2 cores. Expected result (thesis
    3.1.4): patterns get fewer at first, then more; they change most in the first steps, and least
    in ResNet.

    The result has what ``Evolution`` and ``layout`` give, and ``loss`` by update.
    """
    images = images_for(settings, run.load, run.device)
    hashed = [step for step in settings.measured if step <= 1 or step % settings.every == 0]
    evolution = Evolution(images.measured, settings.measured, hashed)
    model, history = trained(
        settings, seed, images, run, probes=[evolution], checkpoint_steps=CHECKPOINT_STEPS
    )
    layers = settings.depth - 1
    measures = xr.merge([evolution.table(layers), layout(model, images.measured, layers)])
    return measures.assign(loss=("update", history.loss.astype("float32")))
