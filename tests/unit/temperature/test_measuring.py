"""Measured distances beside the copied, stepped and compared networks that they stand for."""

import numpy as np
import pytest
import torch
from stepped_copies import OPTIMIZERS, distance_by_copies
from torch import nn

from relu_book.temperature import pattern_distance

RATES = [0.0, 1e-4, 1e-3, 1e-2, 0.1, -0.1, 1.0, 3.0]


def network(dtype=torch.float64) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        *(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(inplace=True), nn.Dropout(0.3)),
        *(nn.Conv2d(8, 70, 3), nn.LeakyReLU(), nn.Flatten(), nn.Linear(280, 9), nn.ReLU()),
        nn.Linear(9, 4),
    ).to(dtype)


def batch(dtype=torch.float64):
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(12, 3, 6, 6, generator=generator).to(dtype)
    return x, torch.randint(4, (12,), generator=generator)


def backward(model, x, y):
    model.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()


def trained(name, steps, dtype=torch.float64):
    """A model and its optimizer after some steps, with the gradients of the next one."""
    model, (x, y) = network(dtype), batch(dtype)
    optimizer = OPTIMIZERS[name](model.parameters())
    for _ in range(steps):
        backward(model, x, y)
        optimizer.step()
    backward(model, x, y)
    return model, optimizer, x


@pytest.mark.parametrize("steps", [0, 3])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_it_is_what_copies_show(name, steps):
    model, optimizer, x = trained(name, steps)
    found = pattern_distance(model, optimizer, x, RATES)
    assert np.array_equal(found.values, distance_by_copies(model, optimizer, (x,), RATES))
    assert found.sites == ("2", "5", "8")
    assert found.evaluations.tolist() == [12 * 16, 12 * 4, 12]
    assert found.values.dtype == found.learning_rates.dtype == np.float64
    assert found.evaluations.dtype == np.int64
    if name not in ("sgdw", "asgd", "rprop"):  # which move the weights at rate 0 too
        assert (found.values[0] == 0).all()
    assert (found.values[-1] > 0).any()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("name", ["momentum", "adamw"])
def test_other_types(name, dtype):
    model, optimizer, x = trained(name, 2, dtype)
    found = pattern_distance(model, optimizer, x, RATES)
    assert np.array_equal(found.values, distance_by_copies(model, optimizer, (x,), RATES))
