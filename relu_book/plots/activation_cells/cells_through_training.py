"""Pictures of planes through images while a network trains (thesis 2.2.4, figures 2.12, 2.13)."""

from functools import lru_cache

import numpy as np
import torch
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

from relu_book.cells import CellComplex, CellRaster, exact_cells, rasterize
from relu_book.experiments.activation_cells.cells_through_training import LAYERS, digits_training
from relu_book.experiments.activation_cells.planes import FAR
from relu_book.patterns import hash_patterns
from relu_book.plots.activation_cells.panels import axes_row
from relu_book.plots.style import BLUE, ORANGE, band, cell_colours, show_cells
from relu_book.plots.words import described

DETAIL = (-0.1, 0.1)  # around the first image
POINTS = 64  # a side: a finer grid of the whole plane would look like noise, and weigh
BLOCK = 5  # points a side of a block in which colours are counted
SIDE = 3.6  # inches
KINDS = {False: "no batch norm", True: "batch norm"}


def describe_recorded(record: xr.Dataset, epoch: int, layer: int) -> str:
    """Alt text of ``draw_recorded``."""
    counts = [_recorded_count(record, batch_norm, epoch, layer) for batch_norm in (False, True)]
    return (
        f"Layer {layer} of F1 on the plane through three pictures of clothes after {epoch} epochs: "
        f"{counts[0]} cells without and {counts[1]} with batch normalisation, most densely around "
        f"the three images."
    )


@described(
    alt=describe_recorded,
    caption=lambda record, epoch, layer: (
        "How densely the cells of one layer of F₁ lie on the plane through three images (red) "
        f"after some epochs, first seed: how many colours {BLOCK} × {BLOCK} neighbouring points "
        f"show, from 1, inside a cell, to {BLOCK**2}. The counts are those of {_points(record)}. "
        "The cells are densest around the images."
    ),
)
def draw_recorded(record: xr.Dataset, epoch: int, layer: int) -> Figure:
    """How densely cells lie in one layer at one epoch, without and with batch normalisation."""
    figure = Figure(figsize=(2 * SIDE + 0.8, SIDE + 0.4))
    both = axes_row(figure, 2)
    for axes, batch_norm in zip(both, (False, True), strict=True):
        image = axes.imshow(
            _density(record, batch_norm, epoch, layer),
            origin="lower",
            extent=FAR * 2,
            vmin=0,
            vmax=BLOCK**2,
        )
        _mark_images(axes)
        axes.set(
            title=f"{KINDS[batch_norm]}: {_recorded_count(record, batch_norm, epoch, layer)} cells",
            xlabel="u",
            ylabel="v",
        )
    figure.colorbar(image, ax=both, label=f"colours among {BLOCK} × {BLOCK} points")
    return figure


