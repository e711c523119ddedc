"""The picture on the first page: every piece is a link to its rows of the ledger."""

import re

import pytest
from overview import overview

from relu_book.claims.cards import SIGNS
from relu_book.claims.verdicts import VERDICTS

ROW = '<div class="relu-card" id="{}" data-chapter="{}" data-kind="exact" data-verdict="{}">\n'
LEDGER = (
    ROW.format("a", "two_words", "holds") * 3
    + ROW.format("b", "two_words", "fails")
    + ROW.format("c", "pruning", "not run")
)


def test_each_chapter_has_a_piece_for_each_verdict_that_it_has():
    drawn = overview(LEDGER, "claims.html")
    bars = re.findall(
        r'<dt><a href="([^"]*)".*?</dt><dd><div style="width:([\d.]+)%">(.*?)</dd>', drawn
    )
    assert [(link, width) for link, width, _ in bars] == [
        ("claims.html#chapter=two_words", "100.0"),
        ("claims.html#chapter=pruning", "25.0"),
    ]
    pieces = re.findall(r'href="([^"]*)" data-verdict="([^"]*)".*?aria-label="([^"]*)"', bars[0][2])
    assert pieces == [
        ("claims.html#chapter=two_words&amp;verdict=holds", "holds", "two words, holds: 3"),
        ("claims.html#chapter=two_words&amp;verdict=fails", "fails", "two words, fails: 1"),
    ]


def test_every_verdict_has_a_sign_of_its_own():
    assert set(SIGNS) == set(VERDICTS) and len(set(SIGNS.values())) == len(SIGNS)


@pytest.mark.parametrize("width", [1280, 390])
def test_a_piece_leads_to_the_rows_that_it_counts(site, visit, width):
    reader = visit(viewport={"width": width, "height": 844})
    page = reader.open(site / "book/intro.html")
    pieces = page.locator(".relu-overview dd a")
    labels = pieces.evaluate_all("all => all.map(a => a.getAttribute('aria-label'))")
    assert len(labels) > 10
    wider = pieces.evaluate_all(
        "all => all.filter(a => a.getBoundingClientRect().right > innerWidth).map(a => a.title)"
    )
    assert wider == []
    for label in (labels[0], labels[-1]):
        page = reader.open(site / "book/intro.html")
        piece = page.get_by_label(label, exact=True)
        piece.focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/claims.html#*")
        told = page.locator(".relu-ledger output").inner_text()
        assert told.split()[0] == label.rsplit(" ", 1)[1]
    assert reader.problems == []
