"""Temperatures of trainings on digits, and what their steps would change at other rates."""

import numpy as np
import xarray as xr
from matplotlib import colormaps
from matplotlib.figure import Figure

from relu_book.plots.style import BLUE, GREEN, ORANGE
from relu_book.plots.words import described
from relu_book.temperature import temperature

TITLES = {"step_decay": "step decay", "one_cycle": "OneCycle", "cyclic": "CyclicLR"}


def bits(data: xr.Dataset) -> xr.DataArray:
    """Temperatures in bits, capped where all patterns changed, by schedule, step and layer."""
    values = data["distance"].transpose(..., "layer")
    return values.copy(data=temperature(values.values, data["evaluations"].values))


def describe_schedules(data: xr.Dataset) -> str:
    """Alt text of ``schedules``: where the layer mean starts, peaks and ends."""
    mean, told = bits(data).mean("layer"), []
    for name in data.schedule.values:
        curve = mean.sel(schedule=name)
        told.append(
            f"{TITLES[name]}: {float(curve[0]):.2f} bits in the first step, at most "
            f"{float(curve.max()):.2f}, at step {int(curve.idxmax())}, and "
            f"{float(curve[-1]):.3f} in the last"
        )
    return "Mean temperature over the layers. " + "; ".join(told) + "."


@described(
    alt=describe_schedules,
    caption="Temperature of the first layer, of the last, and mean over all, in bits, each step on "
    "its own batch, averaged over five steps; below, the learning rate, on the same steps.",
)
def schedules(data: xr.Dataset) -> Figure:
    """A column a schedule: temperatures above, the rate below.

    Args:
        data: As ``live.trainings`` measures it.
    """
    names = data.schedule.values
    figure = Figure(figsize=(1 + 3.2 * len(names), 4.8))
    grid = figure.subplots(2, len(names), sharex=True, sharey="row", height_ratios=(3, 1))
    smooth = bits(data).rolling(step=5, center=True, min_periods=1).mean()
    curves = {
        "first layer": (smooth.isel(layer=0), BLUE, "-"),
        "last layer": (smooth.isel(layer=-1), ORANGE, "--"),
        "mean": (smooth.mean("layer"), GREEN, "-."),
    }
    for column, name in enumerate(names):
        above, below = grid[:, column]
        for label, (curve, colour, dashes) in curves.items():
            above.plot(data.step, curve.sel(schedule=name), dashes, color=colour, label=label)
        below.plot(data.step, data.rate.sel(schedule=name), color="black")
        above.set(title=TITLES[name])
        above.grid(axis="y")
        below.set(xlabel="step", yscale="log")
    grid[0, 0].set(ylabel="temperature, bits", ylim=(0, None))
    grid[1, 0].set_ylabel("rate")
    figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


def describe_profiles(data: xr.Dataset, step: int) -> str:
    """Alt text of ``draw_profiles``: the rates at which two layers are half changed."""
    shares = data.profile.sel(swept=step)
    rates = [_half(shares.isel(layer=place)) for place in (0, -1)]
    used = float(data.rate.sel(schedule="one_cycle", step=step))
    mean = float(data.distance.sel(schedule="one_cycle", step=step).mean())
    return (
        f"Step {step}: half of the patterns of the first layer change at the rate {rates[0]}, of "
        f"the last at {rates[1]}. At the rate that was used, {used:.3g}, {mean:.0%} change, mean "
        "over the layers."
    )


def _half(shares: xr.DataArray) -> str:
    reached = shares.learning_rate.values[shares.values >= 0.5]
    return f"{reached[0]:.2g}" if len(reached) else "above all that were tried"


@described(
    alt=describe_profiles,
    caption="The share of patterns that one step of the training under OneCycle would change, over "
    "the rate of the step: a curve a layer, from the first (dark) to the last (light). The dashed "
    "line is the rate that the step was taken with.",
)
def draw_profiles(data: xr.Dataset, step: int) -> Figure:
    """D over the rate, by layer, at one step of the training under OneCycle.

    Args:
        data: As ``live.trainings`` measures it.
        step: One of ``data.swept``.
    """
    figure = Figure(figsize=(6.8, 4.2))
    axes = figure.subplots()
    shares = data.profile.sel(swept=step)
    for place, layer in enumerate(data.layer.values):
        colour = _shade(place, data.sizes["layer"])
        axes.plot(data.learning_rate, shares.sel(layer=layer), color=colour, label=f"{layer}")
    axes.axvline(float(data.rate.sel(schedule="one_cycle", step=step)), color="black", ls="--")
    axes.set(
        title=f"step {step}", xscale="log", xlabel="learning rate", ylim=(0, 1),
        ylabel="share D of changed patterns",
    )  # fmt: skip
    axes.grid(axis="y")
    figure.legend(title="layer", loc="outside right upper")
    return figure


def _shade(place: int, number: int) -> tuple[float, ...]:
    return colormaps["viridis"](0.9 * place / max(1, number - 1))


def profile_of(data: xr.Dataset, step: int) -> tuple[np.ndarray, np.ndarray]:
    """Rates and the layer mean of D at one step, as a model is fitted to it."""
    mean = data.profile.sel(swept=step).mean("layer")
    return mean.learning_rate.values, mean.values
