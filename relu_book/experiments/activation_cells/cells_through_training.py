"""Cells on planes through three images while F1 trains (thesis 2.2.4, figures 2.12 and 2.13).

    relu-book run activation_cells/cells_through_training --scale desk

Five hidden layers, with and without batch normalisation, trained as the source trains F1 (5 x 512):
on FashionMNIST for 100 epochs, 600 images held out, Adam at its default settings, whose rate is
divided by ten at epochs 50 and 75; mini-batches of 64, which gives the source's 930 an epoch.
Images are shifted and scaled by mean and standard deviation of the training set. Batch
normalisation is measured in training mode with the statistics of the held-out images, never with
those of the grid.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
import xarray as xr
from torch import Tensor, nn

from relu_book import datasets
from relu_book.cells import Slice
from relu_book.experiments.activation_cells.planes import (
    densities,
    picture,
    planes_through,
    square_counts,
)
from relu_book.models import mlp
from relu_book.runs import Run, experiment
from relu_book.training import (
    Checkpoint,
    Probe,
    StepDecay,
    accuracy,
    make_optimizer,
    steps_per_epoch,
    train,
)

LAYERS = 5
CHECKPOINT_STEPS = 2000  # about 15 s of F1
DIMENSIONS = {
    "test_accuracy": ("epoch",),
    **dict.fromkeys(("far", "unit", "near"), ("epoch", "layer")),
    **dict.fromkeys(
        ("far_by_plane", "near_density", "corner_density"), ("compared", "plane", "layer")
    ),
    "classes": ("pictured", "layer", "v", "u"),
}


@dataclass(frozen=True)
class Settings:
    """One network and its training, and when what is measured.

    Attributes:
        data: Name of the data set.
        batch_norm: Without and with batch normalisation.
        width: Filters of each of the five hidden layers.
        epochs: Passes over the training set.
        measured: Epochs after which cells are counted in three squares; 0 is before training.
        compared: Epochs after which densities around several planes are taken, three as in
            figure 2.12.
        pictured: Epochs after which the first seed draws its first plane.
        planes: Number of planes; the same for all seeds.
        resolution: Grid points a side.
        held_out: Images that are not trained on; batch normalisation is measured with them.
        batch_size: Images an update.
        learning_rate: Of Adam, until half of the training; a tenth of it then, a hundredth from
            three quarters on.
        dtype: Of weights and grids.
        seeds: Of weights and batches.
    """

    data: str = "fashion_mnist"
    batch_norm: tuple[bool, ...] = (False, True)
    width: int = 512
    epochs: int = 100
    measured: tuple[int, ...] = (0, 1, 2, 3, *range(5, 101, 5))
    compared: tuple[int, ...] = (0, 10, 100)
    pictured: tuple[int, ...] = (0, 1, 3, 10, 30, 100)
    planes: int = 20
    resolution: int = 200
    held_out: int = 600
    batch_size: int = 64
    learning_rate: float = 0.001
    dtype: str = "float32"
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)


LIVE = Settings(
    data="digits",
    width=128,
    epochs=20,
    measured=(0, 1, 5, 20),
    held_out=200,
    dtype="float64",
    seeds=(0,),
)
SMOKE = replace(
    LIVE,
    width=32,
    epochs=2,
    measured=(0, 1, 2),
    compared=(0, 1, 2),
    pictured=(0, 2),
    planes=2,
    resolution=40,
    seeds=(0, 1),
)


@experiment(
    scales={"smoke": SMOKE, "desk": Settings()},
    expected={"smoke": "3 s on one core", "desk": "1.5 h on 2 cores, 10 networks of 18 min each"},
    over=("batch_norm",),
)
def cells_through_training(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run activation_cells/cells_through_training --scale desk

    Expected time: smoke (scanned digits, 5 x 32) 3 s on one core, desk (FashionMNIST, F1) 1.5 h on
    two cores. Expected result (thesis 2.2.4): without batch normalisation cells get fewer while
    the network trains, with it they stay many.

    Returns:
        ``far``, ``unit``, ``near`` (epoch, layer): cells in the three squares of the first plane;
        ``test_accuracy`` (epoch,); ``far_by_plane``, ``near_density``, ``corner_density``
        (compared, plane, layer); ``classes`` (pictured, layer, v, u): the pictures, all 0 for
        other seeds than the first.
    """
    data = standardised_images(settings, run.load)
    planes = planes_through(data["train"][0], settings.planes)
    reference = data["validation"][0] if settings.batch_norm else None

    def measure(epoch: int, model: nn.Module) -> dict[str, np.ndarray]:
        found = square_counts(model, planes[0], reference, settings.resolution)
        found["test_accuracy"] = np.array(accuracy(model, *data["test"]))
        if epoch in settings.compared:
            found |= densities(model, planes, reference, settings.resolution // 2)
        if epoch in settings.pictured and seed == settings.seeds[0]:
            found["classes"] = picture(model, planes[0], reference, settings.resolution)
        return found

    checkpoint = Checkpoint(run.checkpoint, every=CHECKPOINT_STEPS)
    found = follow(settings, seed, data["train"], measure, checkpoint, run.progress)
    return _labelled(settings, found)


def follow(
    settings: Settings,
    seed: int,
    data: tuple[Tensor, Tensor],
    measure: Callable[[int, nn.Module], dict],
    checkpoint: Checkpoint | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> dict[int, dict]:
    """Trains one network and returns what ``measure(epoch, model)`` found, by epoch."""
    images, labels = data
    model = untrained(settings, seed, images.shape[1])
    epoch_steps = steps_per_epoch(len(images), settings.batch_size)
    steps = settings.epochs * epoch_steps
    probe = Probe(
        lambda step, model: measure(step // epoch_steps, model),
        steps=[epoch * epoch_steps for epoch in settings.measured],
    )
    optimizer = make_optimizer("adam", model, settings.learning_rate, fused=True)
    train(
        model,
        images,
        labels,
        optimizer=optimizer,
        schedule=StepDecay(optimizer, steps),
        steps=steps,
        batch_size=settings.batch_size,
        seed=seed,
        probes=[probe],
        checkpoint=checkpoint,
        progress=progress,
    )
    return {step // epoch_steps: found for step, found in probe.results.items()}


def standardised_images(
    settings: Settings, load: Callable[..., datasets.Dataset] = datasets.load
) -> dict[str, tuple[Tensor, Tensor]]:
    """Rows of pixels, shifted and scaled as the training set asks, and labels; by split."""
    splits = {
        name: load(settings.data, name, validation=settings.held_out)
        for name in ("train", "validation", "test")
    }
    mean, deviation = splits["train"].images.mean(), splits["train"].images.std()
    dtype = getattr(torch, settings.dtype)
    return {
        name: (((each.images.flatten(1) - mean) / deviation).to(dtype), each.labels)
        for name, each in splits.items()
    }


def untrained(settings: Settings, seed: int, inputs: int) -> nn.Sequential:
    """F1 at a width: five hidden layers, ten classes."""
    widths = (inputs, *LAYERS * (settings.width,), 10)
    return mlp(widths, settings.batch_norm, seed=seed, dtype=getattr(torch, settings.dtype))


def digits_training(batch_norm: bool) -> tuple[Slice, Tensor | None, dict[int, nn.Module]]:
    """The small network of the digits, trained now: first plane, reference, network by epoch.

    Cost: 2 s on one core.
    """
    settings = replace(LIVE, batch_norm=batch_norm)
    data = standardised_images(settings)
    states = follow(settings, 0, data["train"], lambda epoch, model: model.state_dict())
    models = {epoch: untrained(settings, 0, data["train"][0].shape[1]) for epoch in states}
    for epoch, model in models.items():
        model.load_state_dict(states[epoch])
    reference = data["validation"][0] if batch_norm else None
    return planes_through(data["train"][0], 1)[0], reference, models


def _labelled(settings: Settings, found: dict[int, dict]) -> xr.Dataset:
    """What one network showed at the measured epochs, with named dimensions."""
    times = {
        "epoch": settings.measured,
        "compared": settings.compared,
        "pictured": settings.pictured,
    }
    blank = np.zeros((LAYERS, settings.resolution, settings.resolution), np.uint8)
    variables = {
        name: (dims, np.stack([found[epoch].get(name, blank) for epoch in times[dims[0]]]))
        for name, dims in DIMENSIONS.items()
    }
    coordinates = {name: list(epochs) for name, epochs in times.items()}
    return xr.Dataset(variables, coordinates | {"layer": range(1, LAYERS + 1)})
