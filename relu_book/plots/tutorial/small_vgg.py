"""Pictures of a trained network's maps and of its weights (thesis 2.1, figures 2.2a and 2.2f)."""

from functools import lru_cache

import numpy as np
import torch
import xarray as xr
from matplotlib.figure import Figure
from torch import Tensor

from relu_book.experiments.tutorial.drawings import garment
from relu_book.experiments.tutorial.maps import pre_activations
from relu_book.experiments.tutorial.small_vgg import EDGES
from relu_book.plots.style import BLUE, ORANGE
from relu_book.plots.tutorial.panels import panels, record, small_vgg
from relu_book.plots.words import described

CLASSES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
    "Ankle boot",
)  # fmt: skip


def describe_maps(picture: str, layer: int) -> str:
    """Alt text: layout, share above zero, and the network's answer."""
    maps = _maps(picture)[layer - 1]
    filters, height, width = maps.shape
    return (
        f"The {picture} drawn by hand, taken for {_answer(picture)}, and {filters} maps of "
        f"{height} by {width} places at layer {layer}; {(maps > 0).double().mean():.0%} of the "
        "pre-activations are above zero."
    )


@described(
    alt=describe_maps,
    caption="A garment drawn by hand, and the map of every filter of one layer: its "
    "pre-activation at each place, on one scale a layer. Red is above zero and passes "
    "the ReLU, blue is stopped. Layer 1 answers to edges; each pooling makes the maps "
    "coarser.",
)
def draw_maps(picture: str, layer: int) -> Figure:
    """A drawn garment and the pre-activations of all filters of a layer of the small VGG."""
    maps = _maps(picture)[layer - 1].numpy()
    limit = np.abs(maps).max()
    figure = Figure(figsize=(9.6, 3.9), layout="none")
    left, right = panels(figure, (0.01, 0.30), (0.34, 0.99))
    left.imshow(garment(picture)[0].numpy(), cmap="gray", vmin=0, vmax=1)
    left.set_title(f"taken for: {_answer(picture)}")
    # White around each map: NaN is not drawn.
    right.imshow(_tiled(maps), cmap="RdBu_r", vmin=-limit, vmax=limit)
    right.set_title(f"layer {layer}: {len(maps)} filters, {(maps > 0).mean():.0%} above 0 (red)")
    return figure


@lru_cache(maxsize=8)
def _maps(picture: str) -> tuple[Tensor, ...]:
    return tuple(pre_activations(small_vgg(), garment(picture)).values())


@torch.no_grad()
def _answer(picture: str) -> str:
    return CLASSES[small_vgg()(garment(picture)[None]).argmax()]


def _tiled(maps: np.ndarray) -> np.ndarray:
    """Maps (filters, h, w) side by side, twice as many in a row as there are rows or more."""
    columns = 4 if len(maps) <= 8 else 8
    framed = np.pad(maps, ((0, 0), (0, 1), (0, 1)), constant_values=np.nan)
    rows = framed.reshape(-1, columns, *framed.shape[1:])
    return rows.transpose(0, 2, 1, 3).reshape(-1, columns * framed.shape[2])


def describe_weights(layer: int, step: int) -> str:
    """Alt text: the distance at this step and at the end."""
    trained = record("tutorial/small_vgg")
    distances = trained["distance"].sel(layer=layer, seed=0)
    return (
        f"Histogram of the weights of layer {layer} after {step} steps over that before training: "
        f"Wasserstein distance {distances.sel(step=step).item():.4f}, at the end "
        f"{distances.values[-1]:.4f}."
    )


@described(
    alt=describe_weights,
    caption="Weights of one layer in units of their standard deviation before training, seed 0. "
    "Left: their histogram, and below it what the steps have changed in it, on the scale "
    "of the largest change of this layer. Right: the Wasserstein distance to the start "
    "over the steps, one line a seed, the darker one seed 0. The histogram changes early "
    "and little, and then comes to rest.",
)
def draw_weights(layer: int, step: int) -> Figure:
    """Histogram of a layer's weights before and after a step, its change, and the distance."""
    trained = record("tutorial/small_vgg")
    now, before = (_shares(trained, layer, at) for at in (step, 0))
    figure = Figure(figsize=(9.6, 4.4), layout="none")
    bars = figure.add_axes((0.10, 0.62, 0.37, 0.28))
    changes = figure.add_axes((0.10, 0.14, 0.37, 0.43), sharex=bars)
    curve = figure.add_axes((0.59, 0.14, 0.39, 0.76))
    bars.stairs(before, EDGES, fill=True, color="#bbbbbb", label="before training")
    bars.stairs(now, EDGES, color=BLUE, linewidth=2, label=f"after {step} steps")
    bars.set(ylabel="share", xlim=(-4, 4), ylim=(0, 0.17))
    bars.tick_params(labelbottom=False)
    bars.set_title(f"layer {layer}")
    bars.legend(loc="upper right", fontsize=10)
    changes.stairs(now - before, EDGES, fill=True, color=BLUE)
    most = 1.05 * max(
        np.abs(_shares(trained, layer, at) - before).max() for at in trained["step"].values
    )
    changes.set(xlabel="weight / initial s.d.", ylabel="change", ylim=(-most, most))
    for seed, distance in trained["distance"].sel(layer=layer).groupby("seed"):
        curve.plot(trained["step"], distance.squeeze("seed"), color=BLUE, alpha=0.5 if seed else 1)
    curve.axvspan(0, step, color=BLUE, alpha=0.15, linewidth=0)
    curve.axvline(step, color=ORANGE, linestyle="--")
    curve.set(xlabel="step", title="distance to the start, all seeds", ylim=(0, None))
    return figure


def _shares(trained: xr.Dataset, layer: int, step: int) -> np.ndarray:
    counts = trained["histogram"].sel(layer=layer, step=step, seed=0).values
    return counts / counts.sum()
