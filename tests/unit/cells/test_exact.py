"""Exact pieces against their slow twin, formulas, sampled points and other geometry."""

import sys
from itertools import pairwise
from math import comb

import numpy as np
import pytest
import torch
from scipy.spatial import ConvexHull
from torch import nn

from relu_book.cells import Slice, arrangement_cells, exact_cells, polygons, rasterize
from relu_book.cells.pieces import Pieces
from relu_book.cells.splitting import PlainMesh, new_mesh, spread_order
from relu_book.cells.splitting_compiled import CompiledMesh


def network(*widths, seed=0, bias=None, dtype=torch.float64):
    """ReLU layers with He initialisation; biases uniform, or one constant."""
    generator = torch.Generator().manual_seed(seed)
    layers = []
    for fan_in, fan_out in pairwise(widths):
        linear = nn.Linear(fan_in, fan_out, dtype=dtype)
        with torch.no_grad():
            linear.weight.normal_(0, (2 / fan_in) ** 0.5, generator=generator)
            linear.bias.uniform_(-1, 1, generator=generator).mul_(fan_in**-0.5)
            if bias is not None:
                linear.bias.fill_(bias)
        layers += [linear, nn.ReLU()]
    return nn.Sequential(*layers)


def one_layer(weight, bias):
    linear = nn.Linear(2, len(weight), dtype=torch.float64)
    with torch.no_grad():
        linear.weight.copy_(torch.as_tensor(weight))
        linear.bias.copy_(torch.as_tensor(bias))
    return nn.Sequential(linear, nn.ReLU())


def with_layers_changed(model, change):
    with torch.no_grad():
        change(model)
    return model


def double_filters(factor):
    def change(model):
        half = model[0].out_features // 2
        model[0].weight[half:] = factor * model[0].weight[:half]
        model[0].bias[half:] = factor * model[0].bias[:half]

    return change


def no_weights(model):
    model[0].weight[:4] = 0
    model[0].bias[2] = 0


def identity_layer(model):
    model[2].weight.copy_(torch.eye(len(model[2].weight)))
    model[2].bias.zero_()


def dead_layer(model):
    model[2].weight.abs_().neg_()
    model[2].bias.fill_(-1)


def one_meeting_point(model):
    model[0].bias.copy_(-(model[0].weight @ torch.tensor([1.3, 0.7], dtype=torch.float64)))


NETWORKS = {
    "narrow": lambda seed: network(2, 1, 1, 1, seed=seed),
    "one layer": lambda seed: network(2, 40, seed=seed),
    "four layers": lambda seed: network(2, 12, 12, 12, 12, seed=seed),
    "constant bias": lambda seed: network(2, 12, 12, 12, seed=seed, bias=1.0),
    "no bias": lambda seed: network(2, 16, 8, 8, seed=seed, bias=0.0),
    "64 units": lambda seed: network(2, 64, seed=seed),
    "65 units": lambda seed: network(2, 3, 65, seed=seed),
    "130 units": lambda seed: network(2, 4, 130, 4, seed=seed),
    "equal filters": lambda seed: with_layers_changed(
        network(2, 20, 8, seed=seed), double_filters(1)
    ),
    "scaled filters": lambda seed: with_layers_changed(
        network(2, 20, 8, seed=seed), double_filters(3)
    ),
    "opposite filters": lambda seed: with_layers_changed(
        network(2, 20, 8, seed=seed), double_filters(-0.7)
    ),
    "filters of zeros": lambda seed: with_layers_changed(network(2, 12, 6, seed=seed), no_weights),
    "identity layer": lambda seed: with_layers_changed(
        network(2, 12, 12, 4, seed=seed), identity_layer
    ),
    "dead layer": lambda seed: with_layers_changed(network(2, 8, 8, 8, seed=seed), dead_layer),
    "one meeting point": lambda seed: with_layers_changed(
        network(2, 24, 6, seed=seed), one_meeting_point
    ),
    "relu of the input": lambda seed: nn.Sequential(nn.ReLU(), *network(2, 9, seed=seed)),
    "float32": lambda seed: network(2, 10, 10, seed=seed, dtype=torch.float32),
}


