"""Patterns counted on more and more of the same images, step by step (figure 3.1, column 1)."""

import xarray as xr
from matplotlib.figure import Figure

from relu_book.plots.layers.measures import MARKERS
from relu_book.plots.pattern_evolution.table import TABLE
from relu_book.plots.style import LINE_COLOURS, band
from relu_book.plots.words import described


def _shares(data: xr.Dataset) -> xr.DataArray:
    """Distinct patterns over evaluations, mean over the layers, by network, images, seed, step."""
    return (data["distinct"] / data["evaluations"]).mean("layer")


def describe_nested_counts(data: xr.Dataset) -> str:
    """Alt text of ``nested_counts``: each network's shares on the fewest and on all images."""
    means = _shares(data).mean("seed")
    fewest, most = (int(data.images[place]) for place in (0, -1))
    listed = []
    for name in data.network.values:
        curves = means.sel(network=name).dropna("step", how="all")
        spans = [
            f"{float(curve[0]):.0%} at first, {float(curve.min()):.0%} at least, "
            f"{float(curve[-1]):.0%} in the end"
            for curve in (curves.isel(images=0), curves.isel(images=-1))
        ]
        listed.append(f"{TABLE.title(name)} {spans[0]}; with {most:,} {spans[1]}")
    return (
        "Share of the evaluations that show different patterns, over the steps, one curve a number "
        f"of images. With {fewest:,} images {'. '.join(listed)}."
    )


@described(
    alt=describe_nested_counts,
    caption="Distinct patterns over evaluations, mean over the layers, as more of the same images "
    "are counted; over the steps on a logarithmic axis, where step 0 stands at a half; means over "
    "the seeds, bands of one standard deviation.",
)
def nested_counts(data: xr.Dataset) -> Figure:
    """Share of distinct patterns over the steps, a panel a network, a curve a number of images.

    Args:
        data: What the first steps measure, by network, seed, images, step and layer.
    """
    shares, networks = _shares(data), data.network.values
    figure = Figure(figsize=(1 + 2.5 * len(networks), 3.4))
    row = figure.subplots(1, len(networks), sharey=True, squeeze=False)[0]
    lines = {}
    for axes, name in zip(row, networks, strict=True):
        for number, images in enumerate(data.images.values):
            curves = shares.sel(network=name, images=images).transpose("seed", "step")
            steps, mean = curves.step.values.clip(0.5), curves.mean("seed")
            colour = LINE_COLOURS[number % len(LINE_COLOURS)]
            (lines[f"{images:,} images"],) = axes.plot(
                steps, mean, color=colour, marker=MARKERS[number % len(MARKERS)], markersize=3
            )
            if curves.sizes["seed"] > 1:
                band(axes, steps, mean, curves.std("seed", ddof=1), colour)
        axes.set(title=TABLE.title(name), xscale="log", xlabel="step", ylim=(0, 1))
        axes.grid(axis="y")
    row[0].set_ylabel("distinct, of all evaluations")
    figure.legend(lines.values(), lines, loc="outside upper center", ncols=len(lines))
    return figure
