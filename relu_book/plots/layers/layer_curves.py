"""Measures over the layers at one moment of training: frames of a slider through time."""

from collections.abc import Sequence

import xarray as xr
from matplotlib.figure import Figure

from relu_book.plots.layers.measures import MARKERS, Table, block_starts
from relu_book.plots.style import LINE_COLOURS, band
from relu_book.plots.words import described

FAINT = 0.2  # bands of up to eight networks lie over one another
FEW = 4  # names in one row of the legend
SHOWN = ("relative_entropy", "distinct", "similarity_start", "max_frequency")


def describe_layer_curves(
    table: Table,
    data: xr.Dataset,
    step: int,
    measures: Sequence[str] = SHOWN,
    over: str = "network",
) -> str:
    """Alt text of ``layer_curves``: the means over the layers."""
    means = []
    for look in table.pick(measures).values():
        values = look.of(data).sel(step=step)
        of_networks = [
            f"{table.title(name)} {float(values.sel({over: name}).mean()):.2g}"
            for name in data[over].values
        ]
        means.append(f"{look.text}: {', '.join(of_networks)}")
    return f"After {step} updates, means over the layers. {'; '.join(means)}."


@described(
    alt=describe_layer_curves,
    caption="Measures over the layers at one moment of the training, and pale those before the "
    "first update; means over the seeds, bands of one standard deviation. Vertical lines part the "
    "blocks.",
)
def layer_curves(
    table: Table,
    data: xr.Dataset,
    step: int,
    measures: Sequence[str] = SHOWN,
    over: str = "network",
) -> Figure:
    """Curves over the layers after ``step`` updates, and faintly those of the first step.

    Args:
        table: Measures and titles.
        data: As for ``heat_maps``; of several seeds the mean is drawn with a band of one standard
            deviation.
        step: One of the steps of ``data``.
        measures: Names of the table's, two a row.
        over: Dimension of the networks or set-ups, at most eight.
    """
    rows = -(-len(measures) // 2)
    names = data[over].values
    columns = len(names) if len(names) <= FEW else 3
    above = 0.6 + 0.3 * -(-len(names) // columns)  # the legend
    figure = Figure(figsize=(7.6, 2.6 * rows + above))
    grid = figure.subplots(rows, 2, sharex=True, squeeze=False).ravel()
    starts = block_starts(data)
    last = int(data.layer[-1])
    lines = {}
    for axes, look in zip(grid, table.pick(measures).values(), strict=False):
        values = look.of(data)
        for number, name in enumerate(names):
            colour, marker = LINE_COLOURS[number], MARKERS[number]
            drawn = values.sel({over: name}).dropna("layer", how="all")
            first, now = drawn.isel(step=0), drawn.sel(step=step)
            axes.plot(first.layer, _mean(first), color=colour, lw=1, alpha=0.45)
            (lines[table.title(name)],) = axes.plot(
                now.layer, _mean(now), color=colour, marker=marker, markersize=4, lw=1.5
            )
            if now.sizes.get("seed", 1) > 1:
                band(axes, now.layer, _mean(now), now.std("seed", ddof=1), colour, alpha=FAINT)
        norm = look.norm(values.values)
        axes.set(ylim=_limits(look.scale, norm), title=look.text)
        if look.scale == "log":
            axes.set_yscale("log")
        axes.set_xticks([*starts, last])
        for start in starts[1:]:
            axes.axvline(start - 0.5, color="0.85", lw=1, zorder=0)
    for axes in grid[len(measures) :]:
        axes.remove()
    for axes in grid[-2:]:
        axes.set_xlabel("layer")
    heading = {"title": f"after {step} updates (pale: before the first)"}
    figure.legend(lines.values(), lines, loc="outside upper center", ncols=columns, **heading)
    return figure


def _mean(values: xr.DataArray) -> xr.DataArray:
    return values.mean("seed") if "seed" in values.dims else values


def _limits(scale: str, norm) -> tuple[float, float]:
    """The range of the colours, with a margin where values lie on its border."""
    if scale == "log":
        return norm.vmin / 1.5, norm.vmax * 1.5
    margin = 0.04 * (norm.vmax - norm.vmin)
    return norm.vmin - margin, norm.vmax + margin
