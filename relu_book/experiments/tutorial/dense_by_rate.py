"""How large a learning rate a deep network bears, with and without batch normalisation.

    relu-book run tutorial/dense_by_rate --scale desk

Thesis 2.1: batch normalisation enables training of deeper networks and reduces divergence. Networks
without skips are trained at every learning rate of a grid of powers of 2, by stochastic gradient
descent with momentum 0.9 on batches of 64 digits of 16 x 16 pixels.
"""

from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr

from relu_book.experiments.tutorial import gradients
from relu_book.runs import Run, experiment
from relu_book.training import DivergenceError, make_optimizer, train

RATES = tuple(2.0**power for power in range(-10, 2))


@dataclass(frozen=True)
class Settings:
    """The networks and how long each is trained.

    Attributes:
        depth: Layers with weights.
        batch_norm: Without and with batch normalisation before each ReLU; a job each.
        rates: Learning rates; every one starts from the same weights.
        steps: Updates at each rate.
        dtype: Of the weights.
        seeds: Of weights and batches.
    """

    depth: int = gradients.DEPTH
    batch_norm: tuple[bool, ...] = (False, True)
    rates: tuple[float, ...] = RATES
    steps: int = 200
    dtype: str = "float32"
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)


@experiment(
    scales={
        "smoke": Settings(
            depth=6, rates=(2.0**-6, 2.0**-3), steps=10, dtype="float64", seeds=(0, 1)
        ),
        "desk": Settings(),
    },
    expected={"smoke": "2 s on one core", "desk": "5 min on 2 cores"},
    over=("batch_norm",),
)
def dense_by_rate(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run tutorial/dense_by_rate --scale desk

    Expected time: smoke 2 s on one core, desk 5 min on 2 cores. Expected result: without
    batch normalisation the network diverges at rates that are 64 times smaller; but at its best
    rate its loss, from He initialisation, is the lower one.

    The result has ``losses`` by learning rate and step, NaN from where a run diverged on.
    """

    data = run.load("digits", size=16)
    images, dtype = data.images.flatten(1), getattr(torch, settings.dtype)
    losses = np.full((len(settings.rates), settings.steps), np.nan)
    for number, rate in enumerate(settings.rates):
        model = gradients.network(settings.depth, settings.batch_norm, seed, images.shape[1])
        model.to(run.device, dtype)
        done = number * settings.steps
        try:
            history = train(
                model,
                images,
                data.labels,
                optimizer=make_optimizer("sgd", model, rate, momentum=0.9),
                steps=settings.steps,
                batch_size=64,
                seed=seed,
                progress=lambda step, _, done=done: run.progress(done + step, losses.size),
            )
        except DivergenceError as error:
            history = error.history
        losses[number, : len(history.loss)] = history.loss
    # Divergence is a finding here; the name "loss" is for trainings that must not.
    found = (("learning_rate", "step"), np.where(np.isfinite(losses), losses, np.nan))
    coordinates = {"learning_rate": list(settings.rates), "step": np.arange(settings.steps)}
    return xr.Dataset({"losses": found}, coordinates)
