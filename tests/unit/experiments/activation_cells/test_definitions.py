"""Exact statements on patterns and cells, against slow twins and known answers."""

import numpy as np
import pytest

from relu_book.cells import midpoint_violations, rasterize, region_count, sign_vectors
from relu_book.experiments.activation_cells import definitions
from relu_book.experiments.activation_cells.definitions import (
    counts_against_bound,
    hash_collisions,
    midpoints,
    nested_grids,
    pattern_count,
    patterns_without_bias,
    three_filters,
)
from relu_book.experiments.activation_cells.networks import layer, stack


def test_three_filters_by_corners_and_by_linear_programming():
    rng = np.random.default_rng(0)
    weight, bias = rng.normal(size=(20, 3, 2)), rng.normal(size=(20, 3))
    expected = [len(sign_vectors(w, b)) for w, b in zip(weight, bias, strict=True)]
    assert three_filters(20).tolist() == expected


@pytest.mark.parametrize("seed", [0, 1])
def test_nested_grids_are_nested(seed):
    found = nested_grids(seed, width=6)
    assert list(found) == ["count_250", "count_500", "count_1000", "exact_count"]
    assert list(found.values()) == sorted(found.values())


@pytest.mark.parametrize(
    ("name", "width", "patterns"),
    [("few ones 64", 64, 100_000), ("few ones 512", 512, 100_000), ("all of 16", 16, 65_536)],
)
def test_patterns_of_a_set_are_told_apart(name, width, patterns):
    found = hash_collisions(name)
    assert (found["widths"], found["patterns"]) == (width, patterns)


def test_patterns_of_random_filters_are_the_regions_of_their_hyperplanes():
    assert pattern_count((2, 5)) == {
        "dimensions": 2,
        "filters": 5,
        "patterns": region_count(5, 2),
    }


@pytest.mark.parametrize("size", [(1, 1), (1, 4), (2, 2), (2, 3), (2, 5), (3, 4), (3, 6), (4, 6)])
def test_patterns_without_bias_are_those_of_many_points_and_the_origin(size):
    found = patterns_without_bias(size)
    weight, _ = definitions._random_filters(size)
    points = np.random.default_rng(1).normal(size=(200_000, size[0]))
    active = np.unique(points @ weight.T > 0, axis=0)
    # The origin, where all filters are inactive, adds a pattern where no other point shows it.
    assert found["spanning"] == active.any(axis=1).all()
    assert found["patterns_without_bias"] == len(active) + found["spanning"]


def test_three_filters_in_the_plane_show_six_or_seven_patterns(monkeypatch):
    spanning = np.array([[1.0, 0.0], [-0.5, 0.9], [-0.5, -0.9]])
    for weight, expected in (
        (spanning, {"patterns_without_bias": 7, "spanning": 1}),
        (abs(spanning), {"patterns_without_bias": 4, "spanning": 0}),
        (spanning * [[-1], [1], [1]], {"patterns_without_bias": 6, "spanning": 0}),
    ):
        monkeypatch.setattr(definitions, "_random_filters", lambda _, w=weight: (w, np.ones(3)))
        assert patterns_without_bias((2, 3)) == expected


def test_midpoints_of_one_layer_are_those_of_its_own_cells():
    labels = rasterize(layer(16, 3), 0).labels
    found = midpoint_violations(labels, 100_000)
    assert midpoints((16, 1, 3)) == {"violations": found.violations, "tests": found.tests}


def test_counts_of_both_layers_stand_beside_the_sum_of_their_widths():
    found = counts_against_bound(seed=2)
    assert found["sum_of_widths"] == [2, 2, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32]
    model = stack(4, 2, seed=2)
    expected = [rasterize(model, 0).count, rasterize(model, 1).count]
    assert found["counts"][3:6] == [*expected, rasterize(model, 1, scope="global").count]