def by_pattern(cells):
    """Patterns with the sum of their areas."""
    total = {}
    for row, area in zip(cells.patterns.tolist(), cells.areas.tolist(), strict=True):
        total[tuple(row)] = total.get(tuple(row), 0.0) + area
    return total


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("name", NETWORKS)
def test_pieces_fill_the_window_and_hold_every_sampled_pattern(name, seed):
    model = NETWORKS[name](seed)
    model.double()
    cells = exact_cells(model, -1, scope="global")
    assert cells.areas.sum() == pytest.approx(100, abs=1e-9)
    assert (cells.areas > 0).all()
    assert cells.count == cells.distinct  # a global pattern has one convex piece
    # An even grid has no point on the lines of the degenerate networks.
    raster = rasterize(model, -1, resolution=200, scope="global")
    number = {tuple(row): number for number, row in enumerate(cells.patterns.tolist())}
    for row, area in zip(raster.patterns.tolist(), raster.areas.tolist(), strict=True):
        assert tuple(row) in number
        # A convex piece differs from the squares of its grid points along its border only.
        polygon = cells.polygons[number[tuple(row)]]
        border = np.linalg.norm(np.roll(polygon, -1, axis=0) - polygon, axis=1).sum()
        assert abs(area - cells.areas[number[tuple(row)]]) <= 0.05 * border + 0.05**2


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("scope", ["layer", "global"])
@pytest.mark.parametrize("name", NETWORKS)
def test_compiled_splitting_equals_the_plain_one(name, scope, seed, monkeypatch):
    model = NETWORKS[name](seed)
    fast = exact_cells(model, -1, scope=scope)
    monkeypatch.setattr(polygons, "new_mesh", PlainMesh)
    slow = exact_cells(model, -1, scope=scope)
    assert isinstance(new_mesh([(0, 0)]), CompiledMesh)
    assert (fast.count, fast.distinct) == (slow.count, slow.distinct)
    assert len(fast.neighbours) == len(slow.neighbours)
    fast, slow = by_pattern(fast), by_pattern(slow)
    assert fast.keys() == slow.keys()
    assert all(fast[key] == pytest.approx(slow[key], abs=1e-9) for key in fast)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("filters", [1, 2, 5, 30])
def test_one_layer_follows_the_formula_in_a_window_that_holds_all_crossings(filters, seed):
    model = network(2, filters, seed=seed)
    cells = exact_cells(model, 0, (-1e4, 1e4))
    assert (cells.thin, cells.coincident) == (0, 0)
    assert cells.count == cells.distinct == 1 + filters + comb(filters, 2)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("window", [(-5, 5), ((-1, 30), (2, 2.5)), (0.3, 0.30001)])
def test_one_layer_equals_the_count_of_lines_and_crossings(window, seed):
    model = network(2, 60, seed=seed)
    weight, bias = (part.detach().numpy() for part in (model[0].weight, model[0].bias))
    assert exact_cells(model, 0, window).count == arrangement_cells(weight, bias, window)


@pytest.mark.parametrize("seed", range(30))
def test_lines_through_one_point_make_twice_as_many_sectors(seed):
    assert exact_cells(network(2, 128, seed=seed, bias=0.0), 0).count == 256


def test_parallel_and_meeting_lines_counted_by_hand():
    lines = [[1, 0], [1, 0], [0, 1], [0, 1], [1, 1], [1, -1]]
    # A grid of 2 x 2 lines through +-1, and both diagonals through its corners.
    cells = exact_cells(one_layer(lines, [1, -1, 1, -1, 0, 0]), 0)
    # V = 5 crossings, 16 ends, 4 corners; regions = edges - vertices + 1.
    assert cells.count == 16
    assert cells.coincident > 0
    assert cells.thin == 0
    assert sorted(np.round(cells.areas, 9))[:4] == [1.0] * 4


