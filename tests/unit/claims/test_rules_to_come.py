"""Rules that wait for their records can be read, and say what they replace and why."""

from pathlib import Path

import pytest

from relu_book.claims import load_claims

FILE = Path(__file__).resolve().parents[3] / "data" / "rules_to_come.yml"
TO_COME, TODAY = load_claims(FILE), load_claims()


@pytest.mark.parametrize("name", TO_COME)
def test_a_rule_to_come_replaces_one_of_today_with_date_and_reason(name):
    coming, today = TO_COME[name], TODAY[name]
    assert coming != today, "it stands in claims.yml already: take it out here"
    assert coming.chapter == today.chapter
    assert coming.revised and all(each.date and each.reason for each in coming.revised)
