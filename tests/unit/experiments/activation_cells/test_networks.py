"""The grid and the labels of all layers in one pass, against one raster a layer."""

import numpy as np
import pytest
import torch

from relu_book.cells import rasterize
from relu_book.experiments.activation_cells.depth import normal_points
from relu_book.experiments.activation_cells.networks import (
    cell_count,
    counts_by_layer,
    global_counts,
    grid,
    labels_by_layer,
    layer,
    stack,
)
from relu_book.models import mlp


def test_grid_points_are_those_of_a_raster():
    model = layer(16, seed=3)
    (labels,) = labels_by_layer(model, grid((-2.0, 1.0), 60))
    raster = rasterize(model, 0, (-2, 1), 60)
    assert np.array_equal(labels.reshape(60, 60), raster.labels)


@pytest.mark.parametrize("batch_norm", [False, True])
def test_labels_of_all_layers_in_one_pass_equal_one_raster_a_layer(batch_norm):
    model = stack(9, 3, seed=0, batch_norm=batch_norm).train(batch_norm)
    data = normal_points(0) if batch_norm else None
    labels = labels_by_layer(model, grid(resolution=80), data)
    counts = global_counts(labels)
    for number, of_layer in enumerate(labels):
        raster = rasterize(model, number, resolution=80, reference=data)
        assert np.array_equal(of_layer.reshape(80, 80), raster.labels)
        everything = rasterize(model, number, resolution=80, reference=data, scope="global")
        assert counts[number] == everything.count


@pytest.mark.parametrize("width", [3, 70, 300])
def test_cell_counts_are_those_of_a_raster(width):
    model = layer(width, seed=1)
    assert cell_count(model, 90) == rasterize(model, 0, resolution=90).count


def test_labels_leave_points_and_network_alone():
    model, points = stack(9, 2, seed=0, batch_norm=True).train(), normal_points(1)
    before = points.clone(), {name: t.clone() for name, t in model.state_dict().items()}
    labels_by_layer(model, points, points)
    assert torch.equal(points, before[0])
    assert all(torch.equal(t, before[1][name]) for name, t in model.state_dict().items())
    assert model.training


def test_a_head_has_no_cells():
    model = mlp((2, 7, 5, 3), seed=0, dtype=torch.float64)
    labels = labels_by_layer(model, grid(resolution=50))
    assert len(labels) == 2
    assert labels[1].max() + 1 == rasterize(model, 1, resolution=50).count


def test_counts_by_layer_are_those_of_the_labels_in_the_type_of_the_model():
    model, points = stack(9, 3, seed=0).float(), grid(resolution=40)
    expected = [len(np.unique(labels)) for labels in labels_by_layer(model, points.float())]
    assert counts_by_layer(model, points).tolist() == expected
