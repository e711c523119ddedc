"""What the chapter measures, against slow twins and known answers."""

import numpy as np
import pytest
import torch

from relu_book.cells import exact_cells, rasterize, region_count, sign_vectors
from relu_book.experiments import activation_cells as measure
from relu_book.models import mlp


def test_grid_points_are_those_of_a_raster():
    model = measure.layer(16, seed=3)
    (labels,) = measure.labels_by_layer(model, measure.grid((-2.0, 1.0), 60))
    raster = rasterize(model, 0, (-2, 1), 60)
    assert np.array_equal(labels.reshape(60, 60), raster.labels)


@pytest.mark.parametrize("batch_norm", [False, True])
def test_labels_of_all_layers_in_one_pass_equal_one_raster_a_layer(batch_norm):
    model = measure.stack(9, 3, seed=0, batch_norm=batch_norm).train(batch_norm)
    data = measure.normal_points(0) if batch_norm else None
    labels = measure.labels_by_layer(model, measure.grid(resolution=80), data)
    counts = measure.global_counts(labels)
    for number, of_layer in enumerate(labels):
        raster = rasterize(model, number, resolution=80, reference=data)
        assert np.array_equal(of_layer.reshape(80, 80), raster.labels)
        everything = rasterize(model, number, resolution=80, reference=data, scope="global")
        assert counts[number] == everything.count


@pytest.mark.parametrize("width", [3, 70, 300])
def test_cell_counts_are_those_of_a_raster(width):
    model = measure.layer(width, seed=1)
    assert measure.cell_count(model, 90) == rasterize(model, 0, resolution=90).count


def test_labels_leave_points_and_network_alone():
    model, points = measure.stack(9, 2, seed=0, batch_norm=True).train(), measure.normal_points(1)
    before = points.clone(), {name: t.clone() for name, t in model.state_dict().items()}
    measure.labels_by_layer(model, points, points)
    assert torch.equal(points, before[0])
    assert all(torch.equal(t, before[1][name]) for name, t in model.state_dict().items())
    assert model.training


def test_a_head_has_no_cells():
    model = mlp((2, 7, 5, 3), seed=0, dtype=torch.float64)
    labels = measure.labels_by_layer(model, measure.grid(resolution=50))
    assert len(labels) == 2
    assert labels[1].max() + 1 == rasterize(model, 1, resolution=50).count


def test_three_filters_by_corners_and_by_linear_programming():
    rng = np.random.default_rng(0)
    weight, bias = rng.normal(size=(20, 3, 2)), rng.normal(size=(20, 3))
    expected = [len(sign_vectors(w, b)) for w, b in zip(weight, bias, strict=True)]
    assert measure.three_filters(20).tolist() == expected


def test_nested_grids_are_nested():
    measured = measure.nested_grids(width=6, seeds=range(2))
    small, large = measured["count_250"], measured["count_1000"]
    assert (small <= large).all()
    assert (large <= measured["exact_count"]).all()


def test_a_plane_that_holds_all_crossings_has_all_regions():
    counts = measure.counts_on_the_plane(width=9, biases=(0.3, -4.0), seed=1)["exact_counts"]
    assert counts == [region_count(9, 2)] * 2


def test_curves_by_bias_agree_with_single_rasters():
    curves = measure.counts_by_bias([0, 0.5], seeds=[4], resolutions=(40,), width=7)
    model = measure.layer(7, seed=4, bias=0.5)
    assert curves["grid"][40][0, 1] == rasterize(model, 0, resolution=40).count
    assert curves["exact"][0].tolist() == [14, exact_cells(model, 0).count]


def test_few_ones_are_counted_up():
    measured = measure.hash_collisions(seed=0)
    assert measured["patterns"][2:] == [100_000, 100_000, 65_536]


def test_batch_normalised_mean_is_where_rasterize_puts_it():
    data = measure.rectangle()
    model = measure.layer(32, seed=0, bias=1.0, batch_norm=True).train()
    mean = data.mean(0)
    window = ((mean[0] - 0.01, mean[0] + 0.01), (mean[1] - 0.01, mean[1] + 0.01))
    centre = rasterize(model, 0, [[float(v) for v in axis] for axis in window], 1, reference=data)
    assert centre.patterns.tolist() == [[2**32 - 1]]


def test_plane_through_digits_has_the_digits_at_its_corners():
    assert measure.slice_corners(triples=2, seed=5).max() < 1e-6
    plane, data = measure.digits_plane(0)
    assert data.shape == (600, 64)
    assert plane.points(torch.zeros(1, 2)).shape == (1, 64)
