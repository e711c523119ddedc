"""Where the assumptions of theorem 1 break, and that nothing breaks where they hold."""

import numpy as np

from relu_book.experiments.sensitivity import assumptions
from relu_book.transition import change_probability


def away(found, name, filters):
    shares = found.sel(assumption=name, filters=filters)
    return shares.values - change_probability(found.rate.values, 1.0, 1.0, filters)


def test_each_assumption_breaks_in_its_own_way():
    found = assumptions.simulated()
    for filters in found.filters.values:
        assert abs(away(found, "as assumed", filters)).max() < 0.012
    # A single filter depends on no other one; sixteen of them flip together.
    assert abs(away(found, "dependent", 1)).max() < 0.012
    assert found.sel(assumption="dependent", filters=16).values[-1] < 0.95
    tails = away(found, "heavy tails", 1)
    assert tails[5] > 0.01 and tails[-5] < -0.01
    assert away(found, "few inputs", 16).min() < -0.5
    assert away(found, "biases", 16)[2:].min() > -0.01


def test_the_layers_below_are_part_of_a_step():
    found = assumptions.of_a_loss(seeds=2).mean("seed")
    own, whole = (abs(found[name] - found.measured).max("rate") for name in ("own", "whole"))
    assert np.isclose(own.sel(layer=1), whole.sel(layer=1))
    assert (own > 2 * whole).values.tolist() == [False, True, True]


def test_ratios_are_those_of_a_step():
    images, labels = assumptions.digits(32)
    model = assumptions.mlp((64, 8, 8, 10), bias=0.0, seed=0).double()
    assumptions.cross_entropy(model(images.flatten(1)), labels).backward()
    (own, whole), (own_above, whole_above) = assumptions._ratios(model, images.flatten(1))
    before = images.flatten(1) @ model[0].weight.T
    change = images.flatten(1) @ model[0].weight.grad.T
    expected = (change.square().mean().sqrt() / before.square().mean().sqrt()).item()
    assert np.allclose([own, whole], expected, rtol=1e-6)
    assert own_above != whole_above