def test_pieces_are_convex_counter_clockwise_and_keep_their_pattern():
    model = network(2, 10, 10, 10, seed=3)
    cells = exact_cells(model, -1, scope="global")
    for polygon, area in zip(cells.polygons, cells.areas, strict=True):
        edges = np.roll(polygon, -1, axis=0) - polygon
        following = np.roll(edges, -1, axis=0)
        turn = edges[:, 0] * following[:, 1] - edges[:, 1] * following[:, 0]
        size = np.abs(edges).max() ** 2
        assert (turn >= -1e-9 * size).all()
        assert ConvexHull(polygon).volume == pytest.approx(area, rel=1e-6, abs=1e-14)
    middles = torch.tensor(np.array([polygon.mean(0) for polygon in cells.polygons]))
    words = []
    for layer in model:
        if isinstance(layer, nn.ReLU):
            bits = (middles > 0).long()
            words.append((bits << torch.arange(bits.shape[1])).sum(1))
        middles = layer(middles)
    assert np.array_equal(torch.stack(words, 1).numpy(), cells.patterns)


def touching(polygon, other):
    """Length of the common border of two convex polygons, edge pair by edge pair."""
    length = 0.0
    for a, b in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        along = (b - a) / np.linalg.norm(b - a)
        for c, d in zip(other, np.roll(other, -1, axis=0), strict=True):
            off = np.abs([along[0] * (p - a)[1] - along[1] * (p - a)[0] for p in (c, d)]).max()
            if off < 1e-9:
                ends = sorted([(c - a) @ along, (d - a) @ along])
                length += max(0.0, min(ends[1], np.linalg.norm(b - a)) - max(ends[0], 0.0))
    return length


@pytest.mark.parametrize(
    "model", [network(2, 6, 5), network(2, 5, bias=0.0), network(2, 4, 4, 4, seed=2)]
)
def test_neighbours_are_the_pieces_with_a_common_edge(model):
    cells = exact_cells(model, -1)
    expected = [
        [i, j]
        for i in range(cells.count)
        for j in range(i + 1, cells.count)
        if touching(cells.polygons[i], cells.polygons[j]) > 1e-7
    ]
    assert cells.neighbours.tolist() == expected


@pytest.mark.parametrize("name", NETWORKS)
def test_every_inner_edge_has_two_pieces(name):
    cells = exact_cells(NETWORKS[name](5), -1)
    edges = {}
    for number, polygon in enumerate(cells.polygons):
        for a, b in zip(polygon.tolist(), np.roll(polygon, -1, axis=0).tolist(), strict=True):
            edges.setdefault(frozenset([tuple(a), tuple(b)]), []).append(number)
    for edge, owners in edges.items():
        (x0, y0), (x1, y1) = edge
        border = (x0 == x1 and abs(x0) == 5) or (y0 == y1 and abs(y0) == 5)
        assert len(owners) == (1 if border else 2)
    border_pieces = {owners[0] for owners in edges.values() if len(owners) == 1}
    assert set(np.flatnonzero(cells.at_border).tolist()) == border_pieces


def counterexample():
    """The network of proposition 2: active where max(0, x + 1) + max(0, y + 1) < 1."""
    model = network(2, 2, 1)
    with torch.no_grad():
        model[0].weight.copy_(torch.eye(2))
        model[0].bias.fill_(1)
        model[2].weight.fill_(-1)
        model[2].bias.fill_(1)
    return model


def test_the_counterexample_of_proposition_2():
    cells = exact_cells(counterexample(), 1)
    assert cells.distinct == 2
    assert not cells.is_convex(0)
    assert cells.is_convex(1)
    assert len(cells.components(0)) == len(cells.components([1])) == 1
    # Where all is active: the square below (-1, -1), two strips of width 1, a triangle.
    assert by_pattern(cells)[(1,)] == pytest.approx(4 * 4 + 2 * 4 * 1 + 0.5)


def test_one_cell_around_another():
    # |x| + |y| from four units; above 1 and below 3 around a diamond.
    model = network(2, 4, 2)
    with torch.no_grad():
        model[0].weight.copy_(torch.tensor([[1.0, 0], [-1, 0], [0, 1], [0, -1]]))
        model[0].bias.zero_()
        model[2].weight.copy_(torch.tensor([[1.0] * 4, [-1.0] * 4]))
        model[2].bias.copy_(torch.tensor([-1.0, 3]))
    cells = exact_cells(model, 1)
    inside, ring, outside = 2, 3, 1
    assert [cells.is_convex(pattern) for pattern in (inside, ring, outside)] == [True, False, False]
    assert len(cells.components(outside)) == 1  # a frame around the diamond of radius 3
    pairs = {
        (int(cells.patterns[inner[0], 0]), int(cells.patterns[outer[0], 0]))
        for inner, outer in cells.enclosed()
    }
    assert pairs == {(inside, ring), (ring, outside)}
    total = by_pattern(cells)
    assert total[(inside,)] == pytest.approx(2)
    assert total[(ring,)] == pytest.approx(16)


