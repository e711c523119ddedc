"""Pictures of definitions, grids and counts (thesis 2.2.1 to 2.2.3, figure 2.3)."""

from functools import lru_cache

import numpy as np
import torch
from matplotlib.collections import PolyCollection
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from relu_book.cells import exact_cells, rasterize
from relu_book.experiments.activation_cells.networks import (
    WINDOW,
    grid,
    labels_by_layer,
    layer,
    stack,
)
from relu_book.patterns import hash_patterns
from relu_book.plots.activation_cells.panels import PANEL, axes_row, panels
from relu_book.plots.style import BLUE, ORANGE, cell_colours, show_cells
from relu_book.plots.words import described


@described(
    alt="Three squares of coloured cells: straight-edged cells of layer 1, bent cells of "
    "layer 2, and the global cells, in which both sets of lines cut.",
    caption="Cells of a network with two layers of filters, in the window [-5, 5]²: of layer 1, "
    "of layer 2, and of both together. Those of layer 2 bend where a line of layer 1 "
    "runs, which only the global cells show.",
)
def layer_and_global(seed: int, width: int = 8) -> Figure:
    """Cells of layer 1, of layer 2, and of both together."""
    model = stack(width, 2, seed)
    rasters = [rasterize(model, 0), rasterize(model, 1), rasterize(model, 1, scope="global")]
    names = ["layer 1", "layer 2", "both, global"]
    return panels(rasters, [f"{n}: {r.count} cells" for n, r in zip(names, rasters, strict=True)])


