"""The card of a claim: what it says, that it says no more, and what its picture shows."""

import html
import re
from dataclasses import replace
from pathlib import Path

import pytest

from relu_book import runs
from relu_book.claims import VERDICTS, Correction, ledger, load_claims
from relu_book.claims.cards import SIGNS, card, typeset
from relu_book.claims.ledger import Entry

ROOT = Path(__file__).resolve().parents[3]
COSTS = {name: runs.find(name).expected for name in runs.names()}
CLAIMS = load_claims()
CLAIM = CLAIMS["fig-2.6.a"]
JUDGED = Entry(CLAIM, "holds", "holds", {"measured": "exact_sectors 256"}, "one.html")


def text(shown: str) -> str:
    """What a reader reads, and hears of the pictures."""
    pictures = re.sub(r'<svg[^>]*aria-label="([^"]*)"', r"\1<svg", shown)
    return html.unescape(re.sub(r"<[^>]*>", " ", pictures))


def numbers(words: str) -> set[str]:
    return set(re.findall(r"\d+(?:[.,]\d+)*(?:e[+-]?\d+)?", words))


def judged(interval: str) -> str:
    return card(replace(JUDGED, parts={"interval": interval}), {})


def test_a_card_begins_with_the_statement_and_the_verdict_with_its_sign():
    for verdict in VERDICTS:
        found = card(replace(JUDGED, verdict=verdict, words=f"{verdict}, so"), {})
        said = f"<b>{SIGNS[verdict]} {verdict}, so</b>".replace("<b> ", "<b>")
        assert 0 < found.index(CLAIM.statement) < found.index(said) < found.index("<details>")
        assert f'data-verdict="{verdict}"' in found


def test_a_card_in_a_chapter_leads_to_the_one_in_the_ledger_and_back():
    assert 'id="fig-2.6.a"' in card(JUDGED, {})
    assert '<a href="one.html#claim-fig-2.6.a">chapter</a>' in card(JUDGED, {})
    there = card(JUDGED, {}, "claims.html")
    assert 'id="claim-fig-2.6.a"' in there and '<a href="claims.html#fig-2.6.a">' in there
    assert ">chapter<" not in there and ">chapter<" not in card(Entry(CLAIM), {})


def test_a_claim_that_two_records_decide_names_both():
    rows = [row for row in ledger.entries(ROOT) if row.claim.beside and row.verdict != "not run"]
    assert rows
    for row in rows:
        found = card(row, COSTS)
        for experiment in row.claim.experiments:
            assert f"<code>relu-book run {experiment} --scale " in found
            assert f"/data/records/{experiment}/desk/record.nc" in found
        assert '>record</a> <a href="' in found and ">second record</a>" in found
        assert all(f"<p>{setting}" in found for setting in row.settings)
        assert len(row.settings) == len(row.records) == 2


def test_a_card_holds_no_number_that_was_typed_by_hand():
    rows = ledger.entries(ROOT)
    assert any(row.settings for row in rows) and any("interval" in row.parts for row in rows)
    for row in rows:
        told = [str(row.claim), row.words, *row.parts.values(), *row.settings, str(row.page)]
        for experiment in row.claim.experiments:
            told += COSTS.get(experiment, {}).values()
        missing = numbers(text(card(row, COSTS))) - numbers(" ".join(told))
        tolerance = row.claim.tolerance
        assert missing <= ({f"{tolerance:g}"} if tolerance is not None else set()), row.claim.id


def test_formulas_are_for_mathjax_and_all_else_is_text():
    assert typeset(r"If a < b, $2^D < \eta$ & so") == (
        r'If a &lt; b, <span class="math">\(2^D &lt; \eta\)</span> &amp; so'
    )


def test_rules_notes_and_what_is_found_instead_have_formulas_too():
    other = Correction("It is $a$.", "exact_sectors == 256", "It is $b$.")
    claim = replace(CLAIM, rule_text="It is $c$.", note="Not $d$.", corrected=other)
    found = card(replace(JUDGED, claim=claim), {})
    assert all(f'<span class="math">\\({name}\\)</span>' in found for name in "abcd")
    assert "$" not in found


def test_no_sentence_types_a_formula_that_can_be_typeset():
    typed = re.compile(r"\^|\b[A-Za-z] [-+=/<>] \w|\blog2\b|\b[A-Za-z]\([a-z]|\blambda\b|\d x \d")
    for claim in CLAIMS.values():
        for sentence in set(claim.sentences) - set(claim.statements):
            words = re.sub(r"\$[^$]*\$", "", sentence)
            assert not typed.search(words), f"{claim.id}: {sentence}"


@pytest.mark.parametrize(
    ("interval", "words"),
    [
        ("a - b 0.9 [0.668, 1.13], 5 seeds, against 0", "0.668 to 1.13 is above 0"),
        ("a -2.5 [-3, -2e-06], 5 seeds, against 0", "-3 to -2e-06 is below 0"),
        ("share of a > 0.5 1 [0.478, 1], 5 seeds, against 0.8", "0.478 to 1 contains 0.8"),
        ("a 0.2 [0.15, 0.3], 5 seeds, against 0.1 to 0.5", "0.15 to 0.3 is inside 0.1 to 0.5"),
        ("a 0.2 [0.05, 0.3], 5 seeds, against 0.1 to 0.5", "0.05 to 0.3 is partly in 0.1 to 0.5"),
        ("a 1 [1, 2], 5 [4, 6], 5 seeds, against 3", "1 to 2 is below 3; 4 to 6 is above 3"),
        ("a over 18 layers 1 [0, 2] ... 5 [4, 6], 5 seeds, against 3", "0 to 2 is below 3; 4 to 6"),
    ],
)
def test_a_picture_is_told_in_words(interval, words):
    found = judged(interval)
    assert f'aria-label="{words}' in found
    limits, lines, middles = re.findall(r'<path d="([^"]*)"', found)
    assert lines.count("H") == middles.count("h0") == interval.count("[")
    assert limits.count("v") == (2 if "0.1 to 0.5" in words else 1)


def test_a_picture_is_drawn_to_scale():
    limits, line, middle = re.findall(
        r'<path d="([^"]*)"', judged("a 2 [1, 3], 5 seeds, against 5")
    )
    assert (limits, line, middle) == ("M195 0v10", "M5 5H100", "M52 5h0")


@pytest.mark.parametrize(
    "interval", ["a 3, no interval", "a 0.02 [0.01, 0.03], 5 seeds", "a 0 [0, 0], 5 seeds"]
)
def test_what_is_compared_with_nothing_has_no_picture(interval):
    assert "<svg" not in judged(interval) and interval in " ".join(text(judged(interval)).split())


def test_long_measurements_are_folded():
    for length, folded in ((260, False), (261, True)):
        found = card(replace(JUDGED, parts={"measured": "x" * length}), {})
        assert (found.index("x" * length) > found.index("<details>")) == folded
        assert found.count("x" * length) == 1


def test_each_verdict_shows_what_it_rests_on_without_a_click():
    for row in ledger.entries(ROOT):
        if row.verdict != "not run":
            shown = card(row, COSTS).split("<details>")[0]
            found = row.parts.get("interval", "").split(" ")[0] or row.parts["measured"]
            if len(found) > 260:
                found = row.parts["report"]
            assert found and html.escape(found) in shown, row.claim.id
