"""What the records of thesis A.1 say: accuracy over entropy, and the entropy of trained layers."""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from relu_book.experiments.entropy_gradient.entropy_with_skips_reading import (
    counting,
    during_training,
)
from relu_book.experiments.entropy_gradient.regulariser_reading import NAMES, by_kind
from relu_book.plots.style import BLUE, GREEN, ORANGE, PURPLE
from relu_book.plots.words import described

_MARKS = dict(zip(NAMES, ((BLUE, "s"), (GREEN, "^"), (ORANGE, "o"), (PURPLE, "v")), strict=True))
_SKIPS = {"convnet": ("ConvNet-20", BLUE, "s"), "resnet": ("ResNet-20", ORANGE, "o")}


def describe_regularised(record: xr.Dataset) -> str:
    """Alt text of ``regularised``: the means."""
    told = [
        f"{NAMES[kind]}: {float(accuracy.mean()):.1f} % and {float(entropy.mean()):.1f} bits"
        for kind, (accuracy, entropy) in by_kind(record).items()
    ]
    return "Mean test accuracy and entropy. " + "; ".join(told) + "."


@described(
    alt=describe_regularised,
    caption="Test accuracy of a ConvNet of 8 layers over the mean entropy of its layers (record "
    "regulariser), a mark a seed: batch normalisation, the regulariser beside it, in its place, "
    "and neither. Strength and rate are the best of those tried on other seeds and images.",
)
def regularised(record: xr.Dataset) -> Figure:
    """Accuracy over entropy, a mark a network.

    Args:
        record: Of ``entropy_gradient/regulariser``.
    """
    figure = Figure(figsize=(6.4, 4.2))
    axes = figure.subplots()
    for kind, (accuracy, entropy) in by_kind(record).items():
        colour, marker = _MARKS[kind]
        axes.plot(entropy, accuracy, marker, color=colour, label=NAMES[kind], ls="none")
    axes.set(xlabel="mean entropy of the layers in bits", ylabel="test accuracy in %")
    axes.legend()
    return figure


def describe_kept(record: xr.Dataset) -> str:
    """Alt text of ``kept``: the layers that count, and means over them."""
    counts = counting(record)
    if not counts.any():
        return "Relative entropy by layer during training; no layer counts."
    values = during_training(record).isel(size=-1).where(counts).mean(["seed", "layer"])
    means = " and ".join(
        f"{float(values.sel(network=key)):.2f} of {name}" for key, (name, *_) in _SKIPS.items()
    )
    return (
        f"Relative entropy by layer during training. {int(counts.sum())} of {counts.size} layers "
        f"count; the mean over them is {means}."
    )


@described(
    alt=describe_kept,
    caption="Relative entropy of each layer, its mean over ten times of a training (record "
    "entropy_with_skips, 5,120 images): mean and range over the seeds. Filled marks: layers that "
    "count, as fewer than half of their patterns are distinct; elsewhere it is bounded by images.",
)
def kept(record: xr.Dataset) -> Figure:
    """The relative entropy by layer, with skips and without.

    Args:
        record: Of ``entropy_gradient/entropy_with_skips``.
    """
    figure = Figure(figsize=(6.4, 4.2))
    axes = figure.subplots()
    values, counts = during_training(record).isel(size=-1), counting(record).values
    for side, (network, (name, colour, marker)) in zip((-0.15, 0.15), _SKIPS.items(), strict=True):
        one = values.sel(network=network)
        mean = one.mean("seed").values
        reach = np.stack([mean - one.min("seed").values, one.max("seed").values - mean])
        layers = one["layer"].values + side
        axes.errorbar(layers, mean, reach, color=colour, ls="none", capsize=3)
        for filled in (True, False):
            axes.plot(
                layers[counts == filled],
                mean[counts == filled],
                marker,
                color=colour,
                markerfacecolor=colour if filled else "white",
                label=name if filled == counts.any() else None,
                ls="none",
            )
    axes.set(xlabel="layer", ylabel="relative entropy", ylim=(0, 1.05))
    axes.set_xticks(values["layer"].values[::2])
    axes.legend(loc="lower left")
    return figure