def colours_of_patterns(seed: int) -> dict:
    """fig-2.3.a: patterns that a drawn raster shows in more than one colour."""
    model = layer(64, seed)
    image = show_cells(Figure().subplots(), rasterize(model, 0)).get_array()
    colours = np.asarray(image).reshape(-1, image.shape[-1]).astype(np.int64)
    colours = colours @ (256 ** np.arange(colours.shape[1]))
    (labels,) = labels_by_layer(model, grid())
    pairs = np.unique(labels * 256**4 + colours)
    return {"patterns_with_two_colours": (np.bincount(pairs // 256**4) > 1).sum()}


@described(
    alt="Four steps from left to right: a grid of points on the plane, the matrix of their "
    "pre-activations, the matrix of signs, and the picture of coloured cells.",
    caption="Figure 2.3 of the thesis, rebuilt: from points to cells. Each point gives a row of "
    "pre-activations (red above zero, blue below), of which the signs are kept (white "
    "above zero); points with equal rows of signs get the same colour.",
)
def pipeline(width: int, seed: int, shown: int = 40) -> Figure:
    """Figure 2.3: from a grid of points to a picture of cells, in four steps."""
    model = layer(width, seed)
    raster = rasterize(model, 0)
    points = grid(resolution=15)
    with torch.no_grad():
        pre_activation = model[0](points)[:shown].numpy()
    figure = Figure(figsize=(4 * 3.4, 4.2))
    grid_axes, matrix, signs, cells = figure.subplots(1, 4, width_ratios=[1.3, 1, 1, 1.3])
    grid_axes.plot(*points.T.numpy(), ".", color=BLUE, markersize=4)
    grid_axes.set(title="1  a grid of points", xlabel="x", ylabel="y", xlim=WINDOW, ylim=WINDOW)
    grid_axes.set_aspect("equal")
    limit = np.abs(pre_activation).max()
    matrix.imshow(pre_activation, cmap="RdBu_r", vmin=-limit, vmax=limit, aspect="auto")
    matrix.set(title="2  pre-activations", xlabel="filter", ylabel=f"point (first {shown})")
    signs.imshow(pre_activation > 0, cmap="gray", aspect="auto")
    signs.set(title="3  signs, one word a row", xlabel="filter", yticks=[])
    for axes in (matrix, signs):
        axes.set_xticks(range(0, width, 2))
    show_cells(cells, raster)
    cells.set(title=f"4  a colour a word: {raster.count} cells", xlabel="x", ylabel="y")
    return figure


def describe_resolution(resolution: int, width: int) -> str:
    seen = rasterize(layer(width, 0), 0, resolution=resolution).count
    return (
        f"One layer of {width} filters: a grid of {resolution} by {resolution} points sees {seen} "
        f"of {_exact_layer(width).count} cells."
    )


@described(
    alt=describe_resolution,
    caption="Cells of one layer in the window [-5, 5]²: as a grid of points sees them, and "
    "exactly. Where many lines cross, the grid misses cells, and the coarser it is the "
    "more.",
)
def draw_resolution(resolution: int, width: int) -> Figure:
    """What a grid of some resolution sees, beside the true polygons."""
    model = layer(width, 0)
    raster, exact = rasterize(model, 0, resolution=resolution), _exact_layer(width)
    figure = Figure(figsize=(2 * PANEL, PANEL + 0.4))
    seen, true = axes_row(figure, 2)
    show_cells(seen, raster)
    seen.set(title=f"{resolution} × {resolution} points see {raster.count}", xlabel="x", ylabel="y")
    _show_polygons(true, exact)
    true.set(title=f"{exact.count} cells are there", xlabel="x", ylabel="y")
    return figure


@lru_cache(maxsize=8)
def _exact_layer(width: int):
    return exact_cells(layer(width, 0), 0)


def _show_polygons(axes, complex_) -> None:
    colours = cell_colours(hash_patterns(torch.as_tensor(complex_.patterns)).numpy()) / 255
    axes.add_collection(
        PolyCollection(complex_.polygons, facecolors=colours, edgecolors=colours, linewidths=0.2)
    )
    axes.set(xlim=WINDOW, ylim=WINDOW)
    axes.set_aspect("equal")


@described(
    alt="Exact pattern counts for 1 to 4 inputs and 1 to 6 filters. Those with at most as "
    "many filters as inputs are bold: exactly these are powers of two.",
    caption="How many patterns a layer in general position has, counted exactly: bold where they "
    "are all 2^D, and the lighter the smaller a share of them. Bold ends where there are "
    "more filters than inputs.",
)
def pattern_table(table: dict) -> Figure:
    """Exact pattern counts by inputs and filters; where all 2^D occur the cell is framed."""
    dimensions, filters = (np.unique(table[name]) for name in ("dimensions", "filters"))
    counts = table["patterns"].reshape(len(dimensions), len(filters))
    figure = Figure(figsize=(6.4, 3.6))
    axes = figure.subplots()
    share = counts / 2.0**filters
    image = axes.imshow(share, cmap="Blues", vmin=0, vmax=1.6)
    for row, column in np.ndindex(counts.shape):
        full = share[row, column] == 1
        weight = "bold" if full else "normal"
        axes.text(column, row, counts[row, column], ha="center", va="center", weight=weight)
    axes.set(
        title="patterns of D filters (bold: all $2^D$)",
        xlabel="filters D",
        ylabel="inputs d",
        xticks=range(len(filters)),
        xticklabels=filters,
        yticks=range(len(dimensions)),
        yticklabels=dimensions,
    )
    image.set_clim(0, 1.6)
    return figure


@described(
    alt="The plane in two cells. The cell where F is zero is bent around a corner: the "
    "segment from its point (1, -3) to its point (-3, 1) runs through the other cell.",
    caption="The example of proposition 2: the plane in the two cells of its second layer. Both "
    "ends of the segment lie in the cell F = 0 and its midpoint (orange) does not, so "
    "the cell is not convex.",
)
def counterexample(a: tuple[float, float], b: tuple[float, float]) -> Figure:
    """Proposition 2: the two cells of the example's second layer and the segment from a to b."""
    x, y = np.meshgrid(np.linspace(-5, 5, 601), np.linspace(-5, 5, 601))
    active = 1 - np.maximum(0, x + 1) - np.maximum(0, y + 1) > 0
    figure = Figure(figsize=(5.2, 4.8))
    axes = figure.subplots()
    axes.imshow(active, cmap=ListedColormap(["#f3d9b1", "#b9d7ea"]), extent=2 * WINDOW,
                origin="lower")  # fmt: skip
    axes.plot(*zip(a, b, strict=True), "o-", color="black")
    middle = (a[0] + b[0]) / 2, (a[1] + b[1]) / 2
    axes.plot(*middle, "D", color=ORANGE)
    for point, shift in [(a, (10, -4)), (b, (-18, 12)), (middle, (-75, -16))]:
        label = f"({point[0]:g}, {point[1]:g})"
        axes.annotate(label, point, xytext=shift, textcoords="offset points")
    axes.text(1.6, 2.4, "F = 0")
    axes.text(-4.3, -4, "F > 0")
    axes.set(xlabel="x", ylabel="y")
    axes.set_aspect("equal")
    return figure
