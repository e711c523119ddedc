"""Counts of regions: formula against enumeration, lines against polygons."""

import itertools

import numpy as np
import pytest
import torch

from relu_book.cells import arrangement_cells, region_count, sign_vectors


def signs_seen(weight, bias, points):
    return {tuple(row) for row in (points @ weight.T + bias > 0).tolist()}


@pytest.mark.parametrize(("filters", "inputs"), [(1, 1), (4, 1), (3, 2), (6, 2), (5, 3), (4, 4)])
def test_sign_vectors_follow_the_formula(filters, inputs):
    rng = np.random.default_rng(filters + 10 * inputs)
    found = sign_vectors(rng.normal(size=(filters, inputs)), rng.normal(size=filters))
    assert len(found) == region_count(filters, inputs)
    assert len({tuple(row) for row in found.tolist()}) == len(found)


@pytest.mark.parametrize("seed", range(4))
def test_sign_vectors_hold_whatever_random_points_show(seed):
    rng = np.random.default_rng(seed)
    weight, bias = rng.normal(size=(5, 2)), rng.normal(size=5)
    found = {tuple(row) for row in sign_vectors(weight, bias).tolist()}
    seen = signs_seen(weight, bias, rng.normal(scale=20, size=(200_000, 2)))
    assert seen <= found
    assert len(found) == region_count(5, 2)


def test_sign_vectors_without_bias():
    weight = np.random.default_rng(0).normal(size=(5, 3))
    assert len(sign_vectors(weight, np.zeros(5))) == 2 * region_count(4, 2)


def test_sign_vectors_of_parallel_lines():
    assert len(sign_vectors([[1, 0], [2, 0]], [0, 2])) == 3
    assert len(sign_vectors([[1, 0], [-2, 0]], [0, 0])) == 2  # one line, opposite filters


def brute_force(weight, bias, low, high, steps=1500):
    ticks = np.linspace(low, high, steps)
    points = np.stack(np.meshgrid(ticks, ticks), -1).reshape(-1, 2)
    return len(signs_seen(weight, bias, points))


@pytest.mark.parametrize("seed", range(5))
def test_cells_of_few_lines_are_all_seen_by_a_fine_grid(seed):
    rng = np.random.default_rng(seed)
    weight, bias = rng.normal(size=(5, 2)), rng.normal(size=5)
    assert arrangement_cells(weight, bias, (-2, 2)) == brute_force(weight, bias, -2, 2)


def test_a_wide_window_holds_all():
    rng = np.random.default_rng(1)
    weight, bias = rng.normal(size=(20, 2)), rng.normal(size=20)
    crossings = [
        np.linalg.solve(weight[[i, j]], -bias[[i, j]])
        for i, j in itertools.combinations(range(20), 2)
    ]
    reach = 1.1 * np.abs(crossings).max()
    assert arrangement_cells(weight, bias, (-reach, reach)) == region_count(20, 2)


def test_rectangles_parallels_and_zero_filters():
    assert arrangement_cells([[1, 0], [1, 0], [0, 1]], [0.5, -0.5, 0]) == 6
    assert arrangement_cells([[1, 0], [0, 0]], [0.5, 1]) == 2
    assert arrangement_cells([[1, 0], [0, 1]], [0, -3], ((-1, 1), (0, 2))) == 2
    assert arrangement_cells(np.empty((0, 2)), np.empty(0)) == 1


@pytest.mark.parametrize(
    ("weight", "bias", "said"),
    [
        ([[1, 0], [2, 0]], [1, 2], "same line"),
        ([[1, 0], [-3, 0]], [1, -3], "same line"),
        ([[1, 0], [0, 1], [1, 1]], [0, 0, 0], "one point"),
        ([[1, 0, 0]], [0], "shapes"),
        ([[1, 0]], [0, 1], "shapes"),
        ([[1, float("nan")]], [0], "weight must hold finite numbers"),
        ([[1, 0]], [float("inf")], "bias must hold finite numbers"),
        ("ab", [0], "weight must be .* real numbers, and this one is 'ab'"),
        ([[1], [1, 2]], [0, 0], "weight must be"),
        ([[1j, 0]], [0], "weight must be"),
    ],
)
def test_what_the_formula_does_not_cover_is_said(weight, bias, said):
    with pytest.raises(ValueError, match=said):
        arrangement_cells(weight, bias)


def test_bad_input_of_the_others():
    with pytest.raises(ValueError, match="filter 1 has none"):
        sign_vectors([[1, 0], [0, 0]], [0, 1])
    with pytest.raises(ValueError, match="bias must hold finite"):
        sign_vectors([[1, 0]], [float("nan")])


@pytest.mark.parametrize("bad", [-1, 2.5, True, "3", None])
def test_numbers_of_hyperplanes_and_dimensions_are_whole(bad):
    with pytest.raises(ValueError, match="hyperplanes must be a whole number of at least 0"):
        region_count(bad, 2)
    with pytest.raises(ValueError, match="dimensions must be a whole number of at least 0"):
        region_count(2, bad)
    assert region_count(np.int64(3), np.int8(2)) == 7


def test_lists_and_arrays_of_any_make_are_taken_in_float64():
    # In float32 the two lines would be the same.
    bias = [0.1, 0.1 + 1e-12]
    assert arrangement_cells([[1, 0], [1, 0]], bias) == 3
    weight = np.broadcast_to(np.array([1.0, 0.0]), (2, 2))  # cannot be written to
    assert arrangement_cells(weight, np.array(bias)[::-1]) == 3
    assert arrangement_cells(list(weight), bias) == 3


def test_parameters_of_a_layer_are_taken_as_they_are():
    layer = torch.nn.Linear(2, 5)
    expected = arrangement_cells(layer.weight.detach().numpy(), layer.bias.detach().numpy())
    assert arrangement_cells(layer.weight, layer.bias) == expected
