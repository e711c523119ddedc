"""Patterns, hashes, labels and convexity: the exact statements of thesis 2.2.1 to 2.2.3.

Each function measures what the rule of one claim in ``data/claims.yml`` asks for and returns it by
the rule's names. All of them together take about 15 s on two cores.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import chain, combinations, islice

import numpy as np
import torch
from torch import nn

from relu_book.cells import (
    CellRaster,
    arrangement_cells,
    exact_cells,
    midpoint_violations,
    rasterize,
    sign_vectors,
)
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
from relu_book.parallel import each
from relu_book.patterns import count, hash_patterns, pack, unpack, watch


def jacobians_within_cells(pairs: int, seed: int = 0) -> np.ndarray:
    """def-1.b: (pairs,) largest difference of the Jacobians at two points of one global cell."""
    model = mlp((2, 16, 16, 3), seed=seed, dtype=torch.float64)
    complex_ = exact_cells(model, -1, scope="global")
    rng = np.random.default_rng(seed)
    chosen = rng.choice(complex_.count, pairs)
    ends = [[_inside(complex_.polygons[i], rng) for i in chosen] for _ in range(2)]
    jacobians = [_jacobians(model, np.array(points)) for points in ends]
    return np.abs(jacobians[0] - jacobians[1]).max(axis=(1, 2))


def maps_within_layer_two_cells(seed: int) -> dict:
    """def-2.b: pairs in one cell of layer 2 with different maps; error of the layer's own map."""
    model = stack(16, 2, seed)
    complex_ = exact_cells(model, 1)
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
    raster = rasterize(model, 0)
    with torch.no_grad():
        signs = (model[0](grid()) > 0).numpy()
    labels = raster.labels.reshape(-1)
    of_labels = unpack(torch.as_tensor(raster.patterns), 64).numpy()
    twins = len(of_labels) - len(np.unique(of_labels, axis=0))
    return {
        "points_without_one_label": int(((labels < 0) | (labels >= len(of_labels))).sum()),
        "conflicts": int((of_labels[labels] != signs).any(1).sum()) + twins,
    }


