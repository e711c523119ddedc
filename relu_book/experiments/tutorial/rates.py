"""How large a learning rate a deep network bears, with and without batch normalisation.

    relu-book run tutorial/dense_by_rate --scale desk

Thesis 2.1: batch normalisation enables training of deeper networks and reduces divergence. Networks
without skips are trained at every learning rate of a grid of powers of 2, by stochastic gradient
descent with momentum 0.9 on batches of 64 digits of 16 x 16 pixels.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr
from torch import nn

from relu_book.experiments.tutorial import gradients
from relu_book.runs import Run, experiment
from relu_book.training import DivergenceError, make_optimizer, train

GUESSING = float(np.log(10))
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
    chapter="tutorial",
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

    def network(inputs: int) -> nn.Module:
        model = gradients.network(settings.depth, settings.batch_norm, seed, inputs=inputs)
        return nn.Sequential(nn.Flatten(), *model)

    return losses_by_rate(network, settings, seed, run)


def losses_by_rate(
    network: Callable[[int], nn.Module], settings: Settings, seed: int, run: Run
) -> xr.Dataset:
    """The loss of each step at each learning rate, from the same weights every time.

    Args:
        network: Makes the network for a number of pixels; equal networks at every call.
        settings: Rates and steps.
        seed: Of the batches.
        run: Loads the digits and tells the progress.
    """
    data = run.load("digits", size=16)
    losses = np.full((len(settings.rates), settings.steps), np.nan)
    total = len(settings.rates) * settings.steps
    for number, rate in enumerate(settings.rates):
        model = network(data.images[0].numel()).to(run.device, getattr(torch, settings.dtype))
        done = number * settings.steps
        try:
            history = train(
                model,
                data.images,
                data.labels,
                optimizer=make_optimizer("sgd", model, rate, momentum=0.9),
                steps=settings.steps,
                batch_size=64,
                seed=seed,
                progress=lambda step, _, done=done: run.progress(done + step, total),
            )
            losses[number] = history.loss
        except DivergenceError as error:
            found = error.history.loss
            losses[number, : len(found)] = np.where(np.isfinite(found), found, np.nan)
    return xr.Dataset(
        # Divergence is a finding here; the name "loss" is for trainings that must not.
        {"losses": (("learning_rate", "step"), losses)},
        coords={"learning_rate": list(settings.rates), "step": np.arange(settings.steps)},
    )


def best_losses(record: xr.Dataset) -> dict[str, list[float]]:
    """Mean loss of the last tenth of the steps, at the rate with the lowest mean over seeds."""
    last = _end(record, share=0.1)
    found = {}
    for name, batch_norm in (("loss_plain", False), ("loss_batch_norm", True)):
        # A rate at which one seed diverges has no finite mean.
        losses = last.sel(batch_norm=batch_norm)
        mean = losses.mean("seed", skipna=False)
        best = losses.isel(learning_rate=int(mean.argmin("learning_rate", skipna=True)))
        found[name] = best.values.tolist()
    return found


def largest_rates(record: xr.Dataset, steps: int = 100) -> dict[str, list[float]]:
    """Largest rate at which the first steps do not diverge, one a seed.

    A run diverges if its loss is not finite, or averages above 95 % of ln 10, the loss of guessing,
    over the last ten steps.
    """
    steps = min(steps, record.sizes["step"])
    last = record["losses"].isel(step=slice(max(0, steps - 10), steps)).mean("step", skipna=False)
    stable = last <= 0.95 * GUESSING
    rates = xr.where(stable, record["learning_rate"], 0.0).max("learning_rate")
    return {
        "largest_rate_batch_norm": rates.sel(batch_norm=True).values.tolist(),
        "largest_rate_plain": rates.sel(batch_norm=False).values.tolist(),
    }


def _end(record: xr.Dataset, share: float) -> xr.DataArray:
    """Mean loss over the last part of the steps; NaN where a run diverged."""
    steps = record.sizes["step"]
    return (
        record["losses"]
        .isel(step=slice(steps - max(1, round(share * steps)), steps))
        .mean("step", skipna=False)
    )
