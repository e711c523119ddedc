"""Networks without activations are linear, and their twins start alike."""

import torch
from torch import nn

from relu_book.datasets import load
from relu_book.experiments.tutorial import without_activations
from relu_book.training import accuracy


def test_linear_twins_start_alike_and_are_linear():
    relu, linear = (
        without_activations.trained("digits", kind, seed=0, steps=1) for kind in (True, False)
    )
    assert relu[0].weight.dtype == torch.float64
    assert any(isinstance(layer, nn.ReLU) for layer in relu)
    x = torch.randn(2, 3, 256, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    torch.testing.assert_close(
        linear(x[0]) + linear(x[1]), linear(x[0] + x[1]) + linear(torch.zeros_like(x[0]))
    )


def test_accuracies_are_those_of_the_trained_networks():
    found = without_activations.accuracies(3, steps=20)
    model = without_activations.trained("digits", True, 3, steps=20)
    data = load("digits", "test", size=16)
    assert found["relu_digits"] == accuracy(model, data.images.flatten(1).double(), data.labels)
    assert set(found) == {f"{kind}_{task}" for kind in ("relu", "linear")
                          for task in ("checkerboard", "digits")}  # fmt: skip


def test_decisions_are_classes_of_the_points_of_a_grid():
    found = without_activations.decisions(relu=True, seed=0, steps=2, resolution=5)
    model = without_activations.trained("checkerboard", True, 0, steps=2)
    edge = 3**0.5
    corner = torch.tensor([[edge, -edge]], dtype=torch.float64)
    assert found[0, 4] == model(corner).argmax().item()
    assert found.shape == (5, 5)
