"""Figures 1 and 2 of the pruning paper, of records and of what a chapter measures at once."""

from collections.abc import Mapping

import numpy as np
import xarray as xr
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from relu_book.plots.style import BLUE, ORANGE
from relu_book.plots.words import described


def describe_accuracies(records: Mapping[str, xr.Dataset]) -> str:
    """Alt text of ``accuracies``: the last round beside the control."""
    told = []
    for name, record in records.items():
        end = record.isel(round=-1).mean("seed")
        told.append(
            f"{name}: {float(end['accuracy']):.1f} % with {float(end['density_all']):.1%} of the "
            f"parameters, {float(end['control_accuracy']):.1f} % without pruning"
        )
    return f"Test accuracy against the share of parameters left. {'; '.join(told)}."


@described(
    alt=describe_accuracies,
    caption="As in figure 1 of the paper: test accuracy against the share of all parameters that "
    "is left, median over the repeats, with the range from the worst to the best. Dashed, the same "
    "training again without pruning, the grey band its range.",
)
def accuracies(records: Mapping[str, xr.Dataset]) -> Figure:
    """Accuracy by density, a panel a problem.

    Args:
        records: by title, each with ``accuracy`` and ``density_all`` by ``seed`` and ``round`` and
            ``control_accuracy`` by ``seed``, in per cent.
    """
    columns = min(len(records), 3)
    rows = -(-len(records) // columns)
    figure = Figure(figsize=(3.2 * columns + 0.6, 3.1 * rows + 0.4))
    grid = figure.subplots(rows, columns, squeeze=False, sharey=True)
    for axes in grid.flat[len(records) :]:
        axes.set_axis_off()
    for axes, (name, record) in zip(grid.flat, records.items(), strict=False):
        density = 100 * record["density_all"].mean("seed").values
        values, control = record["accuracy"], record["control_accuracy"]
        axes.axhspan(float(control.min()), float(control.max()), color="#e4e4e4")
        axes.axhline(float(control.median()), linestyle="--", color="black")
        low, high = (values.min("seed"), values.max("seed"))
        axes.fill_between(density, low, high, color=BLUE, alpha=0.25, linewidth=0)
        axes.plot(density, values.median("seed"), "o-", color=BLUE, markersize=4)
        axes.set(title=name, xlabel="left, %, log scale", xscale="log")
        _percent(axes, density)
        axes.invert_xaxis()
    for axes in grid[:, 0]:
        axes.set_ylabel("accuracy, %")
    return figure


def _percent(axes, density: np.ndarray) -> None:
    marks = [each for each in (1, 2, 5, 10, 20, 50, 100) if density.min() * 0.8 <= each <= 100]
    axes.set_xticks(marks, [f"{each:g}" for each in marks])
    axes.set_xticks([], minor=True)


def describe_similarities(record: xr.Dataset) -> str:
    """Alt text of ``similarities``: the last round, by layer."""
    ends = record["similarity"].isel(round=-1).median("seed")
    control, chance = (record[name].median("seed") for name in ("control", "chance"))
    told = [
        f"{name} {float(ends.sel(layer=name)):.2f} (without pruning "
        f"{float(control.sel(layer=name)):.2f}, by chance "
        f"{float(chance.isel(round=-1).sel(layer=name)):.2f})"
        for name in record.layer.values
    ]
    return f"Similarity to the unpruned network after the last round: {', '.join(told)}."


@described(
    alt=describe_similarities,
    caption="As in figure 2 of the paper: similarity of each layer to that of the unpruned "
    "network, medians over the repeats; the darker, the later the round. Dashed, the same training "
    "again without pruning; orange, what chance gives in the last round.",
)
def similarities(record: xr.Dataset) -> Figure:
    """Similarity by layer, a curve a round.

    Args:
        record: with ``similarity`` and ``chance`` by ``seed``, ``round`` and ``layer``, and
            ``control`` by ``seed`` and ``layer``.
    """
    figure = Figure(figsize=(7.4, 4.6))
    axes, places = figure.subplots(), np.arange(record.sizes["layer"])
    numbers = record["round"].values
    shades = ScalarMappable(Normalize(numbers[0] - 0.4 * numbers[-1], numbers[-1]), "Blues")
    for number in numbers:
        values = record["similarity"].sel(round=number).median("seed")
        axes.plot(places, values, color=shades.to_rgba(number), linewidth=1.6)
    chance = record["chance"].isel(round=-1).median("seed")
    axes.plot(places, chance, "s:", color=ORANGE, markersize=4, label="by chance, last round")
    control = record["control"].median("seed")
    axes.plot(places, control, "--", color="black", label="without pruning")
    axes.plot([], [], color=shades.to_rgba(numbers[-1]), label=f"round {numbers[-1]}")
    axes.plot([], [], color=shades.to_rgba(numbers[0]), label=f"round {numbers[0]}")
    axes.set_xticks(places, record.layer.values, rotation=60, ha="right")
    axes.set(ylabel="similarity", ylim=(-0.05, 1.05))
    figure.legend(loc="outside upper center", ncols=2)
    return figure
