"""Sphinx extension: what ``check`` and ``summary`` printed in a chapter is shown as cards.

The stored output is text, which the tests compare; it names the claim and what was measured. The
card (``relu_book.claims.cards``) adds the statement, the rule and the record, and is made here,
when the book is built, so that the notebooks hold none of it. A card whose statement has a formula
brings MathJax to its page.
"""

import re
from functools import cache
from html import unescape

from docutils import nodes
from sphinx.application import Sphinx

from relu_book import runs
from relu_book.claims import ledger, load_claims
from relu_book.claims.cards import anchor, brief, card
from relu_book.claims.ledger import Entry, Printed
from relu_book.claims.ledger_page import sentence
from relu_book.records import repository

LEDGER = "book/claims"
FORMULA = '<span class="math">'
SUMMARY = re.compile(r'<table class="claims table">.*?</table>', re.DOTALL)
ROW = re.compile(r"<tr><td>(.*?)</td>.*<td>(.*?)</td></tr>")


class Cards:
    """The cards of one chapter.

    Args:
        page: Name of its page, such as ``tutorial.html``.
        address: Where the ledger is, as seen from it.
    """

    def __init__(self, page: str, address: str) -> None:
        self.page, self.address = page, address
        self.claims, self.root = load_claims(), repository()
        self.costs = {name: runs.find(name).expected for name in runs.names()}
        self.entries: dict[str, Entry] = {}

    def instead_of(self, output: nodes.literal_block) -> list[nodes.Node]:
        """The output with a card for the first block on each claim, other text as it is."""
        text, end, parts = output.astext(), 0, []
        for block in ledger.printed(text, self.claims):
            if block.id not in self.entries:
                parts += [*self._rest(output, text[end : block.span[0]]), self._card(block)]
                end = block.span[1]
        return [*parts, *self._rest(output, text[end:])] if parts else [output]

    def _card(self, block: Printed) -> nodes.raw:
        found = ledger.entry(self.claims[block.id], block, self.page, self.root)
        self.entries[block.id] = found
        return nodes.raw("", card(found, self.costs, self.address), format="html")

    def _rest(self, output: nodes.literal_block, text: str) -> list[nodes.Node]:
        if not text.strip():
            return []
        return [nodes.literal_block(text, text, **output.attributes)]

    def summary(self, table: str) -> str:
        """The table at the end of a chapter as short cards, which lead to the whole ones."""
        rows = []
        for name, words in ROW.findall(table):
            claim = self.claims[unescape(name)]
            judged = self.entries.get(claim.id) or stored_entries().get(claim.id)
            rows.append(judged or Entry(claim, "not run", unescape(words)))
        short = "".join(
            f'<div class="relu-card" data-verdict="{row.verdict}">'
            + brief(
                row,
                f"{self.address}#{row.claim.id}",
                card=self._place(row),
            )
            + "</div>"
            for row in rows
        )
        return (
            f'<div class="relu-summary"><p>{sentence(rows)}<details>'
            f"<summary>the statements, one by one</summary>{short}</details></div>"
        )

    def _place(self, row: Entry) -> str | None:
        """Where the whole card is: here, or in another part of the chapter."""
        if row.page is None:
            return None
        return f"{'' if row.page == self.page else row.page}#{anchor(row.claim.id)}"


@cache
def stored_entries() -> dict[str, Entry]:
    """What all chapters have stored, by claim."""
    return {each.claim.id: each for each in ledger.entries(repository())}


def show_cards(app: Sphinx, document: nodes.document) -> None:
    name = app.env.docname
    cards = Cards(f"{name.split('/')[-1]}.html", app.builder.get_relative_uri(name, LEDGER))
    for output in list(document.findall(nodes.literal_block)):
        if {"output", "stream"} <= set(output["classes"]):
            output.parent.replace(output, cards.instead_of(output))
    for raw in list(document.findall(nodes.raw)):
        if SUMMARY.search(raw.astext()):
            table = SUMMARY.sub(lambda found: cards.summary(found[0]), raw.astext())
            raw.parent.replace(raw, nodes.raw("", table, format="html"))
    if any(FORMULA in raw.astext() for raw in document.findall(nodes.raw)):
        app.env.get_domain("math").data["has_equations"][name] = True


def setup(app: Sphinx) -> dict:
    app.connect("doctree-read", show_cards)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
