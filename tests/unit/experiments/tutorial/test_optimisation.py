"""Steps, momentum, decay and cross entropy: right rules are told from wrong ones."""

import math
from functools import partial

import numpy as np
import pytest
import torch

from relu_book.experiments.tutorial import optimisation
from relu_book.parallel import columns


def right(w, gradient, velocity, rate, beta):
    velocity = beta * velocity + gradient
    return w - rate * velocity, velocity


def dampened(w, gradient, velocity, rate, beta):
    velocity = beta * velocity + (1 - beta) * gradient
    return w - rate * velocity, velocity


def test_momentum_is_told_from_its_dampened_form():
    assert (
        columns(lambda seed: optimisation.momentum(seed, right), range(4))["deviation"].max()
        < 1e-12
    )
    wrong = columns(lambda seed: optimisation.momentum(seed, dampened), range(1, 4))
    assert wrong["deviation"].min() > 1e-3


def test_decay_rules_are_told_apart():
    def usual(w, rate, strength):
        return rate * strength * w

    def printed(w, rate, strength):
        return rate * (1 - strength) * w

    def decoupled(w, rate, strength):
        return strength * w

    def all_of_it(w, rate, strength):
        return (1 - strength) * w

    l2 = partial(optimisation.l2_decay, usual=usual, printed=printed)
    found = columns(l2, range(20))
    assert found["deviation_usual"].max() < 1e-12
    assert found["deviation_printed"].min() > 1e-2
    found = columns(partial(optimisation.decoupled_decay, a=decoupled, b=all_of_it), range(20))
    assert found["deviation_a"].max() < 1e-12
    assert found["change_a"].max() == 0
    assert min(found["deviation_b"].max(), found["change_b"].max()) > 0.1


@pytest.mark.parametrize("seed", range(5))
def test_gradient_steps_that_are_too_long_raise_the_loss(seed):
    assert optimisation.improvement(seed)["improvement"] > 0
    assert optimisation.improvement(seed, learning_rate=100.0)["improvement"] < 0


@pytest.mark.parametrize("seed", range(3))
def test_batches_average_to_the_full_gradient(seed):
    assert optimisation.batch_gradient(seed)["deviation"] < 1e-12
    # 32 samples in 3 batches of 11, 11 and 10: no longer equal, no longer exact.
    assert optimisation.batch_gradient(seed, batches=3)["deviation"] > 1e-6


@pytest.mark.parametrize("seed", range(4))
def test_the_penalty_has_the_weight_as_its_gradient(seed):
    assert optimisation.penalty(seed)["deviation"] < 1e-12


def test_the_way_down_the_quadratic_step_by_step():
    weights, losses = optimisation.losses_on_quadratic(0.015, 0.9, (1.0, -0.5), 30)
    w, v = [1.0, -0.5], [0.0, 0.0]
    for step in range(31):
        assert weights[step].tolist() == pytest.approx(w)
        assert losses[step] == pytest.approx((w[0] ** 2 + 100 * w[1] ** 2) / 2)
        for axis, curvature in enumerate((1, 100)):
            v[axis] = 0.9 * v[axis] + curvature * w[axis]
            w[axis] -= 0.015 * v[axis]


def test_many_rates_at_once_are_each_its_own_way():
    rates = np.array([0.001, 0.01, 0.019])
    together, losses = optimisation.losses_on_quadratic(rates, 0.5, (0.3, 0.7), 20)
    for column, rate in enumerate(rates):
        alone, loss = optimisation.losses_on_quadratic(rate, 0.5, (0.3, 0.7), 20)
        np.testing.assert_array_equal(together[:, :, column], alone)
        np.testing.assert_array_equal(losses[:, column], loss)


@pytest.mark.parametrize("beta", [0.0, 0.9])
def test_fewest_steps_reach_the_goal_and_stay(beta):
    needed, rate = optimisation.fewest_steps(beta, (0.6, 0.8))
    _, losses = optimisation.losses_on_quadratic(rate, beta, (0.6, 0.8), 1000)
    assert (losses[needed:] <= 1e-6).all()
    assert losses[needed - 1] > 1e-6
    assert optimisation.fewest_steps(beta, (0.6, 0.8), goal=1e9)[0] == 0


def test_fewest_steps_without_momentum_are_near_the_theory():
    # The best rate is 2 / (1 + 100); both axes then shrink by 99 / 101 a step.
    needed, rate = optimisation.fewest_steps(0.0, (1.0, 0.1))
    assert rate == pytest.approx(2 / 101, rel=0.02)
    theory = math.log(1e-6) / (2 * math.log(99 / 101))
    assert 0.9 * theory < needed <= theory + 1


def test_momentum_needs_fewer_steps_from_every_start():
    found = columns(optimisation.steps_with_and_without_momentum, (0, 7))
    start = np.cos(0.15 * 5 * np.pi), np.sin(0.15 * 5 * np.pi)
    assert found["steps_without"][1] == optimisation.fewest_steps(0.0, start)[0]
    assert (found["steps_with_momentum"] < found["steps_without"]).all()


@pytest.mark.parametrize("seed", range(10))
def test_softmax_and_its_loss(seed):
    found = optimisation.cross_entropy(seed, lambda z: torch.softmax(z, 1))
    assert max(found.values()) < 1e-12
    wrong = optimisation.cross_entropy(seed, lambda z: torch.softmax(2 * z, 1))
    assert wrong["sum_deviation"] < 1e-12 < wrong["loss_deviation"]
