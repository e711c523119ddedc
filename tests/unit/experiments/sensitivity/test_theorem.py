"""Theorem 1 and its proof: right where they are right, off where they are broken."""

import numpy as np
import pytest

from relu_book.claims import judge
from relu_book.experiments.sensitivity import theorem


def verdict(claim, measured):
    return judge(claim, measured).words


def test_a_sign_changes_from_its_critical_rate_on():
    rng = np.random.default_rng(0)
    before, gradient = rng.normal(size=(2, 1000))
    critical = theorem.critical_rates(before, gradient)
    for rate in (0.1, 1.0, 10.0):
        changed = (before > 0) != (before - rate * gradient > 0)
        assert changed.tolist() == (critical < rate).tolist()
        assert theorem.shares_below(np.array([rate]), critical) == changed.mean()


def test_the_formula_holds_in_wide_layers_and_over_the_data(monkeypatch):
    found = theorem.in_a_wide_layer()
    assert verdict("thm-1.a", found) == "holds"
    assert abs(found["deviation"]).max() < 0.005
    assert verdict("thm-1.b", theorem.over_the_data(filters=4000)) == "holds"
    right = theorem.change_probability
    monkeypatch.setattr(theorem, "change_probability", lambda r, g, c, d: right(r, 1.2 * g, c, d))
    assert verdict("thm-1.a", theorem.in_a_wide_layer()) == "fails"
    assert verdict("thm-1.b", theorem.over_the_data(filters=4000)) == "fails"


def test_second_moments_take_the_place_of_variances():
    found = theorem.variance_of_products()
    assert verdict("eq-3.19", found) == "wrong as printed; corrected: holds"


@pytest.mark.parametrize(
    ("claim", "measure"),
    [
        ("eq-3.26", theorem.at_a_fixed_gradient),
        ("eq-3.36", theorem.over_gradients),
        ("eq-3.37", theorem.owens_identity),
        ("eq-3.38", theorem.one_changed_sign),
    ],
)
def test_steps_of_the_proof(claim, measure, monkeypatch):
    assert verdict(claim, measure()) == "holds"
    right = theorem.ndtr, theorem.critical_rates
    monkeypatch.setattr(theorem, "ndtr", lambda x: right[0](1.1 * x))
    monkeypatch.setattr(theorem, "critical_rates", lambda c, g: right[1](1.1 * c, g))
    assert verdict(claim, measure()) == "fails"
