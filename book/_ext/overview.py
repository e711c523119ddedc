"""Sphinx extension: the directive ``overview`` draws the ledger at a glance.

One bar a chapter, one piece of it a verdict; each piece is a link to these rows of the ledger. Its
colours (Okabe and Ito's, which colour-blind readers tell apart) stand in ``relu_book.css``, and a
sign before each number says the same without colour. It reads the rows of the generated ledger, so
that both always agree.
"""

import re
from collections import Counter
from html import escape
from pathlib import Path
from urllib.parse import urlencode

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from relu_book.claims.cards import SIGNS

LEDGER = "book/claims"
ROW = re.compile(r'id="[^"]*" data-chapter="([^"]*)" data-kind="[^"]*" data-verdict="([^"]*)"')


def overview(ledger: str, address: str) -> str:
    """The picture in HTML.

    Args:
        ledger: The page of the ledger, as generated.
        address: Where its links lead.
    """
    counts: dict[str, Counter] = {}
    for chapter, verdict in ROW.findall(ledger):
        counts.setdefault(chapter, Counter())[verdict] += 1
    largest = max(map(Counter.total, counts.values()))
    found = [verdict for verdict in SIGNS if any(each[verdict] for each in counts.values())]

    def link(text: str, label: str, style: str = "", **filters: str) -> str:
        kind = f' data-verdict="{filters["verdict"]}"' if "verdict" in filters else ""
        return (
            f'<a href="{address}#{escape(urlencode(filters))}"{kind}{style} '
            f'aria-label="{label}" title="{label}">{text}</a>'
        )

    legend = "".join(
        link(f"{SIGNS[verdict]} {verdict}".strip(), f"all claims with the verdict {verdict}: "
             f"{sum(each[verdict] for each in counts.values())}", verdict=verdict)
        for verdict in found
    )  # fmt: skip
    rows = ""
    for chapter, each in counts.items():
        name = chapter.replace("_", " ")
        pieces = "".join(
            link(f"{SIGNS[verdict]}{each[verdict]}", f"{name}, {verdict}: {each[verdict]}",
                 f' style="flex-grow:{each[verdict]}"', chapter=chapter, verdict=verdict)
            for verdict in found
            if each[verdict]
        )  # fmt: skip
        title = link(name, f"{name}, {each.total()} claims", chapter=chapter)
        width = 100 * each.total() / largest
        rows += f'<dt>{title}</dt><dd><div style="width:{width:.1f}%">{pieces}</div></dd>\n'
    return (
        f'<div class="relu-overview" role="group" '
        f'aria-label="Claims by chapter and verdict; each number leads to its rows of the ledger">'
        f"<p>{legend}</p>\n<dl>\n{rows}</dl></div>"
    )


class Overview(SphinxDirective):
    def run(self) -> list[nodes.Node]:
        path = Path(self.env.srcdir, f"{LEDGER}.md")
        self.env.note_dependency(path)
        address = self.env.app.builder.get_relative_uri(self.env.docname, LEDGER)
        return [nodes.raw("", overview(path.read_text(encoding="utf8"), address), format="html")]


def setup(app: Sphinx) -> dict:
    app.add_directive("overview", Overview)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
