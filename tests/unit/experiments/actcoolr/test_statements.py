"""Formulas, fits of three points and defaults: right where they are right, off where broken."""

import numpy as np
import pytest

from relu_book.claims import judge, load_claims
from relu_book.experiments.actcoolr import statements
from relu_book.transition import LogNormal


def verdict(claim, measured):
    return judge(claim, measured).words


WRONG = "wrong as printed; corrected: holds"
BROKEN = "wrong as printed; corrected: fails"


def test_both_signs_of_mu_have_their_equation(monkeypatch):
    assert verdict("eq-3.43", statements.two_signs_of_the_rate()) == WRONG
    assert verdict("eq-3.44", statements.two_signs_of_mu()) == WRONG
    monkeypatch.setattr(statements, "erf", lambda x: np.tanh(1.1 * x))
    assert verdict("eq-3.43", statements.two_signs_of_the_rate()) == BROKEN
    assert verdict("eq-3.44", statements.two_signs_of_mu()) == BROKEN


def test_the_library_takes_the_sign_of_3_17():
    mu, sigma, probability = (values[0].item() for values in statements.random_cases(1))
    rate = LogNormal(mu, sigma).learning_rate(probability)
    assert np.isclose(statements.equation_3_17(rate, mu, sigma), probability)
    assert not np.isclose(statements.equation_3_42(rate, mu, sigma), probability)


def test_the_target():
    assert verdict("eq-3.45.a", statements.ends_of_the_target()).startswith("holds")
    found = statements.time_above_half()
    assert verdict("eq-3.45.b", found) == WRONG
    gamma = np.array(found["gamma"])
    assert np.allclose(found["time_above_half"], 1 - 0.5 ** (1 / gamma), atol=1e-4)
    assert np.allclose(found["time_above_half_late"], 0.5 ** (1 / gamma), atol=1e-4)
    assert verdict("eq-3.45.c", statements.along_the_line()) == WRONG
    assert verdict("eq-3.45.c", statements.along_the_line(gamma=2.0)) == BROKEN


def test_the_start_temperature_is_in_bits(monkeypatch):
    assert verdict("fig-3.22.g", statements.start_temperature()) == "holds"
    monkeypatch.setattr(statements, "BITS", 3.0)
    assert verdict("fig-3.22.g", statements.start_temperature()) == "fails"


def test_model_and_inverses_agree(monkeypatch):
    assert verdict("alg-6.a", statements.three_round_trips()) == "holds"
    right = statements.equation_3_17
    monkeypatch.setattr(
        statements, "equation_3_17", lambda rate, mu, sigma: right(rate, mu + 0.01, sigma)
    )
    assert verdict("alg-6.a", statements.three_round_trips()) == "fails"


def test_three_counted_points_are_enough():
    found = statements.three_points()
    assert verdict("txt-3.3.2.1", found) == "holds"
    few = {name: found[f"{name}_256"] for name in ("error_mu", "error_sigma")}
    assert verdict("txt-3.3.2.1", found | few) == "fails"


def test_a_cut_of_singular_values_empties_the_fit_or_changes_nothing():
    found = judge("alg-6.f", statements.cut_singular_values())
    assert found.words == "undecided (the readings disagree)"
    assert sorted(found.parts.values()) == ["fails", "holds"]
    both_empty = statements.cut_singular_values(threshold=1.5)
    assert verdict("alg-6.f", both_empty) == "fails"


@pytest.mark.parametrize("claim", statements.defaults())
def test_a_default_is_that_of_the_table(claim):
    assert verdict(claim, statements.defaults()[claim]) == "setting, followed"


def test_every_row_of_the_table_is_asked_for():
    rows = {claim for claim in load_claims() if claim.startswith("tab-A.1.")}
    assert rows - statements.defaults().keys() == {"tab-A.1.probing-step-size"}  # of ``steps``
