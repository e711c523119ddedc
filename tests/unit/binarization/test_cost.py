"""Costs are n times the multiplications, in regions base and coverage times the rest."""

import math

import pytest
import torch
from torch import nn

from relu_book.binarization import binarize


def counted(make, x, samples=3, **arguments):
    torch.manual_seed(0)
    return binarize(make(), samples, activation_bits=None, **arguments).cost(x)


@pytest.mark.parametrize(
    ("make", "shape", "multiplications", "weights"),
    [
        (lambda: nn.Linear(6, 4), (5, 6), 5 * 24, 24),
        (lambda: nn.Linear(6, 4), (5, 7, 6), 35 * 24, 24),
        (lambda: nn.Conv2d(4, 8, 3, groups=2), (2, 4, 6, 6), 2 * 16 * 8 * 2 * 9, 144),
        (lambda: nn.Conv1d(3, 2, 3, stride=2, padding=1), (2, 3, 8), 2 * 4 * 2 * 9, 18),
        (lambda: nn.ConvTranspose2d(4, 6, 2, stride=2, groups=2), (1, 4, 3, 3), 9 * 48, 48),
        # Folded it costs nothing, left in place one multiplication a number.
        (lambda: nn.Sequential(nn.Linear(6, 4), nn.BatchNorm1d(4)), (5, 6), 120, 24),
        (lambda: nn.Sequential(nn.ReLU(), nn.BatchNorm1d(6), nn.Linear(6, 4)), (5, 6), 150, 30),
    ],
)
def test_costs_are_counted(make, shape, multiplications, weights):
    cost = counted(make, torch.randn(shape))
    assert cost.multiplications == multiplications
    assert cost.additions == cost.shifts == 3 * multiplications
    assert cost.random_bits == 3 * weights
    assert counted(make, torch.randn(shape), noise="fresh").random_bits == 3 * multiplications


def test_a_layer_that_is_called_twice_is_drawn_once():
    layer = nn.Linear(4, 4)
    cost = counted(lambda: nn.Sequential(layer, layer), torch.randn(2, 4))
    assert cost.additions == 2 * 3 * 2 * 16 and cost.random_bits == 3 * 16


def test_pruned_weights_cost_nothing_and_exact_ones_no_bits():
    network = binarize(nn.Linear(8, 8), 4)
    network.pruned = 0.25
    assert network.cost(torch.ones(1, 8)).multiplications == 48
    network = binarize(nn.Linear(8, 8), 4, probability_bits=2, deterministic=True)
    cost = network.cost(torch.ones(1, 8))
    assert cost.random_bits == 0 and cost.additions == 4 * 64


def test_samples_by_layer_and_regions():
    model = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.Conv2d(2, 1, 1))
    x, where = torch.ones(1, 1, 4, 4), torch.zeros(1, 1, 4, 4, dtype=torch.bool)
    where[..., :3] = True  # 12 of 16
    network = binarize(model, {"0": 2, "1": 5})
    cost = network.cost(x, where=where, extra=10)
    assert cost.layers == {"0": 18 * (2 * 16 + 10 * 12), "1": 2 * (5 * 16 + 10 * 12)}
    assert cost.additions == sum(cost.layers.values())


def test_counting_draws_nothing():
    network, x = binarize(nn.Linear(4, 4)), torch.randn(2, 4)
    network(x)
    state = network.stream.state()
    before = network.cost(x).additions
    assert torch.equal(network.stream.state(), state)
    network.refine(x, 3)
    assert network.cost(x).additions == before  # of a new pass


def test_infinitely_many_samples_have_no_cost():
    with pytest.raises(ValueError, match="infinitely many samples have no cost: set the samples"):
        binarize(nn.Linear(2, 2), math.inf).cost(torch.ones(1, 2))


def test_counting_in_training_leaves_statistics_and_random_numbers():
    network = binarize(nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Dropout(0.5)))
    network.train()
    state = {name: value.clone() for name, value in network.state_dict().items()}
    numbers = torch.get_rng_state()
    network.cost(torch.ones(3, 4))
    assert torch.equal(torch.get_rng_state(), numbers)
    assert all(torch.equal(value, state[name]) for name, value in network.state_dict().items())
