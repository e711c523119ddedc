"""The number system: right where it is right, found out where something is off."""

import numpy as np
import pytest
import torch

from relu_book.claims import judge
from relu_book.experiments.binarization import printed, statements

BY_CONSTRUCTION = "holds, by construction"
CORRECTED = "wrong as printed; corrected: holds"


def words(claim, measured):
    return judge(claim, measured).words


@pytest.mark.parametrize(
    ("claim", "measure", "expected"),
    [
        ("eq-4.1", statements.passed_through, BY_CONSTRUCTION),
        ("eq-4.2", statements.clipped, BY_CONSTRUCTION),
        ("txt-4.1.1", statements.gumbel, "holds"),
        ("eq-4.3", statements.one_bernoulli, BY_CONSTRUCTION),
        ("eq-4.4", statements.there_and_back, "holds"),
        ("eq-4.8.a", statements.mean_of_the_weight, BY_CONSTRUCTION),
        ("eq-4.10.a", statements.printed_variance, "holds"),
        ("eq-4.10.b", statements.bound, "holds"),
        ("eq-4.11", statements.relative_bound, BY_CONSTRUCTION),
        ("txt-4.2.1.1", statements.place_of_the_largest, "holds"),
        ("txt-4.2.1.2", statements.without_drawing, "holds"),
        ("fig-4.1.a", statements.staircase, BY_CONSTRUCTION),
        ("fig-4.1.b", statements.panels_below, BY_CONSTRUCTION),
        ("tab-4.1.cited", printed.quoted, "setting, followed"),
        ("tab-4.2.baseline", printed.base_lines, "holds"),
        ("txt-4.2.6.1", printed.few_accumulations, "holds"),
    ],
)
def test_the_number_system_is_as_described(claim, measure, expected):
    assert words(claim, measure()) == expected


def test_a_gradient_that_is_clipped_is_found_out(monkeypatch):
    right = statements.straight_through
    monkeypatch.setattr(statements, "straight_through", lambda q, x: right(q, x, 1.0))
    assert words("eq-4.1", statements.passed_through()) == "fails"
    monkeypatch.setattr(statements, "straight_through", lambda q, x, limit: right(q, x))
    assert words("eq-4.2", statements.clipped()) == "fails"


def test_numbers_that_are_off_are_found_out(monkeypatch):
    def too_often(probability, generator):
        return torch.bernoulli((probability + 0.02).clamp(0, 1), generator=generator)

    monkeypatch.setattr(statements, "bernoulli", too_often)
    assert words("eq-4.3", statements.one_bernoulli()) == "fails"


def test_a_weight_that_is_rounded_is_found_out(monkeypatch):
    right = statements.decode
    monkeypatch.setattr(statements, "decode", lambda code: right(code).nextafter(torch.tensor(0)))
    assert words("eq-4.4", statements.there_and_back()) == "fails"


def test_the_printed_logarithm_fails_just_below_powers_of_two_only():
    wide = torch.tensor([7.9999995, 7.99])
    logarithm = np.floor(np.log2(wide.double().numpy()).astype(np.float32))
    assert logarithm.tolist() == [3.0, 2.0]  # e = 3 for 7.9999995 would make p negative
    assert statements.encode(wide).exponent.tolist() == [2, 2]


def test_a_biased_draw_is_found_out(monkeypatch):
    right = statements.sample
    monkeypatch.setattr(
        statements, "sample", lambda w, n, generator: 1.005 * right(w, n, generator=generator)
    )
    assert words("eq-4.8.a", statements.mean_of_the_weight()) == "fails"


def test_a_variance_that_is_off_is_found_out(monkeypatch):
    right = statements.variance
    monkeypatch.setattr(statements, "variance", lambda w, n: 1.001 * right(w, n))
    for claim, measure in (
        ("eq-4.10.a", statements.printed_variance),
        ("eq-4.10.b", statements.bound),
        ("eq-4.11", statements.relative_bound),
        ("fig-4.1.b", statements.panels_below),
    ):
        assert words(claim, measure()) == "fails"


def test_the_variance_is_that_of_what_is_drawn():
    weights = torch.full((200_000,), 8 / 3, dtype=torch.float64)
    generator = torch.Generator().manual_seed(0)
    for n in (1, 4):
        drawn = statements.sample(weights, n, generator=generator)
        expected = float(statements.variance(weights[:1], n))
        assert float(drawn.var()) == pytest.approx(expected, rel=0.02)
        assert expected == pytest.approx((8 / 3) ** 2 / (8 * n))


def test_both_tables_are_complete():
    assert len(printed.TABLE_4_1) == 5 and len(printed.TABLE_4_2) == 17
    assert list(printed.TABLE_4_1.values()) == sorted(printed.TABLE_4_1.values(), reverse=True)
