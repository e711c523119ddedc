"""The cards of the built book: one for each claim that a chapter judges, linked to the ledger."""

import re
from html import unescape

import nbformat
import pytest
from book_contents import NOTEBOOKS, ROOT
from docutils import nodes
from verdict_cards import Cards

from relu_book.claims import judge, ledger, load_claims
from relu_book.claims.cards import SIGNS, typeset

CLAIMS = load_claims()
CARD = re.compile(r'<div class="relu-card" id="([^"]*)".*?</details></div>', re.DOTALL)
STYLE = (ROOT / "book" / "_static" / "relu_book.css").read_text(encoding="utf8")


def cards(site, name: str) -> dict[str, str]:
    """The whole cards of a page by their place, each of which there is once."""
    text = (site / f"{name}.html").read_text(encoding="utf8")
    found = {card[1]: unescape(card[0]) for card in CARD.finditer(text)}
    assert len(found) == len(CARD.findall(text)) == text.count('class="relu-card" id=')
    return found


@pytest.fixture(scope="module")
def in_ledger(site):
    return cards(site, "book/claims")


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_each_claim_that_a_chapter_judges_has_one_card(site, in_ledger, name):
    printed = [
        block
        for cell in nbformat.read(ROOT / f"{name}.ipynb", as_version=4).cells
        for output in cell.get("outputs", [])
        for block in ledger.printed(output.get("text", ""), CLAIMS)
    ]
    found = cards(site, name)
    assert list(found) == [f"claim-{block.id}" for block in printed]
    page = name.removeprefix("book/") + ".html"
    for block in printed:
        card, words = found[f"claim-{block.id}"], block.parts["verdict"]
        sign = next(sign for verdict, sign in SIGNS.items() if words.startswith(verdict))
        assert unescape(typeset(CLAIMS[block.id].statement)) in card
        assert f"<b>{sign} {words}</b>".replace("<b> ", "<b>") in card
        assert f'href="claims.html#{block.id}"' in card
        assert f'href="{page}#claim-{block.id}"' in in_ledger[block.id]
    text = (site / f"{name}.html").read_text(encoding="utf8")
    assert not re.search(r"<pre>(<[^>]*>)*\s*[\w.-]+(</a>)?\n  measured: ", text)


def test_the_ledger_has_a_card_for_each_claim_and_leads_to_those_that_there_are(site, in_ledger):
    assert list(in_ledger) == list(CLAIMS)
    pages = {f"{name}.html".removeprefix("book/"): cards(site, name) for name in NOTEBOOKS}
    back = [
        (name, link)
        for name, card in in_ledger.items()
        for link in re.findall(r'href="([^"]*)">chapter<', card)
    ]
    assert len(back) == sum(map(len, pages.values())) > 0
    for name, link in back:
        page, place = link.split("#")
        assert place == f"claim-{name}" and place in pages[page]


def test_the_end_of_a_chapter_leads_to_the_ledger_and_to_its_cards(site):
    chapters = {claim.chapter for claim in CLAIMS.values()} & {name[5:] for name in NOTEBOOKS}
    assert chapters
    for chapter in chapters:
        # A chapter of several parts has its summary in the last of them.
        name = [part for part in NOTEBOOKS if part.startswith(f"book/{chapter}")][-1]
        text = (site / f"{name}.html").read_text(encoding="utf8")
        assert '<table class="claims' not in text
        rows = text[text.index('<div class="relu-summary">') :]
        links = re.findall(r'<p><a href="claims\.html#([^"]*)">\1</a>', rows)
        assert links == [name for name, claim in CLAIMS.items() if claim.chapter == chapter]
        cards = re.findall(r'href="([^"#]*)#claim-([^"]*)">card<', rows)
        assert cards and {claim for _, claim in cards} <= set(links)
        for page, claim in cards:
            there = (site / "book" / page).read_text(encoding="utf8") if page else text
            assert f'id="claim-{claim}"' in there


def test_what_stands_around_a_verdict_stays():
    cards = Cards("one.html", "claims.html")
    verdict = judge("fig-2.5.b", {"exact_counts": [2, 4]})
    output = nodes.literal_block("", f"before\n{verdict}\n{verdict}\nafter\n")
    first, card, rest = cards.instead_of(output)
    assert first.astext() == "before\n" and rest.astext() == f"{verdict}\nafter\n"
    assert isinstance(card, nodes.raw) and 'id="claim-fig-2.5.b"' in card.astext()
    assert cards.instead_of(rest) == [rest]


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * each for each in colour[1:])
    parts = (int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4))
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_the_word_of_a_verdict_stands_out_from_its_colour():
    found = re.findall(
        r'^\[data-verdict="([^"]*)"\] \{ --piece: (#\w+); --sign: (#\w+); \}$', STYLE, re.MULTILINE
    )
    assert {verdict for verdict, *_ in found} == set(SIGNS) - {"not run"}
    for verdict, *colours in found:
        low, high = sorted(map(luminance, colours))
        assert (high + 0.05) / (low + 0.05) >= 4.5, verdict


@pytest.mark.parametrize("name", ["tutorial", "pattern_evolution", "claims"])
def test_cards_stay_inside_a_phone(site, visit, name):
    page = visit(viewport={"width": 390, "height": 844}).open(site / f"book/{name}.html")
    page.evaluate("document.querySelectorAll('details').forEach(d => (d.open = true))")
    wider = page.evaluate(
        """() => [...document.querySelectorAll('.relu-card, .relu-card *')]
          .filter(e => !e.closest('mjx-assistive-mml') &&
            e.getBoundingClientRect().right > document.documentElement.clientWidth)
          .map(e => e.closest('.relu-card').id)"""
    )
    assert wider == []
    scrolls = page.evaluate(
        """() => [...document.querySelectorAll('.relu-card, .relu-card :is(p, details, dl)')]
          .filter(e => e.scrollWidth > e.clientWidth).map(e => e.closest('.relu-card').id)"""
    )
    assert scrolls == []
