"""Planes through images and what is counted on them, against loops over points."""

import numpy as np
import pytest
import torch

from relu_book.cells import Slice
from relu_book.experiments.activation_cells import planes
from relu_book.experiments.activation_cells.networks import counts_by_layer, grid, labels_by_layer
from relu_book.models import mlp
from relu_book.patterns import hash_patterns, pack

IMAGES = torch.rand(30, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
REFERENCE = IMAGES[12:]


def network(batch_norm=False):
    return mlp((6, 7, 5, 3), batch_norm, seed=1, dtype=torch.float64).train(batch_norm)


def inputs_on(plane_images, uv):
    """Points of a plane by its formula, one at a time."""
    x0, x1, x2 = plane_images.numpy()
    return np.array([x0 + u * (x1 - x0) + v * (x2 - x0) for u, v in uv])


def pre_activations(model, inputs, reference=None):
    """What enters each ReLU, with batch norm written out by hand from the reference."""
    both = np.concatenate([inputs, np.empty((0, 6)) if reference is None else reference])
    found = []
    for module in list(model)[:-1]:
        if isinstance(module, torch.nn.Linear):
            bias = 0 if module.bias is None else module.bias.detach().numpy()
            both = both @ module.weight.detach().numpy().T + bias
        elif isinstance(module, torch.nn.ReLU):
            found.append(both[: len(inputs)])
            both = np.maximum(both, 0)
        else:
            of_reference = both[len(inputs) :]
            both = (both - of_reference.mean(0)) / np.sqrt(of_reference.var(0) + module.eps)
    return found


def naive_counts(model, inputs, reference=None):
    layers = pre_activations(model, inputs, reference)
    return [len({tuple(row) for row in layer > 0}) for layer in layers]


def square(low, high, side):
    step = (high - low) / side
    ticks = [low + (i + 0.5) * step for i in range(side)]
    return [(u, v) for v in ticks for u in ticks]


def test_planes_contain_their_images_and_no_image_lies_on_two():
    found = planes.planes_through(IMAGES, 10)
    corners = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]], dtype=torch.float64)
    points = torch.cat([plane.points(corners) for plane in found])
    distances = (points[:, None] - IMAGES).abs().amax(2)
    assert distances.amin(1).max() < 1e-12
    assert sorted(distances.argmin(1).tolist()) == list(range(30))
    again = planes.planes_through(IMAGES, 2)
    assert torch.equal(again[1].points(corners), found[1].points(corners))


@pytest.mark.parametrize("batch_norm", [False, True])
def test_counts_in_squares_against_loops(batch_norm):
    model, plane = network(batch_norm), Slice.through(*IMAGES[:3])
    reference = REFERENCE if batch_norm else None
    found = planes.square_counts(model, plane, reference, resolution=12)
    for name, (low, high) in {"far": (-5, 5), "unit": (-1, 1), "near": (-0.5, 1.5)}.items():
        inputs = inputs_on(IMAGES[:3], square(low, high, 12))
        expected = naive_counts(model, inputs, REFERENCE.numpy() if batch_norm else None)
        assert found[name].tolist() == expected, name


@pytest.mark.parametrize("batch_norm", [False, True])
def test_densities_against_loops(batch_norm):
    model = network(batch_norm)
    triples = [IMAGES[:3], IMAGES[3:6]]
    found = planes.densities(
        model, [Slice.through(*t) for t in triples], REFERENCE if batch_norm else None, 8
    )
    reference = REFERENCE.numpy() if batch_norm else None
    ends = [(low, low + 1) for low in (-5, 4)]
    for number, triple in enumerate(triples):
        far = naive_counts(model, inputs_on(triple, square(-5, 5, 8)), reference)
        near = naive_counts(model, inputs_on(triple, square(-0.5, 1.5, 8)), reference)
        corners = [
            (u0 + 0.125 + 0.25 * i, v0 + 0.125 + 0.25 * j)
            for u0, _ in ends for v0, _ in ends for i in range(4) for j in range(4)
        ]  # fmt: skip
        corner = naive_counts(model, inputs_on(triple, corners), reference)
        assert found["far_by_plane"][number].tolist() == far
        assert found["near_density"][number].tolist() == [count / 4 for count in near]
        assert found["corner_density"][number].tolist() == [count / 4 for count in corner]


def test_corners_and_surroundings_are_sampled_with_one_spacing():
    corners = planes.corner_points(4).numpy()
    assert np.abs(corners).min() == 4.125
    assert np.abs(corners).max() == 4.875
    assert len(np.unique(corners, axis=0)) == 4 * 16


def test_batch_norm_is_fed_by_the_reference_and_never_by_the_grid():
    model, plane = network(batch_norm=True), Slice.through(*IMAGES[:3])
    near = plane.points(grid(planes.NEAR, 10))
    far = plane.points(grid(planes.FAR, 10))
    together = labels_by_layer(model, torch.cat([near, far]), REFERENCE)
    alone = labels_by_layer(model, near, REFERENCE)
    for both, one in zip(together, alone, strict=True):
        # The same points are told apart, whatever else is on the grid.
        assert len({*zip(both[:100].tolist(), one.tolist(), strict=True)}) == one.max() + 1
    other = counts_by_layer(model, far, REFERENCE * 3)
    assert other.tolist() != counts_by_layer(model, far, REFERENCE).tolist()
    with pytest.raises(ValueError, match="reference"):
        counts_by_layer(model, near, None)


@pytest.mark.parametrize("batch_norm", [False, True])
def test_pictures_show_the_class_of_each_point(batch_norm):
    model, plane = network(batch_norm), Slice.through(*IMAGES[:3])
    found = planes.picture(model, plane, REFERENCE if batch_norm else None, 9)
    inputs = inputs_on(IMAGES[:3], square(-5, 5, 9))
    layers = pre_activations(model, inputs, REFERENCE.numpy() if batch_norm else None)
    for picture, layer in zip(found, layers, strict=True):
        hashes = hash_patterns(pack(torch.from_numpy(layer.copy())))
        assert picture.ravel().tolist() == planes.pattern_classes(hashes).tolist()


def test_classes_are_the_top_six_bits_of_a_product():
    hashes = [0, 1, -1, 2**63 - 1, 12345678901234567]
    expected = [(h % 2**64) * 0x9E3779B97F4A7C15 % 2**64 >> 58 for h in hashes]
    assert planes.pattern_classes(np.array(hashes)).tolist() == expected
