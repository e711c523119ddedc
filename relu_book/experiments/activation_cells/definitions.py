"""Patterns, hashes, labels and convexity: the exact statements of thesis 2.2.1 to 2.2.3.

Each function measures one case of a claim in ``data/claims.yml`` and returns it by the names of the
claim's rule; ``relu_book.parallel.columns`` measures many. All of the chapter's take about 15 s on
two cores.
"""

from itertools import chain, combinations, islice

import numpy as np
import torch
from scipy import optimize
from torch import nn

from relu_book import cells
from relu_book.experiments.activation_cells.networks import (
    WINDOW,
    first_layer,
    global_counts,
    grid,
    labels_by_layer,
    layer,
    stack,
)
from relu_book.models import mlp
from relu_book.patterns import count, hash_patterns, unpack, watch


def jacobians_within_cells(pairs: int, seed: int = 0) -> np.ndarray:
    """def-1.b: (pairs,) largest difference of the Jacobians at two points of one global cell."""
    model = mlp((2, 16, 16, 3), seed=seed, dtype=torch.float64)
    complex_ = cells.exact_cells(model, -1, scope="global")
    rng = np.random.default_rng(seed)
    chosen = rng.choice(complex_.count, pairs)
    ends = [[_inside(complex_.polygons[i], rng) for i in chosen] for _ in range(2)]
    jacobians = [_jacobians(model, np.array(points)) for points in ends]
    return np.abs(jacobians[0] - jacobians[1]).max(axis=(1, 2))


def maps_within_layer_two_cells(seed: int) -> dict:
    """def-2.b: pairs in one cell of layer 2 with different maps; error of the layer's own map."""
    model = stack(16, 2, seed)
    complex_ = cells.exact_cells(model, 1)
    rng = np.random.default_rng(seed)
    points = np.array([_inside(polygon, rng) for polygon in complex_.polygons])
    jacobians = _jacobians(model, points)
    # Pieces with equal patterns become neighbours in this order.
    order = np.lexsort(complex_.patterns.T)
    same_cell = (complex_.patterns[order[1:]] == complex_.patterns[order[:-1]]).all(1)
    differs = np.abs(jacobians[order[1:]] - jacobians[order[:-1]]).max(axis=(1, 2)) > 1e-6

    with torch.no_grad():
        hidden = model[:2](torch.from_numpy(points)).numpy()
        output = model(torch.from_numpy(points)).numpy()
    weight, bias = model[2].weight.detach().numpy(), model[2].bias.detach().numpy()
    masks = unpack(torch.from_numpy(complex_.patterns), 16).numpy()
    # The affine map of each cell: rows of inactive filters set to zero.
    mapped = np.einsum("nij,nj->ni", masks[:, :, None] * weight, hidden) + masks * bias
    return {
        "pairs_with_different_jacobians": int((same_cell & differs).sum()),
        "layer_map_deviation": np.abs(mapped - output).max(1),
    }


