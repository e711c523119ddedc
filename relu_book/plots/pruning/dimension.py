"""Intrinsic dimension of a layer against its similarity to the unpruned network's."""

import xarray as xr
from matplotlib.figure import Figure
from scipy.stats import spearmanr

from relu_book.experiments.pruning.live import above
from relu_book.plots.style import LINE_COLOURS
from relu_book.plots.words import described

SHOWN = {"SVCCA": False, "SVCCA above chance": True, "CKA above chance": True}
MARKERS = "o^s"


def pairs(data: xr.Dataset, title: str) -> tuple[xr.DataArray, xr.DataArray]:
    """Dimension and similarity of the last round by ``problem`` and ``layer``, repeats' means."""
    end = data.isel(round=-1).sel(measure=title.split()[0])
    values = above(end["similarity"], end["chance"]) if SHOWN[title] else end["similarity"]
    return tuple(
        each.mean("seed").transpose("problem", "layer") for each in (data["dimension"], values)
    )


def ranks(data: xr.Dataset, title: str) -> list[float]:
    """Rank correlation of dimension and similarity over the layers, by problem."""
    return [float(spearmanr(*rows).statistic) for rows in zip(*pairs(data, title), strict=True)]


def describe_dimensions(data: xr.Dataset) -> str:
    """Alt text of ``dimensions``: the rank correlations."""
    told = [f"{title} {', '.join(f'{rank:.2f}' for rank in ranks(data, title))}" for title in SHOWN]
    problems = ", ".join(data.problem.values)
    return f"Rank correlations of dimension and similarity for {problems}: {'; '.join(told)}."


@described(
    alt=describe_dimensions,
    caption="Intrinsic dimension of each layer of the unpruned network, from 2,000 of its rows, "
    "against its similarity to that of the pruned one in the last round; a mark a layer, a colour "
    "a pair of digits, means of three repeats.",
)
def dimensions(data: xr.Dataset) -> Figure:
    """Similarity against dimension, a panel a measure.

    Args:
        data: as ``live.repeats`` measures it.
    """
    figure = Figure(figsize=(10.4, 4.4))
    for axes, title in zip(figure.subplots(1, len(SHOWN), sharey=True), SHOWN, strict=True):
        x, y = pairs(data, title)
        for row, problem in enumerate(data.problem.values):
            look = {"marker": MARKERS[row % 3], "color": LINE_COLOURS[row], "linestyle": "none"}
            axes.plot(x[row], y[row], label=problem, **look)
        for layer in data.layer.values:
            place = (float(each.sel(layer=layer).mean()) for each in (x, y))
            axes.annotate(layer, tuple(place), (4, 5), textcoords="offset points", size=9)
        axes.set(title=title, xlabel="intrinsic dimension", ylim=(-0.05, 1.1))
        axes.margins(x=0.12)
    figure.axes[0].set_ylabel("similarity")
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=3)
    return figure
