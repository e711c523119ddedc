"""One training, with the temperature of every layer from its first step to its last.

All records of whole trainings in this chapter are made by ``followed``; they differ in their
settings. Thesis 3.2.2 and supplement A print neither optimiser nor rates nor lengths. Ours, for
all of them: stochastic gradient descent with momentum 0.9, which OneCycle and CyclicLR move
between 0.85 and 0.95, no weight decay, and flips as the only augmentation (supplement E).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
import xarray as xr

from relu_book.experiments.layers import filled, layout
from relu_book.experiments.temperature.step_distances import AT_RATE, StepDistances
from relu_book.experiments.trainings import Training, images_for
from relu_book.experiments.watched import watched_training
from relu_book.runs import Run
from relu_book.training import accuracy


@dataclass(frozen=True)
class Following(Training):
    """A training and the steps at which it is measured.

    Attributes:
        train_images: Of CIFAR-10's 50,000 supplement E keeps 99 %; 193 batches of 256 are the next
            number below that of which all batches of 64, 128 and 256 are whole.
        measured_images: How many training images, unaugmented, the fewest steps are measured on.
        fixed_images: How many of these make the fixed batch.
        singly: Every step up to this one is measured on its own batch.
        every: From there on every k-th.
        fixed_every: Every k-th step is measured on the fixed batch, and the first.
        fixed_rate: There the direction of the step is also measured at this rate.
        many_times: How many steps are measured on all of ``measured_images``: evenly, up to the
            last.
        test_images: How many images the accuracy in the end is measured on.
    """

    size: int = 32
    train_images: int = 49_408
    measured_images: int = 2000
    batch_size: int = 128
    learning_rate: float = 0.1
    weight_decay: float = 0.0
    depth: int = 32
    fixed_images: int = 256
    singly: int = 1
    every: int = 5
    fixed_every: int = 25
    fixed_rate: float = 0.05
    many_times: int = 20
    test_images: int = 10_000

    @property
    def measured(self) -> tuple[int, ...]:
        """The steps, counted from 1, that are measured on their own batch."""
        first = range(1, min(self.singly, self.steps) + 1)
        return tuple(sorted({*first, *_multiples(self.every, self.steps)}))

    @property
    def measured_fixed(self) -> tuple[int, ...]:
        """The steps that are measured on the fixed batch."""
        return tuple(sorted({1, *_multiples(self.fixed_every, self.steps)}))

    @property
    def measured_many(self) -> tuple[int, ...]:
        """The steps that are measured on many images."""
        shares = range(1, self.many_times + 1)
        return tuple(sorted({round(share * self.steps / self.many_times) for share in shares}))


SMOKE = {
    "data": "digits",
    "size": 8,
    "width": 4,
    "dtype": "float64",
    "depth": 8,
    "train_images": 640,
    "measured_images": 64,
    "fixed_images": 16,
    "batch_size": 32,
    "steps": 20,
    "fixed_every": 5,
    "many_times": 4,
    "test_images": 100,
    "seeds": (0,),
}
DEVIATIONS = (
    "no optimiser, rate or length of the source is printed: momentum 0.9, no weight decay, flips "
    "only; "
)


def followed(settings: Following, changes: Mapping[str, object], seed: int, run: Run) -> xr.Dataset:
    """Trains a network and measures its steps.

    Args:
        settings: Those of the experiment.
        changes: What a set-up has of its own.
        seed: Of weights, batches and flips.
        run: Of the job.

    Returns:
        By measured step and layer ``distance``, the share of patterns that this step changed on its
        batch, ``rate`` (of learning) and ``loss`` of the step; ``distance_fixed`` and
        ``distance_many`` on other images, at ``fixed_step`` and ``many_step``;
        ``distance_at_rate``, what the steps at ``fixed_step`` would change at one rate; what
        ``layout`` says of the layers, ``evaluations`` those of a batch; ``test_accuracy``, and
        ``trained``, the number of steps.
        Steps after a training has diverged are NaN, and so is its accuracy.
    """
    one = replace(settings, **changes)
    images = images_for(one, run.load, run.device, one.test_images)
    many = torch.cat(images.measured).contiguous(memory_format=torch.channels_last)
    others = {
        "fixed": (many[: one.fixed_images], frozenset(one.measured_fixed)),
        "many": (many, frozenset(one.measured_many)),
    }
    model, distances, history, steps = watched_training(
        one,
        seed,
        images,
        run,
        lambda *of: StepDistances(*of, one.measured, others, one.fixed_rate),
    )
    right = accuracy(model, images.test, images.test_labels) if steps == one.steps else np.nan
    layers = one.depth - 1
    with np.errstate(over="ignore"):  # the last losses before a training diverges
        loss = history.loss.astype("float32")
    at = xr.Dataset(
        {
            "rate": ("update", history.learning_rate.astype("float32")),
            "loss": ("update", loss),
        },
        {"update": history.step + 1},
    )
    at = at.reindex(update=list(one.measured)).rename(update="step")
    on_others = {
        "distance_fixed": ("fixed_step", distances.found["fixed"], one.measured_fixed),
        "distance_at_rate": ("fixed_step", distances.found[AT_RATE], one.measured_fixed),
        "distance_many": ("many_step", distances.found["many"], one.measured_many),
    }
    tables = [_table("distance", "step", distances.own, one.measured, layers)]
    tables += [_table(name, *rows, layers) for name, rows in on_others.items()]
    fixed = layout(model, [many[: one.batch_size]], layers)
    return xr.merge([at, *tables, fixed]).assign(
        test_accuracy=np.float32(right), trained=np.float32(steps)
    )


def _multiples(every: int, steps: int) -> range:
    return range(every, steps + 1, every)


def _table(
    name: str, dim: str, rows: Mapping[int, np.ndarray], steps: tuple[int, ...], layers: int
) -> xr.Dataset:
    """Rows of a measure by step; those that a diverged training lacks are NaN."""
    found = np.full((len(steps), layers), np.nan, "float32")
    for place, step in enumerate(steps):
        if step in rows:
            found[place] = filled(rows[step], layers)
    return xr.Dataset(
        {name: ((dim, "layer"), found)}, {dim: list(steps), "layer": np.arange(1, layers + 1)}
    )
