"""Deeper layers and planes through images (thesis 2.2.4, figures 2.9 to 2.12).

Each function measures one case of a claim in ``data/claims.yml`` and returns it by the names of the
claim's rule; ``relu_book.parallel.columns`` measures many. 25 seeds of ``shapes_by_depth`` or
``counts_by_depth`` take about 10 s on two cores at width 16, four times that at width 64.
"""

import numpy as np
import torch

from relu_book import cells, datasets
from relu_book.experiments.activation_cells.networks import (
    RESOLUTION,
    counts_by_layer,
    global_counts,
    grid,
    labels_by_layer,
    stack,
)
from relu_book.models import mlp

DEPTH = 8
LARGE = 50  # grid points: smaller cells have no measurable shape


def first_of_eight_layers(seed: int) -> dict:
    """fig-2.9.a: midpoints that leave their cell of layer 1, for both choices of the bias."""
    fixed, uniform = (
        cells.midpoint_violations(cells.rasterize(stack(16, DEPTH, seed, bias), 0).labels, 100_000)
        for bias in (1.0, "default")
    )
    return {
        "violations_fixed_bias": fixed.violations,
        "violations_uniform_bias": uniform.violations,
        "tests": min(fixed.tests, uniform.tests),
    }


def shapes_by_depth(seed: int, width: int = 16) -> dict:
    """Figure 2.9, all biases 1: how bent, how large and how nested the cells of each layer are."""
    model = stack(width, DEPTH, seed, bias=1.0)
    labels = [each.reshape(RESOLUTION, RESOLUTION) for each in labels_by_layer(model, grid())]
    largest = [np.bincount(each.ravel()).max() / each.size for each in labels]
    return {
        "nonconvex_cells": cells.midpoint_violations(labels[1], 100_000, LARGE).cells,
        "enclosed_components": cells.enclosed_components(labels[-1]),
        "largest_share_layer_8": largest[-1],
        "largest_share_layer_1": largest[0],
        "defect": [cells.convexity_defects(each, LARGE).mean() for each in labels],
    }


def counts_by_depth(seed: int, width: int = 16, batch_norm: bool = False) -> dict:
    """Figure 2.10: layer-wise and global counts, (layers,) each.

    Biases are the default ones. Batch normalisation takes its statistics from 1 000 standard normal
    points; its beta is 0.
    """
    model = stack(width, DEPTH, seed, batch_norm=batch_norm).train(batch_norm)
    labels = labels_by_layer(model, grid(), normal_points(seed) if batch_norm else None)
    return {"layer": [each.max() + 1 for each in labels], "global": global_counts(labels)}


def normal_points(seed: int) -> torch.Tensor:
    """1 000 standard normal points of the plane, the data of figure 2.10."""
    # Not the stream that the network of the same seed draws its weights from.
    generator = torch.Generator().manual_seed(1000 + seed)
    return torch.randn(1000, 2, dtype=torch.float64, generator=generator)


def digits_plane(seed: int) -> tuple[cells.Slice, torch.Tensor]:
    """A plane through three random digits of 8 by 8 pixels, and 600 digits as reference data."""
    images = datasets.load("digits", size=8).images.double().flatten(1)
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(images), generator=generator)
    return cells.Slice.through(*images[order[:3]]), images[order[3:603]]


def slice_corners(triples: int, seed: int) -> np.ndarray:
    """fig-2.11: largest deviation of each corner of the plane from its image, (3 triples,)."""
    images = datasets.load("digits", size=8).images.double()
    generator = torch.Generator().manual_seed(seed)
    corners = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]], dtype=torch.float64)
    chosen = [images[torch.randperm(len(images), generator=generator)[:3]] for _ in range(triples)]
    deviations = [cells.Slice.through(*three).points(corners) - three for three in chosen]
    return torch.cat(deviations).abs().amax(dim=(1, 2, 3)).numpy()


def density_at_initialisation(seed: int) -> dict:
    """fig-2.12.e: cells of each layer in [-1, 1]^2 of a plane through three digits, untrained.

    Five hidden layers on the 64 pixels of a digit: F1 at a quarter of its width.
    """
    plane, data = digits_plane(seed)
    points = plane.points(grid((-1.0, 1.0), 200))

    def counts(batch_norm: bool) -> np.ndarray:
        model = mlp((64, *5 * (128,), 10), batch_norm, seed=seed, dtype=torch.float64)
        return counts_by_layer(model.train(batch_norm), points, data)

    return {"counts_plain": counts(False), "counts_batch_norm": counts(True)}
