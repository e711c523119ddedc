"""Layers over rounds as a heat map, beside the control and a network that was trained apart."""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from relu_book.experiments.pruning.live import above
from relu_book.plots.words import described

SCALES = ("as measured", "above chance")
OTHERS = {"control": "again", "apart": "apart"}
DARK = 0.55  # below it writing is white


def table(data: xr.Dataset, problem: str, measure: str, scale: str) -> xr.DataArray:
    """Means over the repeats by ``layer`` and ``column``: the rounds, again, apart."""
    one = data.sel(problem=problem, measure=measure)
    parts = []
    for prefix in ("", *(f"{name}_" for name in OTHERS)):
        values, chance = (one[f"{prefix}{name}"].mean("seed") for name in ("similarity", "chance"))
        shown = above(values, chance) if scale == SCALES[1] else values
        parts.append(shown if "round" in shown.dims else shown.expand_dims("round"))
    names = [*map(str, data["round"].values), *OTHERS.values()]
    found = xr.concat([part.drop_vars("round", errors="ignore") for part in parts], "round")
    return found.rename(round="column").assign_coords(column=names).transpose("layer", "column")


def describe_rounds(data: xr.Dataset, problem: str, measure: str, scale: str) -> str:
    """Alt text of ``draw_rounds``: the last round, again and apart."""
    found = table(data, problem, measure, scale).sel(
        column=[str(data["round"].values[-1]), "apart"]
    )
    told = [f"{row.layer.item()} {row[0]:.2f} ({row[1]:.2f})" for row in found]
    return (
        f"Heat map for the digits {problem}, {measure} {scale}: layers upwards, rounds to the "
        f"right. In the last round, and trained apart in brackets: {', '.join(told)}."
    )


@described(
    alt=describe_rounds,
    caption="Similarity of each layer of a pruned network to that of the unpruned one: layers from "
    "the input upwards, rounds to the right, means of three repeats; light is alike. Beside them "
    "a network trained again from the same epoch without pruning, and one trained apart, from "
    "another start. Above chance: (s - s0)/(1 - s0), s0 with whole pictures in another order.",
)
def draw_rounds(data: xr.Dataset, problem: str, measure: str, scale: str) -> Figure:
    """The map of one problem by one measure.

    Args:
        data: as ``live.repeats`` measures it.
        problem: one of its problems.
        measure: one of its measures.
        scale: ``"as measured"`` or ``"above chance"``.
    """
    found = table(data, problem, measure, scale)
    figure = Figure(figsize=(8.2, 4.6))
    axes = figure.subplots()
    image = axes.imshow(found, origin="lower", vmin=0, vmax=1, aspect="auto")
    for (row, column), value in np.ndenumerate(found.values):
        text = f"{value:.2f}".replace("0.", ".", 1)
        colour = "white" if value < DARK else "black"
        axes.text(column, row, text, ha="center", va="center", size=10, color=colour)
    rounds = len(found.column) - len(OTHERS)
    axes.axvline(rounds - 0.5, color="white", linewidth=4)
    axes.set_xticks(range(len(found.column)), found.column.values)
    axes.set_yticks(range(len(found.layer)), found.layer.values)
    axes.set(xlabel="round of pruning", title=f"{problem}: {measure}, {scale}")
    figure.colorbar(image, ax=axes, label="similarity")
    return figure
