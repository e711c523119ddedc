"""Pictures of deeper layers and of planes through images (thesis 2.2.4, figures 2.9 to 2.12)."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch
from matplotlib.figure import Figure

from relu_book.cells import CellRaster, rasterize
from relu_book.experiments.activation_cells.depth import DEPTH, digits_plane, normal_points
from relu_book.experiments.activation_cells.networks import WINDOW, stack
from relu_book.plots.activation_cells.panels import panels
from relu_book.plots.style import BLUE, ORANGE
from relu_book.plots.words import described


@lru_cache(maxsize=64)
def _deep_raster(layer: int, batch_norm: bool, seed: int) -> CellRaster:
    model = stack(16, DEPTH, seed, bias=1.0, batch_norm=batch_norm)
    if not batch_norm:
        return rasterize(model, layer - 1)
    return rasterize(model.train(), layer - 1, reference=normal_points(seed))


@described(
    alt=lambda layers, seed: (
        f"Cells at layers {', '.join(map(str, layers))} of eight: first straight convex polygons, "
        "then bent cells, deep down a few large ones with ragged borders."
    ),
    caption="Figure 2.9 of the thesis, rebuilt: cells of single layers of a network of eight "
    "layers with 16 filters each, all biases 1, in the window [-5, 5]². Those of layer 1 "
    "are convex; deeper ones bend, merge and may hold others inside them.",
)
def depth_panels(layers: Sequence[int], seed: int) -> Figure:
    """Figure 2.9."""
    rasters = [_deep_raster(n, False, seed) for n in layers]
    titles = [f"layer {n}: {r.count} cells" for n, r in zip(layers, rasters, strict=True)]
    return panels(rasters, titles)


def describe_depth(layer: int, batch_norm: bool, seed: int = 2) -> str:
    kind = "with" if batch_norm else "without"
    count = _deep_raster(layer, batch_norm, seed).count
    return f"Cells of layer {layer} of 8, {kind} batch normalisation, seed {seed}: {count}."


@described(
    alt=describe_depth,
    caption="Cells of one layer of eight, 16 filters each, all biases 1, in the window [-5, 5]², "
    "as a grid of 500 × 500 points sees them; the statistics of batch normalisation come from "
    "1,000 standard normal points. Without it the counts tend to fall with depth, with it to rise.",
)
def draw_depth(layer: int, batch_norm: bool, seed: int = 2) -> Figure:
    """One layer of eight, with or without batch normalisation."""
    raster = _deep_raster(layer, batch_norm, seed)
    return panels([raster], [f"layer {layer} of 8: {raster.count} cells"])


@described(
    alt="Box plots of the number of cells at layers 1 to 8 over 25 seeds. Layer-wise counts "
    "fall with depth without batch normalisation and rise with it; global counts rise.",
    caption="Number of cells in the window [-5, 5]² by layer, on a logarithmic axis, over the "
    "seeds: boxes from the first to the third quartile with the median, whiskers up to "
    "one and a half times their height. The blue boxes fall without batch normalisation "
    "and rise with it; global patterns can only become more.",
)
def depth_boxes(plain: dict, normalised: dict) -> Figure:
    """Figure 2.10: counts by layer over seeds, layer-wise and global."""
    figure = Figure(figsize=(9.6, 4.6))
    both = figure.subplots(1, 2, sharey=True)
    for axes, counts, title in zip(
        both, (plain, normalised), ("no batch norm", "batch norm"), strict=True
    ):
        for name, colour, shift in [("layer", BLUE, -0.2), ("global", ORANGE, 0.2)]:
            positions = np.arange(1, counts[name].shape[1] + 1) + shift
            boxes = axes.boxplot(
                counts[name],
                positions=positions,
                widths=0.34,
                patch_artist=True,
                flierprops={"markersize": 3},
                medianprops={"color": "black"},
                label=f"{name} patterns" if name == "global" else "patterns of the layer",
            )
            for box in boxes["boxes"]:
                box.set(facecolor=colour, alpha=0.6)
        axes.set_xticks(range(1, 9), range(1, 9))
        axes.set(title=title, xlabel="layer", ylabel="cells in $[-5, 5]^2$", yscale="log")
    both[0].legend(loc="upper left")
    return figure


@described(
    alt="Three scanned digits and their places in the plane that they span: the first at the "
    "origin, the second at (1, 0), the third at (0, 1).",
    caption="Figure 2.11 of the thesis, rebuilt: three images, and their places in the plane "
    "that they span. Every other point of the plane is a mixture of the three.",
)
def slice_of_digits(seed: int) -> Figure:
    """Figure 2.11: three images and their places in the plane that they span."""
    plane = digits_plane(seed)
    corners = [(0, 0), (1, 0), (0, 1)]
    images = plane.points(torch.tensor(corners, dtype=torch.float64)).reshape(3, 8, 8)
    figure = Figure(figsize=(4 * 3, 3.2))
    *left, right = figure.subplots(1, 4)
    for axes, image, (u, v) in zip(left, images.numpy(), corners, strict=True):
        axes.imshow(image, cmap="gray_r")
        axes.set(title=f"at ({u}, {v})", xticks=[], yticks=[])
    right.plot(*zip(*corners, strict=True), "o", color="red", markersize=7)
    right.set(title="in the plane", xlabel="u", ylabel="v", xlim=WINDOW, ylim=WINDOW)
    right.set_aspect("equal")
    return figure
