"""Pictures of one layer: width, bias, batch normalisation (thesis 2.2.4, figures 2.4 to 2.8)."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from relu_book.cells import CellRaster, arrangement_cells, rasterize, region_count
from relu_book.experiments.activation_cells.networks import WINDOW, first_layer, layer
from relu_book.experiments.activation_cells.width_and_bias import rectangle
from relu_book.plots.activation_cells.panels import PANEL, axes_row, layer_raster, panels
from relu_book.plots.style import BLUE, GREEN, ORANGE, PURPLE, SKY, band, show_cells
from relu_book.plots.words import described


def _squares_of_cells(values: Sequence[float], what: str) -> str:
    counted = ", ".join(f"{value:g}" for value in values)
    return f"{len(values)} squares of cells side by side, {what} {counted}"


@described(
    alt=lambda widths, seed: (
        f"{_squares_of_cells(widths, 'filters')}: from large polygons to dust."
    ),
    caption="Figure 2.4 of the thesis, rebuilt: cells of one layer in the window [-5, 5]², as a "
    "grid of 500 × 500 points sees them. More filters draw more lines, and the cells "
    "between them become smaller.",
)
def width_panels(widths: Sequence[int], seed: int) -> Figure:
    """Figure 2.4."""
    rasters = [layer_raster(width, seed) for width in widths]
    titles = [f"{w} filters: {r.count} cells" for w, r in zip(widths, rasters, strict=True)]
    return panels(rasters, titles)


def describe_width(width: int, seed: int = 0) -> str:
    seen, exact = layer_raster(width, seed).count, _exact(width, seed)
    return (
        f"Cells of one layer of {width} filters, seed {seed}: {seen} on the grid, {exact} exactly."
    )


@described(
    alt=describe_width,
    caption="Cells of one layer in the window [-5, 5]², as a grid of 500 × 500 points sees them. "
    "Compare the two counts: the wider the layer, the more cells the grid misses.",
)
def draw_width(width: int, seed: int = 0) -> Figure:
    """One layer of some width, with both counts."""
    raster = layer_raster(width, seed)
    return panels([raster], [f"{width} filters: grid {raster.count}, exact {_exact(width, seed)}"])


def _exact(width: int, seed: int) -> int:
    return arrangement_cells(*first_layer(layer(width, seed)), WINDOW)


@described(
    alt="Numbers of cells against filters, both axes logarithmic. Two to the power of D "
    "leaves the picture at once; the formula and the exact count in the window run side "
    "by side with slope two; the grid count bends away below them.",
    caption="Number of cells in the window [-5, 5]² against the number of filters D, means over "
    "the seeds; both axes are logarithmic, so that a power of D is a straight line. The "
    "exact count keeps beside the formula, with slope two; 2^D leaves the picture at "
    "once, and the grid misses more and more.",
)
def width_curve(filters: np.ndarray, growth: dict) -> Figure:
    """Figure 2.5: grid count, exact count in the window (seeds, filters), and the two formulas."""
    figure = Figure(figsize=(6.4, 4.6))
    axes = figure.subplots()
    smooth = np.geomspace(filters.min(), filters.max(), 200)
    axes.loglog(smooth, 2.0 ** np.minimum(smooth, 30), ":", color=ORANGE, label="$2^D$")
    axes.loglog(smooth, 1 + smooth + smooth * (smooth - 1) / 2, "--", color="black",
                label="$1 + D + D(D-1)/2$")  # fmt: skip
    axes.loglog(filters, growth["exact"].mean(0), "s-", color=GREEN, markersize=5,
                label="exact, in the window")  # fmt: skip
    axes.loglog(filters, growth["grid"].mean(0), "o-", color=BLUE, markersize=5,
                label="on the grid")  # fmt: skip
    axes.set(xlabel="filters D", ylabel="cells (mean over seeds)", ylim=(1, 3e5))
    axes.legend()
    axes.grid(True, alpha=0.5)
    return figure


@described(
    alt=lambda biases, seed, width=128: (
        f"{_squares_of_cells(biases, 'bias')}: with 0 sectors that meet in the origin, with any "
        "other bias a cell around it, the larger the bias, the larger."
    ),
    caption="Figure 2.6 of the thesis, rebuilt: cells of one layer whose filters share one bias, "
    "in the window [-5, 5]². With bias 0 all lines meet in the origin; with any other a "
    "cell opens around it, the larger the bias, the larger the cell.",
)
def bias_panels(biases: Sequence[float], seed: int, width: int = 128) -> Figure:
    """Figure 2.6."""
    rasters = [layer_raster(width, seed, bias) for bias in biases]
    titles = [f"bias {b:g}: {r.count} cells" for b, r in zip(biases, rasters, strict=True)]
    return panels(rasters, titles)


def describe_bias(bias: float, seed: int = 0) -> str:
    count = layer_raster(128, seed, bias).count
    return f"Cells of 128 filters with bias {bias:g}, seed {seed}: {count} on the grid."


@described(
    alt=describe_bias,
    caption="Cells of 128 filters that share one bias, in the window [-5, 5]², as a grid of "
    "500 × 500 points sees them. The bias scales the picture around the origin, and its sign "
    "mirrors it there.",
)
def draw_bias(bias: float, seed: int = 0) -> Figure:
    """128 filters that share one bias."""
    return bias_panels([bias], seed)


def describe_bias_curve(curves: xr.Dataset, width: int = 128) -> str:
    """Alt text of ``bias_curve``: where each grid has its maximum, and the jump."""
    peaks = curves.grid.mean("seed").idxmax("bias")
    listed = ", ".join(
        f"{peak:g} with {points} points a side"
        for points, peak in zip(peaks.resolution.values, peaks.values, strict=True)
    )
    sectors, limit = curves.exact.sel(bias=0).mean().item(), region_count(width, 2)
    return (
        "Number of cells in the window against the bias for several grids and exactly. The curve "
        f"of each grid rises from {sectors:,.0f} at bias zero to a maximum and falls; it lies at "
        f"{listed}. The exact count is {sectors:,.0f} at bias zero, jumps to {limit:,} beside it "
        "and only falls from there."
    )


@described(
    alt=describe_bias_curve,
    caption="Figure 2.7 of the thesis, rebuilt for several grids and exactly: cells in the window "
    "[-5, 5]² against the bias that all filters share; means over the seeds, bands of one standard "
    "deviation, the axis linear up to 0.1 and logarithmic beyond. Every grid has a maximum "
    "(triangle). The exact count has none: at bias 0 only sectors are left (green square), beside "
    "it all cells of the plane are in the window (circle), and from there it falls.",
)
def bias_curve(curves: xr.Dataset, width: int = 128) -> Figure:
    """Figure 2.7 for several grids, and exactly: mean over seeds and one standard deviation.

    The exact count jumps: while the bias shrinks to zero all crossings of lines come into the
    window, so that the count approaches that of the whole plane; at zero only sectors are left.
    """
    figure = Figure(figsize=(6.4, 4.8))
    axes = figure.subplots()
    for resolution, colour in zip(curves.resolution.values, (SKY, BLUE, PURPLE), strict=True):
        counts = curves.grid.sel(resolution=resolution)
        mean = counts.mean("seed")
        label = f"{resolution} × {resolution} grid"
        axes.plot(mean.bias, mean, "o-", color=colour, markersize=4, label=label)
        band(axes, mean.bias, mean, counts.std("seed"), colour, alpha=0.2)
        axes.plot(mean.idxmax("bias"), mean.max(), "v", color="black", markersize=8, zorder=3)
    sectors, beside = curves.exact.sel(bias=0), curves.exact.where(curves.bias > 0, drop=True)
    mean, limit = beside.mean("seed"), region_count(width, 2)
    axes.plot(mean.bias, mean, "s-", color=GREEN, markersize=4, label="exact")
    band(axes, mean.bias, mean, beside.std("seed"), GREEN, alpha=0.2)
    axes.plot([0, mean.bias[0]], [limit, mean[0]], color=GREEN)
    axes.plot(0, limit, "o", color=GREEN, markerfacecolor="white", clip_on=False, zorder=3)
    axes.plot(0, sectors.mean(), "s", color=GREEN, markersize=6, clip_on=False, zorder=3)
    axes.set_xscale("symlog", linthresh=0.1, linscale=0.4)
    axes.set(xlabel=f"bias b of all {width} filters", ylabel="cells in $[-5, 5]^2$", xlim=(0, 10))
    axes.set_ylim(0, 1.35 * limit)  # room for the legend
    ticks = [0, 0.1, 0.2, 0.5, 1, 2, 5, 10]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.legend(title="▾ maximum of a grid")
    return figure


@lru_cache(maxsize=64)
def _normalised_raster(beta: float, centre: float, width: int, seed: int) -> CellRaster:
    model = layer(width, seed, bias=beta, batch_norm=True).train()
    return rasterize(model, 0, reference=rectangle(centre))


@described(
    alt="Left: data in an upright rectangle left of the centre. Middle: with beta 0 all "
    "cells meet in its middle. Right: with beta 1 a tall cell has opened there.",
    caption="Figure 2.8 of the thesis, rebuilt: the data that give the statistics, and the cells "
    "of a batch-normalised layer with β = 0 and with β = 1, in the window [-5, 5]². The "
    "cells follow the data: with β = 0 all lines meet in their mean, with β = 1 a cell "
    "opens there that is as upright as they are.",
)
def batch_norm_panels(seed: int, width: int = 128, centre: float = -2.0) -> Figure:
    """Figure 2.8: the data, and the cells that batch normalisation on them gives."""
    rasters = [_normalised_raster(beta, centre, width, seed) for beta in (0.0, 1.0)]
    figure = Figure(figsize=(3 * PANEL, PANEL + 0.3))
    first, *others = axes_row(figure, 3)
    _show_data(first, centre)
    first.set(title="data", xlabel="x", ylabel="y", xlim=WINDOW, ylim=WINDOW)
    first.set_aspect("equal")
    for axes, raster, beta in zip(others, rasters, (0, 1), strict=True):
        show_cells(axes, raster)
        axes.set(title=f"β = {beta}: {raster.count} cells", xlabel="x", ylabel="y")
    return figure


def _show_data(axes, centre: float) -> None:
    axes.plot(*rectangle(centre).T.numpy(), ".", color="black", markersize=2)


def describe_batch_norm(beta: float, centre: float, width: int = 128) -> str:
    count = _normalised_raster(beta, centre, width, 0).count
    return (
        f"Cells of {width} batch-normalised filters with beta {beta:g}, data in a rectangle around "
        f"({centre:g}, 0): {count} on the grid, gathered around the data."
    )


@described(
    alt=describe_batch_norm,
    caption="Cells of a batch-normalised layer in the window [-5, 5]², with the outline of the "
    "data that give the statistics. β takes the role of the bias, and the mean of the "
    "data that of the origin: move the data, and the picture moves along.",
)
def draw_batch_norm(beta: float, centre: float, width: int = 128) -> Figure:
    """Cells of a normalised layer, with the outline of its data."""
    raster = _normalised_raster(beta, centre, width, 0)
    figure = panels([raster], [f"β = {beta:g}: {raster.count} cells"])
    axes = figure.axes[0]
    left, right = centre - 1, centre + 1
    outline = [left, right, right, left, left], [-3, -3, 3, 3, -3]
    axes.plot(*outline, color="white", linewidth=4)
    axes.plot(*outline, color="black", linewidth=2)
    return figure