def refinement(seeds: Iterable[int]) -> dict:
    """def-3.a: global cells that reach into two cells of layer 2; counts of both."""

    def counts(seed):
        model = stack(16, 2, seed)
        of_layer, of_network = rasterize(model, 1), rasterize(model, 1, scope="global")
        pairs = np.unique(of_network.labels * of_layer.count + of_layer.labels)
        owners = np.bincount(pairs // of_layer.count)
        return int((owners > 1).sum()), of_network.count, of_layer.count

    names = ("straddling_cells", "global_counts", "layer_counts")
    return dict(zip(names, np.transpose(each(counts, seeds)), strict=True))


def hash_collisions(seed: int) -> dict:
    """alg-1.c: patterns that share their hash, in five sets of patterns of 64, 512 and 16 bits."""
    rng = np.random.default_rng(seed)
    bounds = np.iinfo(np.int64)

    def random_words(words):
        return rng.integers(bounds.min, bounds.max, (1_000_000, words), endpoint=True)

    sets = {
        "random 64": (64, lambda: random_words(1)),
        "random 512": (512, lambda: random_words(8)),
        "few ones 64": (64, lambda: _few_ones(64, 100_000)),
        "few ones 512": (512, lambda: _few_ones(512, 100_000)),
        "all of 16": (16, lambda: np.arange(2**16)[:, None]),
    }

    def collisions(number):
        width, words = list(sets.values())[number]
        distinct = count(torch.from_numpy(words()), width).patterns
        hashes = hash_patterns(torch.as_tensor(distinct)).numpy()
        return width, len(distinct), len(distinct) - len(np.unique(hashes))

    names = ("widths", "patterns", "collisions")
    columns = np.transpose(each(collisions, range(len(sets)))).tolist()
    return dict(zip(names, columns, strict=True))


def _few_ones(width: int, patterns: int) -> np.ndarray:
    """The first patterns of a width in the order of their number of ones, as words."""
    subsets = chain.from_iterable(combinations(range(width), ones) for ones in range(width))
    chosen = list(islice(subsets, patterns))
    signs = np.zeros((patterns, width), dtype=bool)
    rows = np.repeat(np.arange(patterns), [len(subset) for subset in chosen])
    signs[rows, list(chain.from_iterable(chosen))] = True
    return np.packbits(signs, axis=1, bitorder="little").view(np.int64)


def nested_grids(width: int, seeds: Iterable[int]) -> dict:
    """fig-2.3.b: cells seen by three grids, each containing the one before, and all there are."""
    low, high = WINDOW
    spacing = (high - low) / 250
    # Shifted by fractions of a spacing, so that the points of a coarse grid stay in the finer ones.
    shifts = {250: 0.0, 500: spacing / 4, 1000: spacing * 3 / 8}
    window = (low, high + max(shifts.values()))

    def counts(seed):
        model = layer(width, seed)
        grids = [rasterize(model, 0, (low + s, high + s), n).count for n, s in shifts.items()]
        return [*grids, arrangement_cells(*first_layer(model), window)]

    names = [f"count_{resolution}" for resolution in shifts] + ["exact_count"]
    return dict(zip(names, np.transpose(each(counts, seeds)), strict=True))


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
    sites = watched.sites.values()
    totals = [
        count(pack(s.pre_activation, s.channel_dim, site=s.name), s.width).total for s in sites
    ]
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


def pattern_table(dimensions: Iterable[int], filters: Sequence[int], seed: int = 0) -> dict:
    """prop-1: exact number of patterns of D random filters on d inputs, one entry a case."""
    rng = np.random.default_rng(seed)
    cases = [(d, D) for d in dimensions for D in filters]
    layers = [(rng.normal(size=(D, d)), rng.normal(size=D)) for d, D in cases]
    return {
        "dimensions": np.array([d for d, _ in cases]),
        "filters": np.array([D for _, D in cases]),
        "patterns": np.array(each(lambda i: len(sign_vectors(*layers[i])), range(len(cases)))),
    }


def region_table(dimensions: Iterable[int], filters: Sequence[int], seed: int = 0) -> dict:
    """txt-2.2.2.3: exact number of regions of D random hyperplanes in d dimensions."""
    table = pattern_table(dimensions, filters, seed)
    return {
        "dimensions": table["dimensions"],
        "filters": table["filters"],
        "regions": table["patterns"],
    }


def first_layer_midpoints(width: int, seeds: Sequence[int]) -> dict:
    """prop-2.a: midpoints of two points of one cell of layer 1 that left it."""
    return _violations(lambda seed: rasterize(layer(width, seed), 0), seeds)


def midpoints_by_width(widths: Sequence[int], seed: int) -> dict:
    """fig-2.4.b: the same for several widths."""
    found = _violations(lambda width: rasterize(layer(width, seed), 0), widths)
    return {"filters": widths} | found


def global_midpoints(width: int, depths: Sequence[int], seed: int = 0) -> dict:
    """def-3.b: the same for the global cells of networks of several depths."""
    found = _violations(lambda n: rasterize(stack(width, n, seed), n - 1, scope="global"), depths)
    return found | {"depths": list(depths)}


def _violations(raster: Callable[[int], CellRaster], cases: Sequence[int]) -> dict:
    def violations(case):
        found = midpoint_violations(raster(case).labels, 100_000)
        return found.violations, found.tests

    counted = np.transpose(each(violations, cases))
    return dict(zip(("violations", "tests"), counted, strict=True))


def counts_against_bound(seeds: Sequence[int]) -> dict:
    """txt-2.2.2.1: patterns of a layer, and of two layers together, against 2^(sum of widths)."""
    widths = (2, 4, 8, 16)

    def counts(seed):
        found = []
        for width in widths:
            labels = labels_by_layer(stack(width, 2, seed), grid())
            found += [int(each.max()) + 1 for each in labels] + global_counts(labels)[1:]
        return found

    sums = [layers * width for width in widths for layers in (1, 1, 2)]
    return {
        "counts": np.ravel(each(counts, seeds)),
        "sum_of_widths": np.tile(sums, len(seeds)),
    }
