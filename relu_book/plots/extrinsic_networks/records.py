"""What the records say: accuracy by start, and extrinsic beside ordinary networks."""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from relu_book.plots.style import BLUE, GREEN, ORANGE
from relu_book.plots.words import described

SPREADS = {
    "by_shift": ("extrinsic, scale of s", ORANGE, "o"),
    "by_weight": ("extrinsic, scale of W", GREEN, "^"),
    "by_weight_ordinary": ("ordinary, scale of weights", BLUE, "s"),
}
NETWORKS = {"ordinary": (BLUE, "s"), "extrinsic": (ORANGE, "o"), "entropy": (GREEN, "^")}
CHANCE = 25.0


def describe_starts(record: xr.Dataset) -> str:
    """Alt text of ``starts``: the mean accuracy at each factor."""
    told = [
        f"{name}: "
        + ", ".join(
            f"{value:.0f} % at {factor:g}"
            for factor, value in zip(
                record.factor.values, record[key].fillna(CHANCE).mean("seed").values, strict=True
            )
        )
        for key, (name, _, _) in SPREADS.items()
    ]
    return "Mean test accuracy by factor of the best initial scale. " + "; ".join(told) + "."


@described(
    alt=describe_starts,
    caption="Test accuracy from 0.1, 0.3, 1 and 3 times the best initial scale of each network "
    "(record board): mean and standard deviation over the seeds. The axis is logarithmic; 25 % "
    "is chance, and a training that diverged guesses.",
)
def starts(record: xr.Dataset) -> Figure:
    """Accuracy over the factor of the initial scale.

    Args:
        record: Of ``extrinsic_networks/board``.
    """
    figure = Figure(figsize=(6.4, 4))
    axes = figure.subplots()
    for key, (name, colour, marker) in SPREADS.items():
        found = record[key].fillna(CHANCE)
        axes.errorbar(
            record.factor.values,
            found.mean("seed"),
            found.std("seed", ddof=1),
            color=colour,
            marker=marker,
            capsize=4,
            label=name,
        )
    axes.axhline(CHANCE, color="grey", ls=":")
    axes.set(xscale="log", xlabel="times the best initial scale", ylabel="test accuracy in %")
    axes.set_xticks(record.factor.values, [f"{factor:g}" for factor in record.factor.values])
    axes.set_xticks([], minor=True)
    axes.legend()
    return figure


def describe_comparison(record: xr.Dataset) -> str:
    """Alt text of ``comparison``: the means."""
    told = []
    for data in record.data.values:
        one = record.sel(data=data).mean("seed")
        share = 100 * one["joint_patterns"] / one["measured"]
        told.append(
            f"{data}: "
            + ", ".join(
                f"{name} {float(one['accuracy'].sel(network=name)):.1f} % with "
                f"{float(share.sel(network=name)):.0f} patterns on 100 points"
                for name in NETWORKS
            )
        )
    return "Accuracy and patterns. " + "; ".join(told) + "."


@described(
    alt=describe_comparison,
    caption="Extrinsic networks, with the entropy in their loss and without, beside ordinary ones "
    "of as many parameters (record comparison), a mark a seed: test accuracy over the number of "
    "linear maps that 100 test points use, in per cent. At 100 every point has a map of its own.",
)
def comparison(record: xr.Dataset) -> Figure:
    """Accuracy over linear maps in use, a panel a data set.

    Args:
        record: Of ``extrinsic_networks/comparison``.
    """
    names = record.data.values.tolist()
    figure = Figure(figsize=(6.4, 2.4 * len(names)), layout="constrained")
    panels = np.atleast_1d(figure.subplots(len(names), sharex=True))
    for axes, data in zip(panels, names, strict=True):
        for name, (colour, marker) in NETWORKS.items():
            one = record.sel(data=data, network=name)
            share = 100 * one["joint_patterns"] / one["measured"]
            axes.plot(share, one["accuracy"], marker, color=colour, label=name, ls="none")
        axes.set(title=data.replace("_", " "), ylabel="accuracy in %")
    axes.set(xlabel="linear maps in use, per 100 test points", xlim=(0, 103))
    panels[-1].legend(loc="center left")
    return figure
