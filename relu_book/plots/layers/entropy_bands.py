"""Relative entropy over the layers, times below one another (thesis 3.1.5, figures 3.3 and 3.5)."""

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import xarray as xr
from matplotlib.figure import Figure

from relu_book.plots.layers.measures import Table
from relu_book.plots.style import band
from relu_book.plots.words import described


def describe_entropy_bands(
    table: Table,
    data: xr.Dataset,
    steps: Sequence[int] | Mapping[str, int],
    over: str = "network",
    depth: str = "convolutions",
    measure: str = "relative_entropy",
    label: str = "relative entropy",
) -> str:
    """Alt text of ``entropy_bands``: means over the layers of the deepest networks."""
    deepest = data[measure].isel({depth: -1}).mean([d for d in ("seed", "layer") if d in data.dims])
    listed = []
    for text, step in _named(steps).items():
        means = [
            f"{table.title(name)} {float(deepest.sel({over: name, 'step': step})):.2f}"
            for name in data[over].values
        ]
        listed.append(f"{text}: {', '.join(means)}")
    return (
        f"Curves of the {label} over the layers, a row a moment and a column a network, several "
        f"depths. Means over the layers of the deepest: {'; '.join(listed)}."
    )


@described(
    alt=describe_entropy_bands,
    caption=lambda table, data, steps, *rest, label="relative entropy", **others: (
        f"{label.capitalize()} over the layers, at one moment a row; the darker, the deeper the "
        "network. Means over the seeds, bands of one standard deviation."
    ),
)
def entropy_bands(
    table: Table,
    data: xr.Dataset,
    steps: Sequence[int] | Mapping[str, int],
    over: str = "network",
    depth: str = "convolutions",
    measure: str = "relative_entropy",
    label: str = "relative entropy",
) -> Figure:
    """Means over the seeds with bands of one standard deviation, one colour a depth.

    Args:
        table: Titles of the networks.
        data: ``measure`` by (seed, network, depth, step, layer); layers that a network lacks are
            NaN.
        steps: One row each; a mapping gives the rows their names.
        over: Dimension of the columns.
        depth: Dimension of the colours, from light to dark.
        measure: Variable that is drawn.
        label: Text of its axis.
    """
    steps = _named(steps)
    names = data[over].values
    depths = data[depth].values
    figure = Figure(figsize=(1 + 2.4 * len(names), 0.9 + 1.7 * len(steps)))
    grid = figure.subplots(len(steps), len(names), sharex="col", sharey=True, squeeze=False)
    colours = mpl.colormaps["viridis_r"]
    lines = {}
    for row, (text, step) in zip(grid, steps.items(), strict=True):
        for axes, name in zip(row, names, strict=True):
            for number, value in enumerate(depths):
                colour = colours(0.15 + 0.85 * number / max(1, len(depths) - 1))
                curves = data[measure].sel({over: name, "step": step, depth: value})
                curves = curves.dropna("layer", how="all")
                mean = curves.mean("seed")
                (lines[value],) = axes.plot(curves.layer, mean, color=colour, lw=1.5)
                if curves.sizes["seed"] > 1:
                    spread = curves.std("seed", ddof=1)
                    band(axes, curves.layer, mean, spread, colour, alpha=0.3)
            axes.grid(axis="y")
        row[0].set_ylabel(text)
    for axes, name in zip(grid[0], names, strict=True):
        axes.set_title(table.title(name))
    for axes in grid[-1]:
        axes.set_xlabel("layer")
    figure.supylabel(label, fontsize="medium")
    texts = [f"{value}" for value in lines]
    heading = {"title": f"{depth} a block", "ncols": len(texts)}
    figure.legend(lines.values(), texts, loc="outside upper center", **heading)
    return figure


def _named(steps: Sequence[int] | Mapping[str, int]) -> Mapping[str, int]:
    return steps if isinstance(steps, Mapping) else {f"step {step}": step for step in steps}
