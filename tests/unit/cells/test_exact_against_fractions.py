"""Networks of small whole numbers, full of equal, parallel and meeting lines, against fractions.

The twin cuts polygons with corners in the rational numbers, where nothing is rounded and no
tolerance is needed: a line cuts a piece if it has corners strictly on both sides.
"""

import sys
from fractions import Fraction
from itertools import pairwise

import pytest
import torch
from torch import nn

from relu_book.cells import exact_cells


def lattice_network(seed: int, slope: float) -> nn.Sequential:
    """One to three layers of 1 to 5 filters, with weights and biases from -2 to 2."""
    generator = torch.Generator().manual_seed(seed)

    def draw(low, high, *shape):
        return torch.randint(low, high + 1, shape, generator=generator)

    widths = [2, *draw(1, 5, int(draw(1, 3, 1))).tolist()]
    model = nn.Sequential()
    for inputs, filters in pairwise(widths):
        linear = nn.Linear(inputs, filters).double()
        with torch.no_grad():
            linear.weight.copy_(draw(-2, 2, filters, inputs))
            linear.bias.copy_(draw(-2, 2, filters))
        model += nn.Sequential(linear, nn.LeakyReLU(slope) if slope else nn.ReLU())
    return model


def exact_pieces(model: nn.Sequential, slope: Fraction, reach: int) -> list[tuple]:
    """The pieces as (signs of all layers, area): polygons cut layer by layer, filter by filter."""
    square = [(-reach, -reach), (reach, -reach), (reach, reach), (-reach, reach)]
    polygon = [(Fraction(x), Fraction(y)) for x, y in square]
    # Each piece with the affine maps (a, b, c) of the present values on it.
    pieces = [(polygon, (), [(1, 0, 0), (0, 1, 0)])]
    for linear in model[::2]:
        weight, bias = linear.weight.int().tolist(), linear.bias.int().tolist()
        following = []
        for polygon, signs, values in pieces:
            maps = []
            for row, constant in zip(weight, bias, strict=True):
                terms = zip(row, values, strict=True)
                sums = [[w * part for part in value] for w, value in terms]
                a, b, c = (sum(column) for column in zip(*sums, strict=True))
                maps.append((a, b, c + constant))
            for part, pattern in cut(polygon, maps):
                factors = [1 if active else slope for active in pattern]
                scaled = [tuple(f * x for x in m) for f, m in zip(factors, maps, strict=True)]
                following.append((part, signs + pattern, scaled))
        pieces = following
    return [(signs, area(polygon)) for polygon, signs, _ in pieces]


def cut(polygon: list, maps: list) -> list[tuple]:
    """The parts of a polygon on which every map has one sign, with those signs."""
    parts = [(polygon, ())]
    for a, b, c in maps:
        following = []
        for part, pattern in parts:
            heights = [a * x + b * y + c for x, y in part]
            if max(heights) > 0 > min(heights):
                following.append((side(part, heights, 1), (*pattern, True)))
                following.append((side(part, heights, -1), (*pattern, False)))
            else:
                following.append((part, (*pattern, max(heights) > 0)))
        parts = following
    return parts


def side(polygon: list, heights: list, sign: int) -> list:
    corners = []
    for i, (p, h) in enumerate(zip(polygon, heights, strict=True)):
        q, k = polygon[i - 1], heights[i - 1]
        if h * k < 0:
            share = k / (k - h)
            corners.append(tuple(v + share * (u - v) for u, v in zip(p, q, strict=True)))
        if sign * h >= 0:
            corners.append(p)
    return corners


def area(polygon: list) -> Fraction:
    pairs = zip(polygon[-1:] + polygon[:-1], polygon, strict=True)
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairs) / 2


@pytest.mark.parametrize("slope", [0.0, 0.5])
@pytest.mark.parametrize("compiled", [True, False])
def test_lattice_networks_have_the_pieces_that_fractions_find(compiled, slope, monkeypatch):
    if not compiled:
        monkeypatch.setitem(sys.modules, "relu_book.cells.splitting_compiled", None)
    degenerate = 0
    for seed in range(60):
        model = lattice_network(seed, slope)
        cells = exact_cells(model, -1, (-3, 3), scope="global")
        expected = exact_pieces(model, Fraction(slope), 3)
        assert cells.thin == 0
        found = list(zip(unpacked(model, cells.patterns), cells.areas, strict=True))
        assert sorted(signs for signs, _ in found) == sorted(signs for signs, _ in expected), seed
        areas = sorted((signs, float(size)) for signs, size in expected)
        for (_, size), (_, exact) in zip(sorted(found), areas, strict=True):
            assert size == pytest.approx(exact, rel=1e-9, abs=1e-9), seed
        degenerate += cells.coincident > 0
    assert degenerate > 20  # what the seeds are meant to be full of


def unpacked(model: nn.Sequential, patterns) -> list[tuple]:
    """The signs in rows of words, one word a layer."""
    widths = [linear.out_features for linear in model[::2]]
    return [
        tuple(
            bool(int(word) >> bit & 1)
            for word, width in zip(row, widths, strict=True)
            for bit in range(width)
        )
        for row in patterns
    ]
