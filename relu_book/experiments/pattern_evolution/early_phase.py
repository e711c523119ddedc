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

from relu_book.experiments.pattern_evolution.evolution import Evolution, layout
from relu_book.experiments.trainings import (
    NETWORKS,
    TINY_IMAGENET,
    Training,
    images_for,
    scales_on,
    trained,
    untrained,
)
from relu_book.runs.job import Run
from relu_book.runs.registry import experiment

CHECKPOINT_STEPS = 500


@dataclass(frozen=True)
class Settings(Training):
    """How long the networks are trained and when their patterns are counted.

    Attributes:
        network: The three networks; a job each.
        depth: Layers with weights.
        steps: Updates.
        dense: Patterns are counted after each of the first steps up to this one.
        every: Later, they are counted after each multiple of this and the two steps that follow.
    """

    network: tuple[str, ...] = NETWORKS
    depth: int = 20
    steps: int = 2000
    dense: int = 200
    every: int = 50

    @property
    def measured(self) -> tuple[int, ...]:
        """The steps after which patterns are counted."""
        runs = range(self.dense + self.every, self.steps, self.every)
        later = {step + offset for step in runs for offset in range(3)}
        return (*range(self.dense + 1), *sorted(later | {self.steps}))


DESK = Settings()
SMOKE = Settings(
    data="digits",
    size=8,
    train_images=600,
    measured_images=64,
    width=4,
    dtype="float64",
    seeds=(0, 1),
    depth=8,
    steps=12,
    dense=4,
    every=4,
)
PAPER = Settings(
    size=32,
    train_images=50_000,
    measured_images=50_000,
    batch_size=128,
    learning_rate=0.1,
    seeds=(0,),
    steps=3000,
    dense=3000,
)
EXPECTED = {
    "smoke": "3 s on one core",
    "desk": "45 min on 2 cores",
    "paper": "150 h on one GPU, estimated: a minute for each count of 50,000 images",
}


def _measure(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """One network and seed: the measures by step and layer, and the loss of each update."""
    images = images_for(settings, run.load, run.device)
    model = untrained(settings.network, settings, seed, images, settings.depth).to(run.device)
    hashed = [step for step in settings.measured if step <= 1 or step % settings.every == 0]
    evolution = Evolution(images.measured, settings.measured, hashed)
    layers = settings.depth - 1
    fixed = layout(model, images.measured[0][:1], images.measured, layers)
    history = trained(
        settings.network,
        model,
        settings,
        seed,
        images,
        run,
        probes=[evolution],
        checkpoint_steps=CHECKPOINT_STEPS,
    )
    loss = xr.DataArray(history.loss.astype("float32"), dims="update")
    return xr.merge([evolution.table(layers), fixed]).assign(loss=loss)


SCALES = {"smoke": SMOKE, "desk": DESK, "paper": PAPER}


@experiment(
    chapter="pattern_evolution",
    scales=scales_on("cifar10", SCALES),
    expected=EXPECTED,
    over=("network",),
)
def early_phase(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run pattern_evolution/early_phase --scale desk

    Expected time: smoke (scanned digits) 3 s on one core, desk (5,000 images of CIFAR-10 at 16 x 16
    pixels, 256 of them counted, 2,000 steps, 5 seeds) 45 min on 2 cores. Expected result (thesis
    3.1.4): patterns get fewer at first, then more; they change most in the first steps, and least
    in ResNet.
    """
    return _measure(settings, seed, run)


@experiment(
    chapter="pattern_evolution",
    scales=scales_on("fashion_mnist", SCALES),
    expected=EXPECTED,
    over=("network",),
)
def early_phase_fashion_mnist(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run pattern_evolution/early_phase_fashion_mnist --scale desk

    Expected time and result: as ``early_phase``, on FashionMNIST.
    """
    return _measure(settings, seed, run)


@experiment(
    chapter="pattern_evolution",
    scales=scales_on("tiny_imagenet", SCALES, **TINY_IMAGENET),
    expected=EXPECTED,
    over=("network",),
)
def early_phase_tiny_imagenet(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run pattern_evolution/early_phase_tiny_imagenet --scale desk

    Expected time and result: as ``early_phase``, on Tiny ImageNet.
    """
    return _measure(settings, seed, run)