def _density(record: xr.Dataset, batch_norm: bool, epoch: int, layer: int) -> np.ndarray:
    """Different colours in each block of neighbouring points of a recorded picture."""
    classes = _classes(record, batch_norm, epoch, layer)
    rows, columns = (size // BLOCK for size in classes.shape)
    blocks = classes[: rows * BLOCK, : columns * BLOCK].reshape(rows, BLOCK, columns, BLOCK)
    in_order = np.sort(blocks.swapaxes(1, 2).reshape(rows, columns, -1), axis=-1)
    return 1 + (np.diff(in_order) > 0).sum(-1)


def _recorded_count(record: xr.Dataset, batch_norm: bool, epoch: int, layer: int) -> int:
    return int(record.far.isel(seed=0).sel(batch_norm=batch_norm, epoch=epoch, layer=layer))


def _points(record: xr.Dataset) -> str:
    return f"a grid of {record.sizes['u']} × {record.sizes['v']} points"


def _classes(record: xr.Dataset, batch_norm: bool, epoch: int, layer: int) -> np.ndarray:
    where = {"batch_norm": batch_norm, "pictured": epoch, "layer": layer}
    return record.classes.isel(seed=0).sel(where).transpose("v", "u").values


def _mark_images(axes: Axes) -> None:
    axes.plot([0, 1, 0], [0, 0, 1], "o", color="red", markeredgecolor="white", markersize=5)


def describe_count_curves(record: xr.Dataset) -> str:
    """Alt text of ``count_curves``: changes over the epochs in the larger square."""
    ends = record.far.isel(epoch=[0, -1]).mean("seed")
    changes = 100 * (ends.isel(epoch=1) / ends.isel(epoch=0) - 1)
    listed = {
        kind: ", ".join(
            f"{change:+.0f} %" for change in changes.sel(batch_norm=kind).transpose("layer").values
        )
        for kind in (False, True)
    }
    return (
        "Cells of each layer over the epochs in two squares. In the larger one the layers change "
        f"from the first to the last epoch by {listed[False]} without batch normalisation and by "
        f"{listed[True]} with it."
    )


@described(
    alt=describe_count_curves,
    caption=lambda record: (
        "Figure 2.13 of the thesis, rebuilt from the record: cells of each layer over the epochs "
        f"in two squares around three images, on {_points(record)}; means over the seeds, bands of "
        "one standard deviation. The axes begin at zero: changes are small beside what is there."
    ),
)
def count_curves(record: xr.Dataset) -> Figure:
    """Figure 2.13: cells of each layer over the epochs, in two squares; bands of one deviation."""
    figure = Figure(figsize=(13, 6.4))
    grid = figure.subplots(2, LAYERS, sharex=True, sharey="row")
    squares = {"far": "cells in $[-5, 5]^2$", "unit": "cells in $[-1, 1]^2$"}
    for axes_of_row, (name, label) in zip(grid, squares.items(), strict=True):
        for axes, layer in zip(axes_of_row, record.layer.values, strict=True):
            for batch_norm, colour in ((False, BLUE), (True, ORANGE)):
                counts = record[name].sel(batch_norm=batch_norm, layer=layer)
                mean, deviation = counts.mean("seed").values, counts.std("seed", ddof=1).values
                axes.plot(record.epoch, mean, color=colour, label=KINDS[batch_norm])
                band(axes, record.epoch, mean, deviation, colour)
        axes_of_row[0].set_ylim(bottom=0)  # for the whole row, and only now that all is drawn
        axes_of_row[0].set_ylabel(label)
    for axes, layer in zip(grid[0], record.layer.values, strict=True):
        axes.set_title(f"layer {layer}")
    for axes in grid[1]:
        axes.set_xlabel("epoch")
    grid[0, 0].legend(loc="lower left")
    return figure


_digits = lru_cache(maxsize=2)(digits_training)


@lru_cache(maxsize=64)
def _views(epoch: int, layer: int, batch_norm: bool) -> tuple[CellRaster, CellRaster, CellComplex]:
    """The whole plane and a detail on grids, and the exact cells of the detail."""
    plane, reference, models = _digits(batch_norm)
    model, where = models[epoch].train(), {"slice": plane, "reference": reference}
    return (
        rasterize(model, layer - 1, FAR, POINTS, **where),
        rasterize(model, layer - 1, DETAIL, POINTS, **where),
        exact_cells(model, layer - 1, DETAIL, **where),
    )


def describe_training(epoch: int, layer: int, batch_norm: bool) -> str:
    """Alt text of ``draw_training``."""
    far, detail, exact = _views(epoch, layer, batch_norm)
    return (
        f"Layer {layer} after {epoch} epochs, {KINDS[batch_norm]}: {far.count} cells in "
        f"[-5, 5]^2 on {POINTS} by {POINTS} points; around the first image the grid sees "
        f"{detail.count} cells of {exact.distinct}."
    )


@described(
    alt=describe_training,
    caption="Cells of one layer of a network on scanned digits, on the plane through three of "
    "them (red): the plane on 64 × 64 points, a small square around the first image, and "
    "the same square exactly. Compare the last two counts: around an image the grid "
    "misses cells.",
)
def draw_training(epoch: int, layer: int, batch_norm: bool) -> Figure:
    """Digits: the plane as a grid sees it, a detail of it, and the exact cells of the detail."""
    far, detail, exact = _views(epoch, layer, batch_norm)
    figure = Figure(figsize=(3 * SIDE, SIDE + 0.4))
    left, middle, right = axes_row(figure, 3)
    show_cells(left, far)
    _mark_images(left)
    show_cells(middle, detail)
    colours = cell_colours(hash_patterns(torch.as_tensor(exact.patterns))) / 255
    right.add_collection(PolyCollection(exact.polygons, facecolors=colours, edgecolors="none"))
    right.set(xlim=DETAIL, ylim=DETAIL, aspect="equal")
    for axes in (middle, right):
        axes.set(xticks=[*DETAIL, 0], yticks=[*DETAIL, 0])
    for axes, title in (
        (left, f"layer {layer}, epoch {epoch}: {far.count} cells"),
        (middle, f"around the first image: {detail.count}"),
        (right, f"exactly: {exact.distinct}, in {exact.count} pieces"),
    ):
        axes.set(title=title, xlabel="u", ylabel="v")
    return figure
