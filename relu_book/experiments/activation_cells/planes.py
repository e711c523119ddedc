"""Cells of every layer on planes through three images (thesis 2.2.4, figures 2.12 and 2.13).

A plane is x0 + u (x1 - x0) + v (x2 - x0); its three images lie at (0, 0), (1, 0) and (0, 1). Cells
are counted on grids in three squares and in the corners of the largest:

    far [-5, 5]^2,    unit [-1, 1]^2,    near [-0.5, 1.5]^2,    corners: four squares of side 1

Densities (cells per area) are compared on grids of equal spacing, since a grid cannot show more
cells than it has points.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from relu_book.cells import Slice, rasterize
from relu_book.experiments.activation_cells.networks import counts_by_layer, grid

FAR, UNIT, NEAR = (-5.0, 5.0), (-1.0, 1.0), (-0.5, 1.5)
PICTURE_CLASSES = 64


def planes_through(images: Tensor, number: int) -> list[Slice]:
    """Planes through triples of images that a generator of seed 0 picks, no image twice."""
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    return [Slice.through(*images[triple]) for triple in order[: 3 * number].reshape(number, 3)]


def square_counts(
    model: nn.Module, plane: Slice, reference: Tensor | None, resolution: int
) -> dict[str, np.ndarray]:
    """Cells in the three squares on ``resolution`` by ``resolution`` points each, (layers,)."""
    return {
        name: counts_by_layer(model, plane.points(grid(window, resolution)), reference)
        for name, window in (("far", FAR), ("unit", UNIT), ("near", NEAR))
    }


def corner_points(resolution: int) -> Tensor:
    """Grid points of the four corner squares of ``far``, (4 resolution^2, 2)."""
    square = grid((-0.5, 0.5), resolution)
    signs = torch.tensor([(x, y) for x in (-1, 1) for y in (-1, 1)], dtype=square.dtype)
    return torch.cat([square + (FAR[1] - 0.5) * sign for sign in signs])


def densities(
    model: nn.Module, planes: Sequence[Slice], reference: Tensor | None, resolution: int
) -> dict[str, np.ndarray]:
    """Per plane: cells in ``far``, and cells per area in ``near`` and the corners.

    ``near`` and ``far`` have ``resolution`` points a side, the corners half as many, which is the
    spacing of ``near``.

    Returns:
        ``far_by_plane``, ``near_density`` and ``corner_density``, (planes, layers) each.
    """
    squares = {
        "far_by_plane": (grid(FAR, resolution), 1),
        "near_density": (grid(NEAR, resolution), 4),
        "corner_density": (corner_points(resolution // 2), 4),
    }
    return {
        name: np.array(
            [counts_by_layer(model, plane.points(points), reference) / area for plane in planes]
        )
        for name, (points, area) in squares.items()
    }


def picture(
    model: nn.Module, plane: Slice, reference: Tensor | None, resolution: int
) -> np.ndarray:
    """Figure 2.12: every grid point of ``far`` by a class of its pattern, (layers, v, u) uint8.

    A pattern belongs to one of 64 classes by its hash, so that a record can hold many pictures;
    two patterns share a class with probability 1/64.
    """
    layers = sum(isinstance(module, nn.ReLU) for module in model)
    rasters = [
        rasterize(model, layer, FAR, resolution, slice=plane, reference=reference)
        for layer in range(layers)
    ]
    return np.stack([pattern_classes(raster.hashes)[raster.labels] for raster in rasters])


def pattern_classes(hashes) -> np.ndarray:
    """One of 64 classes for each 64-bit hash of a pattern: the top bits of a product, uint8."""
    mixed = np.asarray(hashes).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return (mixed >> np.uint64(58)).astype(np.uint8)