def _inside(polygon: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A random point inside a convex polygon."""
    return rng.dirichlet(np.ones(len(polygon))) @ polygon


def _jacobians(model: nn.Module, points: np.ndarray) -> np.ndarray:
    jacobian = torch.func.vmap(torch.func.jacrev(model))
    return jacobian(torch.from_numpy(points)).detach().numpy()


def labels_against_patterns(seed: int) -> dict:
    """def-2.a: every point one label, and the label's pattern is the point's own."""
    model = layer(64, seed)
    raster = cells.rasterize(model, 0)
    with torch.no_grad():
        signs = (model[0](grid()) > 0).numpy()
    labels = raster.labels.reshape(-1)
    of_labels = unpack(torch.as_tensor(raster.patterns), 64).numpy()
    twins = len(of_labels) - len(np.unique(of_labels, axis=0))
    return {
        "points_without_one_label": int(((labels < 0) | (labels >= len(of_labels))).sum()),
        "conflicts": int((of_labels[labels] != signs).any(1).sum()) + twins,
    }


def refinement(seed: int) -> dict:
    """def-3.a: global cells that reach into two cells of layer 2; counts of both."""
    model = stack(16, 2, seed)
    layer_raster, raster = cells.rasterize(model, 1), cells.rasterize(model, 1, scope="global")
    pairs = np.unique(raster.labels * layer_raster.count + layer_raster.labels)
    return {
        "straddling_cells": (np.bincount(pairs // layer_raster.count) > 1).sum(),
        "global_counts": raster.count,
        "layer_counts": layer_raster.count,
    }


# Sets of patterns by name: their width, and how their words are made.
PATTERN_SETS = {
    "random 64": (64, lambda: _random_words(1)),
    "random 512": (512, lambda: _random_words(8)),
    "few ones 64": (64, lambda: _few_ones(64, 100_000)),
    "few ones 512": (512, lambda: _few_ones(512, 100_000)),
    "all of 16": (16, lambda: np.arange(2**16)[:, None]),
}


def hash_collisions(name: str) -> dict:
    """alg-1.c: patterns of one of ``PATTERN_SETS`` that share their hash."""
    width, words = PATTERN_SETS[name]
    distinct = torch.as_tensor(count(torch.from_numpy(words()), width).patterns)
    collisions = len(distinct) - len(hash_patterns(distinct).unique())
    return {"widths": width, "patterns": len(distinct), "collisions": collisions}


def _random_words(words: int) -> np.ndarray:
    bounds = np.iinfo(np.int64)
    shape = (1_000_000, words)
    return np.random.default_rng(0).integers(bounds.min, bounds.max, shape, endpoint=True)


def _few_ones(width: int, patterns: int) -> np.ndarray:
    """The first patterns of a width in the order of their number of ones, as words."""
    subsets = chain.from_iterable(combinations(range(width), ones) for ones in range(width))
    chosen = list(islice(subsets, patterns))
    signs = np.zeros((patterns, width), dtype=bool)
    rows = np.repeat(np.arange(patterns), [len(subset) for subset in chosen])
    signs[rows, list(chain.from_iterable(chosen))] = True
    return np.packbits(signs, axis=1, bitorder="little").view(np.int64)


def nested_grids(seed: int, width: int = 64) -> dict:
    """fig-2.3.b: cells seen by three grids, each containing the one before, and all there are."""
    model, (low, high) = layer(width, seed), WINDOW
    spacing = (high - low) / 250
    # Shifted by fractions of a spacing, so that the points of a coarse grid stay in the finer ones.
    shifts = {250: 0.0, 500: spacing / 4, 1000: spacing * 3 / 8}
    found = {
        f"count_{resolution}": cells.rasterize(model, 0, (low + s, high + s), resolution).count
        for resolution, s in shifts.items()
    }
    window = (low, high + max(shifts.values()))
    return found | {"exact_count": cells.arrangement_cells(*first_layer(model), window)}


def evaluations_of_convolutions(seed: int = 0) -> dict:
    """txt-2.2.4.3: total of the counts of three convolutions, and images x height x width."""
    images, side = 5, 21
    convolutions = [(3, 1, 1), (3, 2, 0), (5, 2, 2)]  # kernel, stride, padding
    modules, positions, channels = [], [], 3
    for kernel, stride, padding in convolutions:
        modules += [nn.Conv2d(channels, 8, kernel, stride, padding), nn.ReLU()]
        side, channels = (side + 2 * padding - kernel) // stride + 1, 8
        positions.append(images * side * side)
    generator = torch.Generator().manual_seed(seed)
    model = nn.Sequential(*modules)
    with watch(model) as watched:
        model(torch.randn(images, 3, 21, 21, generator=generator))
    totals = [count(site.pack(), site.width).total for site in watched.sites.values()]
    return {"totals": totals, "positions": positions}


def three_filters(layers: int) -> np.ndarray:
    """txt-2.2.2.2: (layers,) exact number of patterns of three random filters in the plane."""

    rng = np.random.default_rng(0)
    weight, bias = rng.normal(size=(layers, 3, 2)), rng.normal(size=(layers, 3))
    seen = np.zeros((layers, 8), dtype=bool)
    # Each cell of three lines that are not parallel has a corner, in which two of them cross. There
    # the third filter has one sign; the other two take all four pairs of signs around it.
    for third in range(3):
        pair = [number for number in range(3) if number != third]
        corner = np.linalg.solve(weight[:, pair], -bias[:, pair, None])[..., 0]
        positive = (weight[:, third] * corner).sum(1) + bias[:, third] > 0
        for signs in range(4):
            code = (signs & 1) << pair[0] | (signs >> 1) << pair[1] | positive.astype(int) << third
            seen[np.arange(layers), code] = True
    return seen.sum(1)


def pattern_count(size: tuple[int, int]) -> dict:
    """prop-1: exact number of patterns of D random filters on d inputs, for (d, D)."""
    dimensions, filters = size
    found = cells.sign_vectors(*_random_filters(size))
    return {"dimensions": dimensions, "filters": filters, "patterns": len(found)}


def patterns_without_bias(size: tuple[int, int]) -> dict:
    """prop-1.b: patterns of the filters of ``pattern_count`` without biases, for (d, D).

    All hyperplanes meet in the origin. Next to any other point where some filters are zero lies an
    open region in which they are inactive as well, so only the origin, where all are inactive, can
    add a pattern. It does where the weights positively span the input space: some combination of
    all of them with positive factors is zero, which linear programming finds.
    """
    weight, bias = _random_filters(size)
    open_regions = {tuple(signs) for signs in cells.sign_vectors(weight, 0 * bias)}
    at_origin = (False,) * len(bias)
    factors = optimize.linprog(0 * bias, A_eq=weight.T, b_eq=np.zeros(size[0]), bounds=(1, None))
    return {
        "patterns_without_bias": len(open_regions | {at_origin}),
        "spanning": int(factors.success and np.linalg.matrix_rank(weight) == size[0]),
    }


def _random_filters(size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Weights and biases of D filters on d inputs, for (d, D)."""
    rng = np.random.default_rng(0)
    return rng.normal(size=size[::-1]), rng.normal(size=size[1])


def midpoints(network: tuple[int, int, int]) -> dict:
    """prop-2.a, fig-2.4.b, def-3.b: midpoints of two points of one global cell that left it.

    Args:
        network: Width, depth and seed; the global cells of one layer are its own.
    """
    raster = cells.rasterize(stack(*network), network[1] - 1, scope="global")
    found = cells.midpoint_violations(raster.labels, 100_000)
    return {"violations": found.violations, "tests": found.tests}


def counts_against_bound(seed: int) -> dict:
    """txt-2.2.2.1: patterns of a layer, and of two layers together, against 2^(sum of widths)."""
    found = {"counts": [], "sum_of_widths": []}
    for width in (2, 4, 8, 16):
        labels = labels_by_layer(stack(width, 2, seed), grid())
        found["counts"] += [*(each.max() + 1 for each in labels), global_counts(labels)[-1]]
        found["sum_of_widths"] += [width, width, 2 * width]
    return found
