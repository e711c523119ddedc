"""Maps of a layer, class maps and principal components, against sums by hand."""

import numpy as np
import pytest
import torch
from torch import nn

from relu_book.experiments.tutorial import maps


def test_pre_activations_are_what_the_layers_compute_one_by_one(model):
    picture = torch.rand(1, 16, 32, dtype=torch.float64)
    found_maps = maps.pre_activations(model, picture)
    x, found = picture[None], {}
    for name, part in model.named_children():
        if isinstance(part, nn.ReLU):
            found[name] = x[0]
        x = part(x)
    assert list(found_maps) == list(found) == ["relu1", "relu2", "relu3"]
    assert all(torch.equal(found_maps[name], found[name]) for name in found_maps)
    assert torch.equal(maps.last_activations(model, picture), found["relu3"].clamp(min=0))


def test_class_maps_are_the_sums_of_their_definition(model):
    picture = torch.rand(1, 16, 32, dtype=torch.float64)
    activations = maps.last_activations(model, picture)
    found_maps = maps.class_maps(model, picture)
    assert found_maps.shape == (10, 8, 16)
    for label, row, column in ((0, 0, 0), (9, 7, 15), (4, 3, 9)):
        terms = [
            (model.classes.weight[label, k] * activations[k, row, column]).item() for k in range(8)
        ]
        assert found_maps[label, row, column] == pytest.approx(sum(terms), rel=1e-12)


def test_class_maps_average_to_the_outputs_without_bias(model):
    picture = torch.rand(1, 16, 32, dtype=torch.float64)
    outputs = model(picture[None])[0].detach().numpy()
    means = maps.class_maps(model, picture).mean((1, 2))
    assert np.allclose(means + model.classes.bias.detach().numpy(), outputs, rtol=0, atol=1e-12)


def test_components_are_those_of_the_covariance(model):
    layer = torch.randn(6, 5, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    layer = layer * torch.tensor([5.0, 3.0, 2.0, 1.0, 0.5, 0.1], dtype=torch.float64).view(-1, 1, 1)
    found = maps.components(layer)
    places = layer.flatten(1).numpy()
    variances, directions = np.linalg.eigh(np.cov(places))
    assert np.allclose(found.shares, variances[::-1][:3] / variances.sum(), rtol=1e-12)
    centred = places - places.mean(1, keepdims=True)
    for k in range(3):
        scores = directions[:, -1 - k] @ centred
        scores *= np.sign(scores[np.abs(scores).argmax()])
        assert np.allclose(found.pictures[k].ravel(), scores, atol=1e-10)


def test_a_layer_that_says_nothing_has_no_components():
    found = maps.components(torch.ones(4, 3, 3))
    assert (found.pictures == 0).all()
    assert (found.shares == 0).all()


@pytest.mark.parametrize("number", [0, 5])
def test_more_components_than_filters_are_refused(number):
    with pytest.raises(ValueError, match=f"1 to 4 components, but number is {number}"):
        maps.components(torch.rand(4, 3, 3), number)
