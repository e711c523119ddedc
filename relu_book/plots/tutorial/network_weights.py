"""Pictures of a network's weights: histograms over training, the landscape of the loss.

Thesis 2.1, figures 2.2f and 2.2g.
"""

from functools import lru_cache

import numpy as np
import xarray as xr
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from relu_book.experiments.tutorial import small_vgg
from relu_book.experiments.tutorial.loss_landscape import basin
from relu_book.experiments.tutorial.weight_distributions import EDGES
from relu_book.plots.style import LINE_COLOURS
from relu_book.runs import get

BLUE, ORANGE = LINE_COLOURS[:2]


def draw_weights(layer: int, step: int) -> Figure:
    """Histogram of a layer's weights after a step, the initial one behind it, and the distance."""
    record = _record(small_vgg.NAME)
    now, before = (_shares(record, layer, at) for at in (step, 0))
    figure = Figure(figsize=(9.6, 3.6), layout="none")
    bars = figure.add_axes((0.09, 0.17, 0.38, 0.72))
    curve = figure.add_axes((0.59, 0.17, 0.39, 0.72))
    bars.stairs(before, EDGES, fill=True, color="#bbbbbb", label="before training")
    bars.stairs(now, EDGES, color=BLUE, linewidth=2, label=f"after {step} steps")
    bars.set(xlabel="weight / initial s.d.", ylabel="share", xlim=(-4, 4), ylim=(0, 0.17))
    bars.set_title(f"layer {layer}")
    bars.legend(loc="upper right", fontsize=10)
    for seed, distance in zip(record["seed"], _distances(record, layer), strict=True):
        curve.plot(record["step"], distance, color=BLUE, alpha=0.5 if seed else 1)
    curve.axvline(step, color=ORANGE, linestyle="--")
    curve.set(xlabel="step", title="distance to the start, all seeds", ylim=(0, None))
    return figure


def describe_weights(layer: int, step: int) -> str:
    """Alt text: the distance at this step and at the end."""
    record = _record(small_vgg.NAME)
    distances = record["distance"].sel(layer=layer, seed=0)
    return (
        f"Histogram of the weights of layer {layer} after {step} steps over that before training: "
        f"Wasserstein distance {distances.sel(step=step).item():.4f}, at the end "
        f"{distances.values[-1]:.4f}."
    )


def _shares(record: xr.Dataset, layer: int, step: int) -> np.ndarray:
    counts = record["histogram"].sel(layer=layer, step=step, seed=0).values
    return counts / counts.sum()


def _distances(record: xr.Dataset, layer: int) -> np.ndarray:
    return record["distance"].sel(layer=layer).transpose("seed", "step").values


def draw_landscape(seed: int, reach: float) -> Figure:
    """The loss on the plane of two random directions, as a map and along both axes.

    Args:
        seed: Of the directions.
        reach: How much of the square is shown; 1 moves a filter by its own length.
    """
    losses = _record("tutorial/loss_landscape")["loss"].sel(seed=seed)
    losses = losses.sel(a=slice(-reach - 1e-9, reach + 1e-9), b=slice(-reach - 1e-9, reach + 1e-9))
    figure = Figure(figsize=(9.6, 4.1), layout="none")
    plane = figure.add_axes((0.08, 0.16, 0.36, 0.74))
    bar = figure.add_axes((0.45, 0.16, 0.015, 0.74))
    cuts = figure.add_axes((0.62, 0.16, 0.36, 0.74))
    levels = np.geomspace(losses.min(), losses.max(), 13)
    drawn = plane.contourf(
        losses["a"], losses["b"], losses.transpose("b", "a"), levels, norm=LogNorm()
    )
    plane.plot(0, 0, "*", color=ORANGE, markersize=14)
    plane.set(
        xlabel="first direction", ylabel="second direction", title=f"directions of seed {seed}"
    )
    plane.set_aspect("equal")
    figure.colorbar(drawn, bar, ticks=levels[::4], format="%.2g")
    for axis, other, colour in (("a", "b", BLUE), ("b", "a", ORANGE)):
        name = {"a": "first", "b": "second"}[axis]
        cut = losses.sel({other: 0}, method="nearest")
        cuts.plot(cut[axis], cut, color=colour, label=f"{name} direction")
    cuts.set(xlabel="way, in lengths of the filters", title="loss along the axes", ylim=(0, None))
    cuts.legend()
    return figure


def describe_landscape(seed: int, reach: float) -> str:
    """Alt text: the loss in the centre and on the border."""
    found = basin(_record("tutorial/loss_landscape").sel(seed=[seed]))
    return (
        f"The loss up to {reach:g} filter lengths along two random directions, seed {seed}: "
        f"{found['centre'][0]:.2f} at the trained network in the centre, at least "
        f"{found['lowest_border'][0]:.2f} on the border of the whole square."
    )


@lru_cache(maxsize=4)
def _record(name: str) -> xr.Dataset:
    return get(name)
