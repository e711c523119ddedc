"""Planes through digits, and layers counted one by one."""

import torch

from relu_book.cells import rasterize
from relu_book.experiments.activation_cells.depth import (
    counts_by_depth,
    digits_plane,
    normal_points,
    slice_corners,
)
from relu_book.experiments.activation_cells.networks import stack


def test_plane_through_digits_has_the_digits_at_its_corners():
    assert slice_corners(triples=2, seed=5).max() < 1e-6
    plane, data = digits_plane(0)
    assert data.shape == (600, 64)
    assert plane.points(torch.zeros(1, 2)).shape == (1, 64)


def test_counts_by_depth_are_those_of_one_raster_a_layer():
    found = counts_by_depth(seed=3, width=5, batch_norm=True)
    model, data = stack(5, 8, seed=3, batch_norm=True).train(), normal_points(3)
    assert len(found["layer"]) == len(found["global"]) == 8
    assert found["layer"][6] == rasterize(model, 6, reference=data).count
    assert found["global"][6] == rasterize(model, 6, reference=data, scope="global").count
