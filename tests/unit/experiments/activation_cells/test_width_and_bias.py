"""Counts over width and bias, against single rasters and known answers."""

import numpy as np
import pytest
import xarray as xr

from relu_book.cells import exact_cells, rasterize, region_count
from relu_book.experiments.activation_cells.networks import layer
from relu_book.experiments.activation_cells.width_and_bias import (
    bias_of_fewest_cells,
    bias_of_most_cells,
    counts_at_opposite_biases,
    counts_by_bias,
    counts_on_the_plane,
    rectangle,
    rise_and_fall,
)


@pytest.mark.parametrize("bias", [0.3, -4.0])
def test_a_plane_that_holds_all_crossings_has_all_regions(bias):
    found = counts_on_the_plane(bias, width=9, seed=1)
    assert found == {"bias": bias, "exact_counts": region_count(9, 2)}


def test_curves_by_bias_agree_with_single_rasters():
    curves = counts_by_bias(4, [0, 0.5], resolutions=(40,), width=7)
    model = layer(7, seed=4, bias=0.5)
    expected = rasterize(model, 0, resolution=40).count
    assert curves.grid.sel(resolution=40, bias=0.5) == expected
    assert curves.exact.values.tolist() == [14, exact_cells(model, 0).count]


def test_batch_normalised_mean_is_where_rasterize_puts_it():
    data = rectangle()
    model = layer(32, seed=0, bias=1.0, batch_norm=True).train()
    mean = data.mean(0)
    window = ((mean[0] - 0.01, mean[0] + 0.01), (mean[1] - 0.01, mean[1] + 0.01))
    centre = rasterize(model, 0, [[float(v) for v in axis] for axis in window], 1, reference=data)
    assert centre.patterns.tolist() == [[2**32 - 1]]


def test_each_curve_says_where_it_is_highest():
    counts = np.array([[5.0, 9, 8, 4, 1], [5, 7, 10, 2, 1], [5, 8, 9, 3, 1]])
    bias = [0, 0.8, 0.9, 3, 10]
    curves = xr.Dataset(
        {"grid": (("seed", "resolution", "bias"), counts[:, None])},
        {"resolution": [500], "bias": bias},
    )
    most, ways = bias_of_most_cells(curves), rise_and_fall(curves)
    assert most["bias_of_maximum"].values.tolist() == [0.8, 0.9, 0.9]
    assert most["count_bias_08"].values.tolist() == [9, 7, 8]
    assert ways["count_maximum"].values.tolist() == [8, 10, 9]
    assert ways["count_bias_10"].values.tolist() == [1, 1, 1]
    assert ways["counts_before"].values.tolist() == [5, 8, 9]
    assert ways["counts_after"].values.tolist() == [9, 3, 1]


def test_fewest_cells_and_opposite_biases_count_the_same_layers():
    assert bias_of_fewest_cells(0, [-5, 0, 5]) == {"bias_of_minimum": 0}
    found = counts_at_opposite_biases(0, (0.25,))
    assert found["count_positive"] == [rasterize(layer(128, 0, bias=0.25), 0).count]
    assert found["count_negative"] == [rasterize(layer(128, 0, bias=-0.25), 0).count]
