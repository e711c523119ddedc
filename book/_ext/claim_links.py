"""Sphinx extension: the id of a claim, wherever a page names it, leads to its row of the ledger.

Linked are the ids in text, tables and outputs; those in the strings of code are left as they are.
"""

import re
from collections.abc import Callable, Iterable

from sphinx.application import Sphinx

from relu_book.claims import load_claims

LEDGER = "book/claims"
# What is shown as it is, then tags, each of which takes precedence over the text between them.
APART = re.compile(r"<(a|script|style|svg)\b.*?</\1>|<[^>]*>", re.DOTALL)


def linker(ids: Iterable[str], ledger: str) -> Callable[[str], str]:
    """A function that links these ids in HTML to the page at the address ``ledger``."""
    names = "|".join(map(re.escape, sorted(ids, key=len, reverse=True)))
    # A quoted id is code, "fig-3.4.x" another id, "fig-3.4." the end of a sentence.
    name = re.compile(rf"""(?<![\w.;"'-])(?:{names})(?![\w-]|\.\w)""")

    def in_text(text: str) -> str:
        return name.sub(rf'<a class="claim" href="{ledger}#\g<0>">\g<0></a>', text)

    def linked(html: str) -> str:
        parts, end = [], 0
        for apart in APART.finditer(html):
            parts += [in_text(html[end : apart.start()]), apart.group()]
            end = apart.end()
        return "".join([*parts, in_text(html[end:])])

    return linked


def link_claims(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    if doctree is not None and page not in (LEDGER, f"{LEDGER}_summary"):
        address = app.builder.get_relative_uri(page, LEDGER)
        context["body"] = linker(load_claims(), address)(context["body"])


def setup(app: Sphinx) -> dict:
    app.connect("html-page-context", link_claims)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
