"""Planes through digits, and layers counted one by one."""

import numpy as np
import torch

from relu_book.cells import enclosed_components, rasterize
from relu_book.experiments.activation_cells.depth import (
    counts_by_depth,
    digits_plane,
    normal_points,
    shapes_by_depth,
    slice_corners,
)
from relu_book.experiments.activation_cells.networks import stack


def test_plane_through_digits_has_the_digits_at_its_corners():
    assert slice_corners(triples=2, seed=5).max() < 1e-6
    assert digits_plane(0).points(torch.zeros(1, 2)).shape == (1, 64)


def test_counts_by_depth_are_those_of_one_raster_a_layer():
    found = counts_by_depth(seed=3, width=5, batch_norm=True)
    model, data = stack(5, 8, seed=3, batch_norm=True).train(), normal_points(3)
    assert len(found["layer"]) == len(found["global"]) == 8
    assert found["layer"][6] == rasterize(model, 6, reference=data).count
    assert found["global"][6] == rasterize(model, 6, reference=data, scope="global").count


def test_shapes_are_measured_with_both_choices_of_the_bias():
    found = shapes_by_depth(seed=1, width=5)
    for name, bias in (("fixed_bias", 1.0), ("uniform_bias", "default")):
        labels = rasterize(stack(5, 8, seed=1, bias=bias), 7).labels
        largest = np.bincount(labels.ravel()).max() / labels.size
        assert found[f"largest_share_layer_8_{name}"] == largest
        assert found[f"enclosed_components_{name}"] == enclosed_components(labels)
        assert len(found[f"defect_{name}"]) == 8
