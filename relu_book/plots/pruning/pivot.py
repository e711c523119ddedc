"""One question, three measures: which layers of a pruned network are those of the unpruned one?"""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from relu_book.plots.style import BLUE, GREEN, ORANGE, SKY
from relu_book.plots.words import described

LINES = {
    "similarity": ("pruned", BLUE, "o-"),
    "control_similarity": ("again, without pruning", "black", "--"),
    "apart_similarity": ("trained apart", GREEN, "^-."),
    "chance": ("chance: pictures", ORANGE, "s:"),
    "chance_rows": ("chance: places", SKY, "v:"),
}


def _at(data: xr.Dataset, problem: str, number: int) -> xr.Dataset:
    return data.sel(problem=problem, round=number)


def describe_pivot(data: xr.Dataset, problem: str, number: int) -> str:
    """Alt text of ``draw_pivot``: last convolution and dense layer."""
    one, told = _at(data, problem, number).mean("seed"), []
    for measure in data.measure.values:
        rows = one.sel(measure=measure)
        told.append(
            f"{measure} "
            + ", ".join(
                f"{layer} {float(rows['similarity'].sel(layer=layer)):.2f} "
                f"(chance {float(rows['chance'].sel(layer=layer)):.2f})"
                for layer in ("conv1", "conv4", "dense")
            )
        )
    return f"Similarity by layer, digits {problem}, round {number}: {'; '.join(told)}."


@described(
    alt=describe_pivot,
    caption="Similarity to the unpruned network by layer, by three measures: after a round of "
    "pruning (blue, three repeats as dots, their mean as a line), trained again without pruning, "
    "and trained apart from another start. Dotted, the pruned network by chance: whole pictures in "
    "another order, as in the records, or single places of pictures.",
)
def draw_pivot(data: xr.Dataset, problem: str, number: int) -> Figure:
    """The profile over the layers, a panel a measure.

    Args:
        data: as ``live.repeats`` measures it.
        problem: one of its problems.
        number: one of its rounds.
    """
    one, names = _at(data, problem, number), data.measure.values
    figure = Figure(figsize=(10.2, 4.8))
    places = np.arange(data.sizes["layer"])
    for axes, measure in zip(figure.subplots(1, len(names), sharey=True), names, strict=True):
        of_measure = one.sel(measure=measure)
        for variable, (label, colour, look) in LINES.items():
            values = of_measure[variable].mean("seed")
            axes.plot(places, values, look, color=colour, label=label, markersize=4, linewidth=1.6)
        for row in of_measure["similarity"].transpose("seed", "layer").values:
            axes.plot(places, row, ".", color=BLUE, markersize=4)
        axes.set_xticks(places, data.layer.values, rotation=60, ha="right")
        axes.set(title=measure, ylim=(-0.05, 1.05))
    figure.axes[0].set_ylabel("similarity")
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=3)
    return figure
