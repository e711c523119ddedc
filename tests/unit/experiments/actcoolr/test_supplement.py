"""The listings of the supplement: right where they are right, off where they are broken."""

import pytest

from relu_book.claims import judge
from relu_book.experiments.actcoolr import supplement

WRONG = "wrong as printed; corrected: holds"


def verdict(claim, measured):
    return judge(claim, measured).words


def test_the_helpers_have_two_bases():
    assert supplement.temp2prob(supplement.prob2temp(0.5)) == pytest.approx(0.632, abs=5e-4)
    assert verdict("alg-S.b", supplement.there_and_back()) == WRONG


def test_a_full_step_arrives(monkeypatch):
    assert verdict("alg-S.a", supplement.one_full_step()) == "holds"
    monkeypatch.setattr(supplement, "ROOT", 1.4)
    assert verdict("alg-S.a", supplement.one_full_step()) == "fails"


def test_the_listing_divides_twice():
    assert verdict("alg-S.c", supplement.way_to_the_rate()) == WRONG
    assert supplement.way_to_the_rate()["reached"] == pytest.approx([15 / 64, 0.19])
