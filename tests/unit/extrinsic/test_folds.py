"""Folds against brute force: patterns on a fine grid of the path."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn

from relu_book.extrinsic import folding
from relu_book.models import cifar_resnet, mlp
from relu_book.patterns import watch


def cantor_network(depth):
    """x -> max(1 - 3x, 0, 3x - 2), depth times: CantorNet (arXiv 2411.19713) up to its read-out."""
    layers = []
    for number in range(depth):
        layer = nn.Linear(2 if number else 1, 2, dtype=torch.float64)
        with torch.no_grad():
            layer.weight.copy_(torch.tensor([[-3.0], [3.0]]).expand_as(layer.weight))
            layer.bias.copy_(torch.tensor([1.0, -2.0]))
        layers += [layer, nn.ReLU()]
    return nn.Sequential(*layers)


def by_brute_force(model, start, end, steps):
    """The sequence of patterns at the middles of an even grid, and what the formula makes of it."""
    t = (torch.arange(steps, dtype=torch.float64) + 0.5).view(-1, *(1,) * start.ndim) / steps
    with watch(model) as seen, torch.no_grad():
        model(start + t * (end - start))
    signs = [(site.pre_activation > 0).flatten(1) for site in seen.sites.values()]
    patterns = torch.cat(signs, 1).numpy()
    kept = np.r_[True, (patterns[1:] != patterns[:-1]).any(1)]
    patterns = patterns[kept]
    walked = sum((a != b).sum() for a, b in pairwise(patterns))
    farthest = max((patterns[0] != each).sum() for each in patterns)
    places = np.flatnonzero(kept)[1:] / steps
    return places, patterns, 1 - farthest / walked if walked else 0.0


@pytest.mark.parametrize("depth", [1, 2, 3, 4, 5])
def test_a_cantor_network_is_folded_as_brute_force_says(depth):
    model, ends = cantor_network(depth), (torch.zeros(1).double(), torch.ones(1).double())
    found = folding(model, *ends)
    places, patterns, measure = by_brute_force(model, *ends, steps=60_000)
    assert np.abs(found.places - places).max() < 2 / 60_000
    assert np.array_equal(found.patterns, patterns)
    assert found.measure == pytest.approx(measure, abs=1e-15)
    assert (found.measure > 0) == (depth > 1)


def test_its_borders_are_thirds_of_thirds():
    found = folding(cantor_network(2), torch.zeros(1).double(), torch.ones(1).double())
    assert found.places == pytest.approx([1 / 9, 2 / 9, 1 / 3, 2 / 3, 7 / 9, 8 / 9], abs=1e-12)
    # The first layer changes twice, once each filter; of the second each filter four times in all.
    assert found.changes.tolist() == [1, 1, 1, 1, 1, 1]


@pytest.mark.parametrize("seed", range(5))
def test_random_networks_too(seed):
    model = mlp((2, 9, 9, 9, 1), seed=seed, dtype=torch.float64)
    start, end = torch.tensor([[-3.0, 2], [3.0, -1]], dtype=torch.float64)
    found = folding(model, start, end)
    places, patterns, measure = by_brute_force(model, start, end, steps=300_000)
    assert np.array_equal(found.patterns, patterns)
    assert found.measure == pytest.approx(measure)
    assert np.abs(found.places - places).max() < 1e-5


def test_convolutions_skips_and_batch_norm():
    model = cifar_resnet(8, width=2, seed=0, dtype=torch.float64)
    state = {name: each.clone() for name, each in model.state_dict().items()}
    start, end = torch.randn(2, 3, 4, 4, dtype=torch.float64)
    found = folding(model, start, end)
    model.eval()
    places, _, measure = by_brute_force(model, start, end, steps=100_000)
    assert len(found.places) == pytest.approx(len(places), abs=2)
    assert found.measure == pytest.approx(measure, abs=0.02)
    assert all(torch.equal(each, state[name]) for name, each in model.state_dict().items())


def test_a_single_layer_does_not_fold():
    model = mlp((3, 40), head=False, seed=0, dtype=torch.float64)
    start, end = torch.randn(2, 3, dtype=torch.float64) * 5
    found = folding(model, start, end)
    assert len(found.places) > 5 and found.measure == 0


def test_a_path_without_a_change():
    model = mlp((2, 3, 1), seed=0)
    found = folding(model, torch.ones(2), torch.ones(2))
    assert len(found.places) == 0 and found.patterns.shape == (1, 3) and found.measure == 0


def test_bad_input_gets_one_sentence():
    model = mlp((2, 3, 1), seed=0)
    with pytest.raises(ValueError, match=r"inputs of one shape, not of \(2,\) and \(3,\)"):
        folding(model, torch.ones(2), torch.ones(3))
    with pytest.raises(TypeError, match="end is a tensor of floating-point numbers"):
        folding(model, torch.ones(2), 1.0)
    with pytest.raises(ValueError, match="calls no ReLU"):
        folding(nn.Linear(2, 3), torch.ones(2), torch.zeros(2))
    pooled = nn.Sequential(nn.Linear(4, 8), nn.Unflatten(1, (2, 4)), nn.MaxPool1d(2), nn.ReLU())
    with pytest.raises(ValueError, match="between its ReLUs the model is not affine"):
        folding(pooled, torch.randn(4) * 9, torch.randn(4) * 9)
    curved = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.ReLU())
    with pytest.raises(ValueError, match="between its ReLUs the model is not affine"):
        folding(curved, torch.randn(2), torch.randn(2))


@pytest.mark.parametrize("bad", [torch.nan, torch.inf])
def test_numbers_that_are_not_finite_are_named(bad):
    model, one, other = mlp((2, 3, 1), seed=0), torch.ones(2), torch.tensor([0.0, bad])
    with pytest.raises(ValueError, match="start is an input of finite numbers"):
        folding(model, other, one)
    with pytest.raises(ValueError, match="end is an input of finite numbers"):
        folding(model, one, other)
    model[0].weight.data[1, 0] = bad
    with pytest.raises(ValueError, match="pre-activations of site '1' are NaN or infinite"):
        folding(model, one, -one)
