"""Exact counts beside those of a hash list, layer by layer (thesis 3.1.2, algorithm 2)."""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from relu_book.plots.pattern_evolution.table import TABLE
from relu_book.plots.style import LINE_COLOURS
from relu_book.plots.words import described

PLACES = 30_000  # by default in both listings


def describe_exact_and_hashed(data: xr.Dataset, step: int) -> str:
    """Alt text of ``exact_and_hashed``: the share of the patterns that the list finds."""
    now = data.sel(step=step).mean("seed")
    found = now["hash_distinct"] / now["distinct"]
    listed = [
        f"{TABLE.title(name)} {of_first:.0%} in its first layer and {of_last:.0%} in its last"
        for name in data.network.values
        for of_first, of_last in [found.sel(network=name).dropna("layer").values[[0, -1]]]
    ]
    return (
        "Distinct patterns and relative entropy over the layers, exactly and from a hash list of "
        f"{PLACES:,} places. Of the distinct patterns the list finds: {'; '.join(listed)}."
    )


@described(
    alt=describe_exact_and_hashed,
    caption=f"Distinct patterns and relative entropy over the layers, means over the seeds, on "
    f"logarithmic axes: exactly, from a hash list of {PLACES:,} places, and corrected by its "
    "occupancy. The list loses most where there are most patterns, in the first block.",
)
def exact_and_hashed(data: xr.Dataset, step: int) -> Figure:
    """Distinct patterns and relative entropy, exact and from a list of 30,000 places.

    Args:
        data: What the early phase measures, by network, seed, step and layer.
        step: One at which hash lists were filled; means over the seeds are drawn.
    """
    now = data.sel(step=step).mean("seed")
    corrected = -PLACES * np.log(1 - (now["hash_distinct"] / PLACES).clip(max=1 - 1 / PLACES))
    rows = {
        "distinct patterns": {
            "exact": now["distinct"],
            "hash list": now["hash_distinct"],
            "hash list, corrected": corrected,
        },
        "relative entropy": {
            "exact": now["relative_entropy"],
            "hash list": now["hash_relative_entropy"],
        },
    }
    networks = data.network.values
    figure = Figure(figsize=(1 + 2.4 * len(networks), 4.8))
    grid = figure.subplots(2, len(networks), sharex=True, sharey="row", squeeze=False)
    lines = {}
    for row, (label, curves) in zip(grid, rows.items(), strict=True):
        for axes, network in zip(row, networks, strict=True):
            for number, (name, values) in enumerate(curves.items()):
                curve = values.sel(network=network)
                (lines[name],) = axes.plot(
                    curve.layer,
                    curve,
                    color=LINE_COLOURS[number],
                    marker="os^"[number],
                    markersize=4,
                    ls=("-", "--", ":")[number],
                )
            axes.grid(axis="y")
        row[0].set_ylabel(label)
    for axes, network in zip(grid[0], networks, strict=True):
        axes.set(title=TABLE.title(network), yscale="log")
    for axes in grid[-1]:
        axes.set_xlabel("layer")
    figure.legend(lines.values(), lines, loc="outside upper center", ncols=3)
    return figure
