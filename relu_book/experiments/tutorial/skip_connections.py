"""Training with and without skip connections, at three depths (thesis 2.1).

    relu-book run tutorial/skip_connections --scale desk

Thesis 2.1: skip connections make training faster and allow deeper networks. ResNet and ConvNet, the
same network without its skips, start from equal weights and see equal batches of 64 digits of
16 x 16 pixels; stochastic gradient descent with momentum 0.9. The learning rate is 0.05 for both,
the usual 0.1 for batches of 128 in proportion.
"""

from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr

from relu_book.models import cifar_resnet, convnet
from relu_book.runs import Run, experiment
from relu_book.training import Checkpoint, make_optimizer, train


@dataclass(frozen=True)
class Settings:
    """The networks and how long each is trained.

    Attributes:
        residual: Without and with skips; a job each.
        depth: Layers with weights; a job each.
        width: Filters of the first of three stages; the usual ResNet has 16.
        learning_rate: The same for all networks.
        steps: Updates.
        dtype: Of the weights.
        seeds: Of weights and batches.
    """

    residual: tuple[bool, ...] = (False, True)
    depth: tuple[int, ...] = (8, 32, 56)
    width: int = 8
    learning_rate: float = 0.05
    steps: int = 200
    dtype: str = "float32"
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)


@experiment(
    scales={
        "smoke": Settings(depth=(8, 14), width=4, steps=6, dtype="float64", seeds=(0, 1)),
        "desk": Settings(),
    },
    expected={"smoke": "3 s on one core", "desk": "10 min on 2 cores"},
    over=("residual", "depth"),
)
def skip_connections(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run tutorial/skip_connections --scale desk

    Expected time: smoke 3 s on one core, desk 10 min on 2 cores. Expected result: at 32 and at 56
    layers the loss after 200 steps is lower with skips, and the difference grows with depth.

    The result has ``loss`` by step.
    """
    data = run.load("digits", size=16)
    make = cifar_resnet if settings.residual else convnet
    dtype = getattr(torch, settings.dtype)
    model = make(settings.depth, width=settings.width, in_channels=1, seed=seed, dtype=dtype)
    model.to(run.device)
    history = train(
        model,
        data.images,
        data.labels,
        optimizer=make_optimizer("sgd", model, settings.learning_rate, momentum=0.9),
        steps=settings.steps,
        batch_size=64,
        seed=seed,
        checkpoint=Checkpoint(run.checkpoint, every=50),
        progress=run.progress,
    )
    return xr.Dataset({"loss": ("step", history.loss)}, {"step": np.arange(settings.steps)})
