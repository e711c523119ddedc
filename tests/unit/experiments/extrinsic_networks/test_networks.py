"""The extrinsic network for the board: its start, its folds, its training."""

import numpy as np
import pytest
import torch
from torch import nn

from relu_book import datasets
from relu_book.experiments.extrinsic_networks import networks
from relu_book.experiments.extrinsic_networks.starts import extrinsic_starts, ordinary_starts

SMALL = networks.Board(points=400, batch_size=40, epochs=2, filters=12)


def board(split):
    return datasets.load("checkboard", split, samples=SMALL.points)


def test_the_shift_alone_says_how_far_a_layer_moves():
    points = torch.randn(50, 2)
    moved = []
    for weight in (0.05, 0.3, 1.0):
        model = networks.extrinsic(1, 4000, weight=weight, shift=0.3, seed=0)
        moved.append(model[0](points) - points)
    assert torch.allclose(moved[0], moved[1], atol=1e-5)
    assert torch.allclose(moved[1], moved[2], atol=1e-5)
    # With so many filters the projection takes half of a point away.
    assert (moved[0] + 0.15 * points).abs().max() < 0.03


def test_grown_networks_append_one_coordinate_once():
    model = networks.extrinsic(3, 10, weight=1.0, shift=1.0, seed=0, grow=True)
    assert [layer.grow for layer in networks.layers_of(model)] == [True, False, False]
    assert model(torch.randn(5, 2)).shape == (5, 4)


@pytest.mark.parametrize("weight", [0.1, 1.0])
def test_orthonormal_rows_are_the_nearest_ones(weight):
    model = networks.extrinsic(1, 60, weight=weight, shift=1.0, seed=0)
    before = model[0].weight.detach().clone()
    networks.make_rows_orthonormal(model, weight)
    after = model[0].weight.detach()
    assert torch.allclose(after @ after.T, 60 * weight**2 * torch.eye(2), atol=1e-4)
    angle = torch.tensor(0.1)
    turn = torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()]).view(2, 2)
    assert (after - before).norm() < (turn @ after - before).norm()
    assert (after - before).norm() < (turn.T @ after - before).norm()


def test_determinants_are_those_of_finite_differences():
    model = networks.extrinsic(3, 30, weight=1.0, shift=1.5, seed=1)
    points = torch.randn(20, 2).double()
    twin = nn.Sequential(*networks.layers_of(model)).double()
    h = 1e-7
    with torch.no_grad():
        columns = [(twin(points + h * unit) - twin(points)) / h for unit in torch.eye(2).double()]
    expected = torch.linalg.det(torch.stack(columns, 2))
    assert np.allclose(networks.determinants(model.float(), points.float()), expected, atol=1e-4)


def test_a_reflecting_layer_folds_half_of_the_plane():
    model = networks.extrinsic(1, 1, weight=1.0, shift=1.0, seed=0)
    with torch.no_grad():
        model[0].weight.copy_(torch.tensor([[1.0], [0.0]]))
        model[0].inner_shift.fill_(2.0)  # x -> |x|
    points = torch.randn(4000, 2)
    assert networks.folded(model, points) == pytest.approx(50, abs=3)
    with torch.no_grad():
        model[0].inner_shift.fill_(1.0)  # x -> max(x, 0)
    assert networks.folded(model, points) == pytest.approx(50, abs=3)
    with torch.no_grad():
        model[0].inner_shift.fill_(0.5)
    assert networks.folded(model, points) == 0


def test_training_learns_and_a_divergence_is_nan():
    data, test = board("train"), board("test")
    model = networks.extrinsic(2, 12, weight=0.5, shift=0.3, seed=0)
    found = networks.trained(model, SMALL, 0, data, test)
    assert found.shape == (2,) and np.isfinite(found).all()
    model = networks.extrinsic(2, 12, weight=1.0, shift=1e18, seed=0)
    assert np.isnan(networks.trained(model, SMALL, 0, data, test)).all()


def test_both_kinds_of_networks_have_sixteen_candidates():
    assert len(extrinsic_starts(600)) == len(ordinary_starts()) == 16
    weights = {start["weight"] for start in extrinsic_starts(600)}
    assert min(weights) == pytest.approx((1 / 600) ** 0.5) and max(weights) == 1
