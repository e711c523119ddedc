"""Algorithm 6 on transitions that are known, and on scripted measurements."""

from dataclasses import fields

import numpy as np
import pytest

from relu_book.actcoolr import DivergedError, Limits, Seen, ThesisPolicy
from relu_book.transition import LogNormal


def begun(**options):
    policy = ThesisPolicy(**options)
    policy.begin(Limits(), 0.1)
    return policy


def fitted(mu, sigma):
    policy, tried = begun(), []

    def try_at(rate):
        tried.append(rate)
        return Seen(rate, LogNormal(mu, sigma).probability(rate))

    rate = policy.fit(try_at, 0.6)
    policy.observe(Seen(rate, 0.6), 0.6)  # the step itself is measured too
    return policy, rate, tried


def test_the_defaults_are_those_of_table_a1():
    given = {each.name: each.default for each in fields(ThesisPolicy)}
    assert given["remeasure_init"] == (0.25, 0.5, 0.75)
    assert np.allclose(given["initlrs"], np.logspace(-4, 2, 25))
    assert (given["error_num"], given["error_muthresh"]) == (5, 2.5)
    assert (given["remeasure_jump"], given["max_while_loop"]) == (2.0, 100)
    assert (begun().mu, begun().sigma, begun().wants_fit) == (-1.0, 1.0, True)
    assert (Limits().min_lr, Limits().max_lr, Limits().every) == (1e-10, 1e10, 8)


@pytest.mark.parametrize("mu", [-8.0, -4.0, 0.0, 4.0])
@pytest.mark.parametrize("sigma", [0.3, 1.0, 3.0])
def test_a_fit_finds_any_transition(mu, sigma):
    policy, rate, tried = fitted(mu, sigma)
    assert np.allclose([policy.mu, policy.sigma], [mu, sigma], atol=1e-3)
    assert np.isclose(LogNormal(mu, sigma).probability(rate), 0.6)
    assert len(tried) <= 50 and not policy.wants_fit


def test_a_transition_sharper_than_a_doubling_is_found():
    policy, _, _ = fitted(0.3, 0.05)
    assert np.allclose([policy.mu, policy.sigma], [0.3, 0.05], atol=2e-3)


def test_where_nothing_changes_the_model_stays_and_the_history_tells():
    policy = begun()
    policy.fit(lambda rate: Seen(rate, 0.0), 0.6)
    assert (policy.mu, policy.sigma, policy.wants_fit) == (-1.0, 1.0, False)
    assert policy.notes[0].startswith("no new fit (")


def test_the_searches_of_a_fit_have_one_bound_and_the_history_tells():
    policy, tried = begun(max_while_loop=7), []

    def saturates(rate):
        tried.append(rate)
        return Seen(rate, LogNormal(0.0, 30.0).probability(rate))

    policy.fit(saturates, 0.6)
    assert len(tried) == 3 + 7
    assert policy.notes[0] == "the search ended at max_while_loop=7"
    policy, tried = begun(), []
    policy.fit(lambda rate: tried.append(rate) or Seen(rate, 0.0), 0.6)
    assert policy.notes[-1].endswith(f"; {len(tried)} rates tried)") and len(tried) == 28


def scripted(policy, mus):
    """Measurements that correct μ to these, one by one."""
    asked = []
    for mu in mus:
        probability = LogNormal(mu, policy.sigma).probability(1.0)
        policy.observe(Seen(1.0, probability), 0.5)
        asked.append(policy.wants_fit)
    return asked


def test_errors_are_counted_since_the_fit_or_in_a_row():
    large = [2.0, -2.0, 2.0, -2.0]
    script = [*large, -2.1, 2.0]
    for consecutive, expected in ((False, True), (True, False)):
        policy, _, _ = fitted(-2.0, 1.0)
        policy.consecutive = consecutive
        assert scripted(policy, script) == [False] * 5 + [expected]


def test_every_measurement_corrects_mu_also_by_much():
    policy, _, _ = fitted(-2.0, 1.0)
    scripted(policy, [2.0])
    assert np.isclose(policy.mu, 2.0)


def test_a_share_of_0_or_1_asks_for_a_fit_but_for_a_target_of_less_than_one_evaluation():
    for probability, target, stale in ((1.0, 0.5, True), (0.0, 0.5, True), (0.0, 0.001, False)):
        policy, _, _ = fitted(-2.0, 1.0)
        policy.observe(Seen(1.0, probability, evaluations=64), target)
        assert policy.wants_fit == stale and np.isclose(policy.mu, -2.0, atol=1e-3)


def test_rates_stay_within_the_limits_or_end_the_training():
    policy, _, _ = fitted(-2.0, 1.0)
    assert policy.rate(0.0) == 1e-10
    assert policy.rate(1.0) == policy.rate(0.99)
    policy.state["mu"] = -60.0
    assert policy.rate(0.5) == 1e-10
    policy.state["mu"] = 40.0
    with pytest.raises(DivergedError, match=r"asks for the rate 2.35e\+17, above max_lr=1e\+10"):
        policy.rate(0.5)
