"""The plane of two directions, against a network moved by hand."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from relu_book.experiments.tutorial import loss_landscape
from relu_book.experiments.tutorial.small_vgg import network, to_row


@pytest.fixture
def model():
    return network([(4,), (6, 8)], seed=3, dtype=torch.float64).eval()


def test_each_filter_of_a_direction_is_as_long_as_the_networks_own(model):
    direction = loss_landscape.filter_normalised(model, seed=0)
    parameters = dict(model.named_parameters())
    assert list(direction) == [
        "convolution1.weight", "convolution2.weight", "convolution3.weight", "classes.weight",
    ]  # fmt: skip
    for name, tensor in direction.items():
        for own, drawn in zip(parameters[name], tensor, strict=True):
            assert drawn.norm().item() == pytest.approx(own.norm().item(), rel=1e-12)
            assert abs(nn.functional.cosine_similarity(own.ravel(), drawn.ravel(), 0)) < 0.99
    other = loss_landscape.filter_normalised(model, seed=1)
    assert not torch.equal(direction["classes.weight"], other["classes.weight"])


def test_the_loss_on_the_plane_is_that_of_a_network_moved_by_hand(model):
    images = torch.rand(9, 1, 8, 8, dtype=torch.float64)
    labels = torch.arange(9)
    plane = [loss_landscape.filter_normalised(model, seed) for seed in (0, 1)]
    kept = to_row(model)
    at = loss_landscape.loss_at
    origin = functional.cross_entropy(model(images), labels).item()
    assert at(model, plane, (0.0, 0.0), images, labels) == origin
    found = at(model, plane, (0.3, -0.8), images, labels)
    assert np.array_equal(to_row(model), kept)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name in plane[0]:
                parameter += 0.3 * plane[0][name] - 0.8 * plane[1][name]
    assert found == pytest.approx(functional.cross_entropy(model(images), labels).item(), rel=1e-9)
    assert found != pytest.approx(origin)
