"""How far weights have moved, those that start at 0 included."""

import pytest
import torch

from relu_book.actcoolr.weights import WeightWatch


def moved(*steps):
    weights = [torch.nn.Parameter(torch.ones(3, 4)), torch.nn.Parameter(torch.zeros(3, 4))]
    optimizer = torch.optim.SGD([*weights, torch.nn.Parameter(torch.ones(5))], lr=1.0)
    watch = WeightWatch(optimizer)
    for amount in steps:
        watch.before()
        with torch.no_grad():
            weights[amount < 0] += abs(amount)
        found = watch.after()
    return found


def test_the_largest_of_all_weights_counts_and_vectors_do_not():
    assert moved(0.5) == pytest.approx((1.5, 0.5))
    assert moved(0.5, 0.5) == pytest.approx((2.0, 1 / 3))


def test_a_weight_that_starts_at_0_is_compared_with_a_drawn_one():
    assert moved(-0.1) == pytest.approx((1.0, 0.1 * 12**0.5), rel=1e-6)
