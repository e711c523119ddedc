"""Signals and gradients before training, against autograd."""

import numpy as np
import pytest
import torch

from relu_book.experiments.tutorial import initialisation


def test_mean_squares_equal_autograd():
    width, depth, seed = 12, 4, 3
    found = initialisation.mean_squares(seed, 2.0, depth, width, samples=5)
    generator = np.random.default_rng(seed)

    def normal(*shape):
        return torch.tensor(generator.standard_normal(shape))

    x, outputs = normal(5, width), []
    for _ in range(depth):
        x = x @ (normal(width, width) * (2 / width) ** 0.5).requires_grad_()
        x.retain_grad()
        outputs.append(x)
        x = x.clamp(min=0)
    outputs[-1].backward(normal(5, width))
    assert found["signal"] == pytest.approx([y.square().mean().item() for y in outputs])
    assert found["gradient"] == pytest.approx([y.grad.square().mean().item() for y in outputs])


def test_gain_multiplies_by_half_of_itself_a_layer():
    he, small = (initialisation.mean_squares(0, gain, 10, 64)["signal"] for gain in (2.0, 1.0))
    np.testing.assert_allclose(small, he * 0.5 ** np.arange(1, 11))
