"""Items 5 and 6 of algorithm 6: right where they are right, off where they are broken."""

import pytest

from relu_book.actcoolr import DynamicPolicy, ThesisPolicy, thesis
from relu_book.claims import judge
from relu_book.experiments.actcoolr import steps


def verdict(claim, measured):
    return judge(claim, measured).words


def test_the_linear_target_and_the_cap(monkeypatch):
    assert verdict("alg-6.g", steps.linear_target()).startswith("holds")
    monkeypatch.setattr(thesis, "HIGHEST", 0.999)
    assert verdict("alg-6.g", steps.linear_target()) == "fails"


@pytest.fixture(scope="module")
def at_the_limits():
    return steps.out_of_range()


def test_a_training_ends_where_the_rate_leaves_its_limits(at_the_limits):
    assert verdict("alg-6.h", at_the_limits).startswith("holds")


def test_rates_above_the_limit_end_a_training(at_the_limits):
    assert at_the_limits["ended_beyond"][:2] == [True, True]
    assert at_the_limits["ended_within"] == [False, False]
    assert at_the_limits["rates_for_smaller"] == [1e-10, 1e-10]


def test_two_counters_of_large_corrections(monkeypatch):
    assert verdict("txt-3.3.2.5", steps.two_counters()).startswith("holds")
    monkeypatch.setattr(steps, "ThesisPolicy", lambda consecutive: ThesisPolicy())
    assert verdict("txt-3.3.2.5", steps.two_counters()) == "fails"


def test_between_the_fits_the_scheduler_does_as_described(monkeypatch):
    assert verdict("alg-6.i", steps.between_the_fits()).startswith("holds")
    observe = ThesisPolicy.observe

    def indifferent(policy, seen, target):
        policy.error_muthresh = 5.0
        observe(policy, seen, target)

    monkeypatch.setattr(ThesisPolicy, "observe", indifferent)
    assert verdict("alg-6.i", steps.between_the_fits()) == "fails"


def test_how_often_the_policies_measure(monkeypatch):
    assert verdict("tab-A.1.probing-step-size", steps.intervals()) == "setting, followed"
    monkeypatch.setattr(DynamicPolicy, "probing_step_size", 8)
    assert verdict("tab-A.1.probing-step-size", steps.intervals()) != "setting, followed"
