"""Activation functions and what is measured on them, against formulas."""

import math

import numpy as np
import pytest
import torch

from relu_book.experiments.tutorial import activations

NAIVE = {
    "ELU": lambda x: x if x > 0 else math.exp(x) - 1,
    "PReLU": lambda x: x if x > 0 else 0.25 * x,
    "Sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "swish": lambda x: x / (1 + math.exp(-x)),
    "ReLU": lambda x: max(x, 0),
    "Softplus": lambda x: math.log(1 + math.exp(x)),
}


def test_activations_are_their_formulas():
    assert list(NAIVE) == list(activations.ACTIVATIONS)
    points = np.linspace(-6, 6, 61)
    for name, function in activations.ACTIVATIONS.items():
        found = function(torch.tensor(points))
        assert found.tolist() == pytest.approx([NAIVE[name](x) for x in points], abs=1e-12), name


def test_the_parameter_of_an_activation_does_what_it_says():
    x = torch.linspace(-3, 3, 13, dtype=torch.float64)
    table = activations.ACTIVATIONS
    assert table["ELU"](x, 2.0)[0].item() == pytest.approx(2 * (math.exp(-3) - 1))
    assert table["PReLU"](x, 2.0)[0].item() == -6
    assert table["Softplus"](x, 4.0)[6].item() == pytest.approx(math.log(2) / 4)
    torch.testing.assert_close(table["swish"](x, 2.0), x * table["Sigmoid"](x, 2.0))
    assert torch.equal(table["ReLU"](x, 5.0), table["ReLU"](x))


def test_slope_jump_of_known_functions():
    assert activations.slope_jump(torch.abs) == pytest.approx(2)
    assert activations.slope_jump(torch.sin) == 0
    assert activations.slope_jump(torch.square, step=1e-2) == pytest.approx(0.02)


def test_limits_leave_out_what_does_not_belong():
    limits = activations.limits()
    assert (len(limits["left_deviation"]), len(limits["right_deviation"])) == (5, 5)
    assert limits["sigmoid_deviation"] == pytest.approx(29)
    assert max(map(abs, activations.limits(far=1.0)["left_deviation"])) > 0.3


def test_softplus_is_farthest_from_relu_at_zero():
    found = activations.smoothed_relu("Softplus")
    assert found["largest_deviation"] == pytest.approx(math.log(2))
    assert max(found["far_deviation"]) < 1e-4
    assert found["jump"] < 1e-4


def test_the_larger_of_both_is_prelu_for_small_slopes_alone():
    found = activations.prelu_deviations(cases=8)
    assert set(found["deviation_up_to_1"]) == {0.0}
    assert min(found["deviation_at_2"]) > 0
    x = torch.tensor([-1.0, 1.0])
    assert activations.larger_of_both(x, 2.0).tolist() == [-1, 2]
