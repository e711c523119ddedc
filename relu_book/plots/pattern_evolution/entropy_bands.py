"""Relative entropy over the layers, times below one another (thesis 3.1.5, figures 3.3 and 3.5)."""

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import xarray as xr
from matplotlib.figure import Figure

from relu_book.plots.pattern_evolution.quantities import title


def entropy_bands(
    data: xr.Dataset,
    steps: Sequence[int] | Mapping[str, int],
    over: str = "network",
    depth: str | None = "convolutions",
    measure: str = "relative_entropy",
    label: str = "relative entropy",
) -> Figure:
    """Means over the seeds with bands of one standard deviation, one colour a depth.

    Args:
        data: ``measure`` by (seed, network, depth, step, layer); layers that a network lacks are
            NaN.
        steps: One row each; a mapping gives the rows their names.
        over: Dimension of the columns.
        depth: Dimension of the colours, from light to dark; None if there is none.
        measure: Variable that is drawn.
        label: Text of its axis.
    """
    if not isinstance(steps, Mapping):
        steps = {f"step {step}": step for step in steps}
    names = data[over].values
    depths = data[depth].values if depth else [None]
    figure = Figure(figsize=(1 + 2.4 * len(names), 0.9 + 1.7 * len(steps)))
    grid = figure.subplots(len(steps), len(names), sharex="col", sharey=True, squeeze=False)
    colours = mpl.colormaps["viridis_r"]
    lines = {}
    for row, (text, step) in zip(grid, steps.items(), strict=True):
        for axes, name in zip(row, names, strict=True):
            for number, value in enumerate(depths):
                colour = colours(0.15 + 0.85 * number / max(1, len(depths) - 1))
                curves = data[measure].sel({over: name, "step": step})
                curves = (curves.sel({depth: value}) if depth else curves).dropna(
                    "layer", how="all"
                )
                mean = curves.mean("seed")
                (lines[value],) = axes.plot(curves.layer, mean, color=colour, lw=1.5)
                if curves.sizes["seed"] > 1:
                    spread = curves.std("seed", ddof=1)
                    axes.fill_between(
                        curves.layer, mean - spread, mean + spread, color=colour, alpha=0.3, lw=0
                    )
            axes.grid(axis="y")
        row[0].set_ylabel(text)
    for axes, name in zip(grid[0], names, strict=True):
        axes.set_title(title(name).removesuffix("-20") if depth else title(name))
    for axes in grid[-1]:
        axes.set_xlabel("layer")
    figure.supylabel(label, fontsize="medium")
    if depth:
        texts = [f"{value}" for value in lines]
        figure.legend(
            lines.values(),
            texts,
            title=f"{depth} a block",
            loc="outside upper center",
            ncols=len(texts),
        )
    return figure
