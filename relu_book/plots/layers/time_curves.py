"""Curves through training time, one a network or set-up, with bands over the seeds."""

import xarray as xr
from matplotlib.figure import Figure

from relu_book.plots.layers.layer_curves import FAINT
from relu_book.plots.layers.measures import MARKERS, Table
from relu_book.plots.style import LINE_COLOURS, band
from relu_book.plots.words import described


def describe_time_curves(
    table: Table, panels: dict[str, xr.DataArray], over: str = "network", **_
) -> str:
    """Alt text of ``time_curves``: means over the seeds at the first and the last step."""
    found = []
    for text, values in panels.items():
        ends = {
            name: values.sel({over: name}).mean("seed").dropna("step").values
            for name in values[over].values
        }
        listed = [f"{table.title(name)} {m[0]:.2g} to {m[-1]:.2g}" for name, m in ends.items()]
        found.append(f"{text}: {', '.join(listed)}")
    return f"Curves over the steps, from the first to the last: {'; '.join(found)}."


@described(
    alt=describe_time_curves,
    caption=lambda table, panels, over="network", logarithmic=False, columns=2: (
        f"{'; '.join(panels).capitalize()}: over the steps"
        + (" on a logarithmic axis, where step 0 stands at a half" * logarithmic)
        + "; means over the seeds, bands of one standard deviation."
    ),
)
def time_curves(
    table: Table,
    panels: dict[str, xr.DataArray],
    over: str = "network",
    logarithmic: bool = False,
    columns: int = 2,
) -> Figure:
    """Means over the seeds with a band of one standard deviation, a panel for each quantity.

    Args:
        table: Titles of the networks.
        panels: What to draw by seed, step and ``over``, under the title of its panel.
        over: Dimension of the networks or set-ups.
        logarithmic: Draw steps in logarithmic distances; the first, 0, stands at a half.
        columns: Panels in a row.
    """
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(3.9 * columns, 2.6 * rows + 0.8))
    grid = figure.subplots(rows, columns, sharex=True, squeeze=False).ravel()
    lines = {}
    for axes, (text, values) in zip(grid, panels.items(), strict=False):
        for number, name in enumerate(values[over].values):
            curves = values.sel({over: name}).dropna("step", how="all")
            steps = curves.step.values.clip(0.5 if logarithmic else 0)
            mean, spread = curves.mean("seed"), curves.std("seed", ddof=1)
            colour = LINE_COLOURS[number % len(LINE_COLOURS)]
            (lines[table.title(name)],) = axes.plot(
                steps,
                mean,
                color=colour,
                lw=1.5,
                marker=MARKERS[number % len(MARKERS)],
                markersize=4,
                markevery=max(1, len(steps) // 8),
            )
            if curves.sizes["seed"] > 1:
                band(axes, steps, mean, spread, colour, alpha=FAINT)
        axes.set_title(text)
        axes.grid(axis="y")
        if logarithmic:
            axes.set_xscale("log")
    for axes in grid[len(panels) :]:
        axes.remove()
    for axes in grid[max(0, len(panels) - columns) : len(panels)]:
        axes.set_xlabel("step")
        axes.tick_params(labelbottom=True)
    figure.legend(lines.values(), lines, loc="outside upper center", ncols=min(4, len(lines)))
    return figure