def test_components_and_labels_agree_with_the_raster():
    model = network(2, 8, 8, 8, seed=1)
    cells = exact_cells(model, -1)
    assert np.array_equal(cells.distinct_patterns[cells.labels], cells.patterns)
    seen = np.concatenate([np.concatenate(cells.components(p)) for p in cells.distinct_patterns])
    assert sorted(seen.tolist()) == list(range(cells.count))
    raster = rasterize(model, -1, resolution=100)
    known = {tuple(row): code for row, code in zip(cells.patterns, cells.hashes, strict=True)}
    for row, code in zip(raster.patterns, raster.hashes, strict=True):
        assert known[tuple(row)] == code


def test_convexity_of_unions_against_hulls():
    model = network(2, 8, 8, seed=4)
    cells = exact_cells(model, -1)
    verdicts = set()
    for pattern in cells.distinct_patterns:
        members = np.flatnonzero((cells.patterns == pattern).all(1))
        hull = ConvexHull(np.concatenate([cells.polygons[piece] for piece in members])).volume
        convex = hull - cells.areas[members].sum() < 1e-9
        assert cells.is_convex(pattern) == convex
        verdicts.add(convex)
    assert verdicts == {True, False}


def test_unknown_patterns_are_refused():
    cells = exact_cells(counterexample(), 1)
    with pytest.raises(ValueError, match="No piece in the window has the pattern"):
        cells.components(2)
    with pytest.raises(ValueError, match="row of 1 whole-number words"):
        cells.is_convex([0, 0])
    with pytest.raises(ValueError, match="whole-number"):
        cells.is_convex(0.0)
    assert cells.is_convex(torch.tensor([1]))
    assert cells.is_convex(np.array([1], dtype=np.uint64))


def test_thin_pieces_are_left_out_and_counted():
    def strip(width):
        return exact_cells(one_layer([[1, 0], [1, 0], [0, 1]], [0, width, -0.3]), 0)

    assert (strip(1e-9).count, strip(1e-9).thin) == (6, 0)
    assert (strip(1e-12).count, strip(1e-12).thin) == (4, 2)
    assert (strip(0).count, strip(0).thin) == (4, 0)
    assert "2 more left out" in repr(strip(1e-12))
    assert strip(1e-12).tolerance == pytest.approx(5 * 2**-40)


def test_a_small_window_sees_what_a_large_one_leaves_out():
    near = one_layer([[1, 0], [1, 0], [0, 1]], [0, 1e-12, -0.3])
    assert exact_cells(near, 0, ((-1e-11, 1e-11), (0.2, 0.4))).count == 6


@pytest.mark.parametrize("bias", [1e-3, 1e-6, 1e-9])
def test_small_constant_biases_keep_all_cells(bias):
    cells = exact_cells(network(2, 24, bias=bias, seed=2), 0, (-0.2, 0.2))
    expected = exact_cells(network(2, 24, bias=1.0, seed=2), 0, (-0.2 / bias, 0.2 / bias))
    assert cells.count + cells.thin >= expected.count
    assert cells.count == expected.count or cells.thin > 0


def test_a_slice_equals_the_network_behind_it():
    generator = torch.Generator().manual_seed(0)
    corners = torch.randn(3, 1, 4, 5, generator=generator, dtype=torch.float64)
    plane = Slice.through(*corners)
    model = nn.Sequential(nn.Flatten(), *network(20, 12, 6))
    cells = exact_cells(model, -1, (-2, 3), slice=plane, scope="global")
    directions = torch.stack([corners[1] - corners[0], corners[2] - corners[0]]).reshape(2, 20)
    flat = network(2, 12, 6)
    with torch.no_grad():
        flat[0].weight.copy_(model[1].weight @ directions.T)
        flat[0].bias.copy_(model[1].weight @ corners[0].flatten() + model[1].bias)
        flat[2].weight.copy_(model[3].weight)
        flat[2].bias.copy_(model[3].bias)
    expected = by_pattern(exact_cells(flat, -1, (-2, 3), scope="global"))
    found = by_pattern(cells)
    assert found.keys() == expected.keys()
    assert all(found[key] == pytest.approx(expected[key], abs=1e-9) for key in found)
    raster = rasterize(model, -1, (-2, 3), 80, slice=plane, scope="global")
    assert {tuple(row) for row in raster.patterns.tolist()} <= found.keys()


