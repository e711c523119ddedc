"""The dynamic variant of supplement D."""

import numpy as np
import pytest

from relu_book.actcoolr import DynamicPolicy, Limits, Seen


def begun(rate, **options):
    policy = DynamicPolicy(**options)
    policy.begin(Limits(), rate)
    return policy


def test_every_step_goes_down_the_last_gradient():
    policy = begun(0.5, scale="linear")
    policy.observe(Seen(0.5, 0.9), 0.4)
    assert np.allclose([policy.rate(0.3), policy.rate(0.2)], [0.45, 0.4])
    policy = begun(0.5)
    policy.observe(Seen(0.5, 0.9), 0.4)
    assert np.allclose([policy.rate(0.3), policy.rate(0.2)], 0.5 * np.exp([-0.05, -0.1]))


def test_a_rate_that_would_be_negative_is_the_lowest():
    policy = begun(0.01, scale="linear")
    policy.observe(Seen(0.01, 0.9), 0.4)
    assert policy.rate(0.4) == 1e-10


def test_temperatures_may_be_compared_in_place_of_probabilities():
    policy = begun(0.5, scale="linear", quantity="temperature")
    policy.observe(Seen(0.5, 0.75), 0.5)
    assert np.isclose(policy.rate(0.5), 0.4)
    with pytest.raises(ValueError, match="scale is 'log' or 'linear', not 'ln'"):
        DynamicPolicy(scale="ln")
