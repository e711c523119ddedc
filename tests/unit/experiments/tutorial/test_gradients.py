"""Gradients through the layers, against finite differences."""

from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from relu_book.experiments.tutorial import gradients


@pytest.mark.parametrize("batch_norm", [False, True])
def test_gradient_norms_equal_finite_differences(batch_norm):
    model = gradients.network(3, batch_norm, seed=0, inputs=4)
    x = torch.randn(6, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    labels = torch.arange(6)
    norms = gradients.gradient_norms(model, x, labels)
    linear = [n for n, layer in enumerate(model) if isinstance(layer, nn.Linear)]
    assert len(norms) == len(linear) == 3

    def loss_behind(number, y):
        return nn.functional.cross_entropy(model[number + 1 :](y), labels)

    last_hidden = linear[-2]
    y = model[: last_hidden + 1](x).detach()
    slopes = torch.zeros_like(y)
    for index in np.ndindex(*y.shape):
        step = torch.zeros_like(y)
        step[index] = 1e-6
        up, down = loss_behind(last_hidden, y + step), loss_behind(last_hidden, y - step)
        slopes[index] = (up - down) / 2e-6
    assert norms[-2] == pytest.approx(slopes.norm().item(), rel=1e-5)


def test_batch_norm_is_blind_to_the_scale_of_the_weights():
    exponent = partial(gradients.exponent, depth=6)
    small = exponent(batch_norm=True, gain=1 / 3)
    assert exponent(batch_norm=True) == pytest.approx(small, abs=1e-2)
    assert exponent(gain=1 / 3) < exponent() - 1


def test_the_exponent_leaves_the_head_out():
    norms = gradients.norms_before_training(depth=5, seed=2)
    assert gradients.exponent(depth=5, seed=2) == pytest.approx(np.log10(norms[0] / norms[3]))


def test_exponents_by_depth_are_means():
    found = gradients.exponent_by_depth(6, seeds=(0, 1))
    expected = np.mean([gradients.exponent(6, batch_norm=True, seed=seed) for seed in (0, 1)])
    assert found == {"depths": 6, "exponent_by_depth": pytest.approx(expected)}


def test_exponents_are_those_of_three_kinds_of_weights():
    found = gradients.exponents(seed=1)
    assert found["exponent_plain"] == gradients.exponent(seed=1)
    assert found["exponent_batch_norm"] > 1
    assert found["exponent_small"] < -5