def test_scopes_share_their_pieces():
    model = network(2, 7, 70, 5, seed=6)
    layer, whole = exact_cells(model, 2), exact_cells(model, 2, scope="global")
    assert (layer.width, whole.width) == (5, 82)
    assert whole.patterns.shape == (whole.count, 1 + 2 + 1)
    assert np.array_equal(whole.patterns[:, 3:], layer.patterns)
    assert np.array_equal(whole.areas, layer.areas)


def test_more_pieces_than_allowed_are_refused():
    with pytest.raises(ValueError, match="more than max_pieces = 50 pieces at site '1'"):
        exact_cells(network(2, 20), 0, max_pieces=50)
    assert exact_cells(network(2, 3), 0, (-1e5, 1e5), max_pieces=7).count == 7
    assert exact_cells(network(2, 3), 0, (-1e5, 1e5), max_pieces=np.int64(7)).count == 7


@pytest.mark.parametrize("limit", [-1, 0, 2.5, True, "7", None, float("inf")])
def test_what_is_no_limit_is_named(limit):
    said = f"max_pieces must be a whole number of at least 1, and this one is {limit!r}"
    with pytest.raises(ValueError, match=said):
        exact_cells(network(2, 3), 0, max_pieces=limit)


def test_a_layer_behind_one_without_filters_has_one_piece():
    with pytest.warns(UserWarning, match="zero-element"):
        model = nn.Sequential(nn.Linear(2, 0), nn.ReLU(), nn.Linear(0, 3), nn.ReLU()).double()
    assert exact_cells(model, 1).count == rasterize(model, 1, resolution=5).count == 1


def test_a_hundred_thousand_pieces():
    model = network(2, 512)
    cells = exact_cells(model, 0)
    weight, bias = (part.detach().numpy() for part in (model[0].weight, model[0].bias))
    assert cells.count == cells.distinct == arrangement_cells(weight, bias)
    assert cells.count > 100_000
    assert cells.areas.sum() == pytest.approx(100, abs=1e-9)
    # L lines with C crossings have L + 2 C inner edges between 1 + L + C pieces.
    assert len(cells.neighbours) == 2 * (cells.count - 1) - hits(weight, bias)


def hits(weight, bias):
    """Lines that cross the window."""
    return int((5 * np.abs(weight).sum(1) > np.abs(bias)).sum())


def test_without_numba_the_plain_version_works(monkeypatch):
    monkeypatch.setitem(sys.modules, "relu_book.cells.splitting_compiled", None)
    assert isinstance(new_mesh([(0, 0)]), PlainMesh)
    assert exact_cells(network(2, 6), 0, (-1e4, 1e4)).count == 22


def test_spread_order_is_a_permutation():
    for units in (1, 2, 3, 7, 8, 9, 100):
        slopes = np.random.default_rng(units).normal(size=(2, units))
        assert sorted(spread_order(slopes).tolist()) == list(range(units))


@pytest.mark.parametrize("mesh", [PlainMesh, CompiledMesh])
def test_no_units_and_no_pieces(mesh):
    square = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
    whole = Pieces(np.array([0, 4]), np.arange(4))
    affine = np.empty((1, 3, 0))
    split = mesh(square).split(whole, affine, np.empty(0), np.arange(0), 0, 10)
    assert (len(split.pieces), split.words.shape) == (1, (1, 0))
    none = Pieces(np.array([0]), np.arange(0))
    split = mesh(square).split(none, np.empty((0, 3, 2)), np.zeros(2), np.arange(2), 0, 10)
    assert (len(split.pieces), split.words.shape) == (0, (0, 1))
