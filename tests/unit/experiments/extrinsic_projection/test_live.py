"""What the chapter trains on the spot is what torch trains, and is said in words."""

import pytest
import torch

from relu_book.datasets import load
from relu_book.experiments.extrinsic_projection import live
from relu_book.models import mlp


def test_a_step_is_that_of_torch():
    shown = live.training((3, 3, 4), 5, (0, 2))
    model = mlp((3, 3, 4), seed=5, dtype=torch.float64)
    points = live.embedded(load("checkboard").images.double(), 3)
    labels = load("checkboard").labels
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for step in range(2):
        batch = slice(250 * step, 250 * (step + 1))
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(points[batch]), labels[batch]).backward()
        optimizer.step()
    torch.testing.assert_close(shown[2](points[:9]), model(points[:9]))


def test_points_of_the_plane_lie_in_space_with_zeros():
    points = torch.rand(4, 2)
    assert torch.equal(live.embedded(points, 2), points)
    found = live.embedded(points, 3)
    assert torch.equal(found[:, :2], points) and not found[:, 2].any()


def test_accuracy_counts_the_test_points():
    model = mlp((2, 3, 4), seed=0, dtype=torch.float64)
    test = load("checkboard", "test")
    right = (model(test.images.double()).argmax(1) == test.labels).sum().item()
    assert live.accuracy(model) == pytest.approx(100 * right / 50_000)


def test_a_step_in_words():
    assert [live.when(step) for step in (0, 1, 25, 200, 400)] == [
        "before training", "after 1 step", "after 25 steps", "after 1 epoch", "after 2 epochs",
    ]  # fmt: skip
