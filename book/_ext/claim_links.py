"""Sphinx extension: the id of a claim, wherever a page names it, leads to its row of the ledger.

Linked are the ids in text, tables and outputs; those in the strings of code are left as they are.
The way back: the output in which a chapter judges a claim gets the anchor ``claim-<id>``, and the
row of the ledger leads there.
"""

import re
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

from sphinx.application import Sphinx

from relu_book.claims import load_claims

LEDGER = "book/claims"
# What ``check`` prints: the id alone on a line, then what was measured.
JUDGED = re.compile(
    r'(?P<before><pre><span></span>|\n)<a (?P<link>class="claim" href="[^"]*#(?P<id>[^"]+)">)'
    r"(?=(?P=id)</a>\n  \w+: )"
)
SECTION = re.compile(r'<tr id="([^"]+)".*?</tr>')
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


def with_anchors(html: str) -> str:
    """The page with an anchor at the first output that judges a claim."""
    seen = set()

    def anchored(block: re.Match) -> str:
        if block["id"] in seen:
            return block[0]
        seen.add(block["id"])
        return f'{block["before"]}<a id="claim-{block["id"]}" {block["link"]}'

    return JUDGED.sub(anchored, html)


def leading_back(ledger: str, pages: Callable[[str], str]) -> str:
    """The ledger with links to the outputs that judge, where they led to the section around them.

    Args:
        ledger: HTML of the page.
        pages: From the name of a page, such as ``tutorial.html``, to its HTML.
    """

    def row(found: re.Match) -> str:
        anchor = f"claim-{found[1]}"

        def link(section: re.Match) -> str:
            there = f'id="{anchor}"' in pages(section[1])
            return f'href="{section[1]}#{anchor}">section' if there else section[0]

        return re.sub(r'href="([^"#:]+)(?:#[^"]*)?">section', link, found[0])

    return SECTION.sub(row, ledger)


def link_claims(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    if doctree is not None and page not in (LEDGER, f"{LEDGER}_summary"):
        address = app.builder.get_relative_uri(page, LEDGER)
        context["body"] = with_anchors(linker(load_claims(), address)(context["body"]))


def link_back(app: Sphinx, exception: Exception | None) -> None:
    path = Path(app.outdir, f"{LEDGER}.html")
    if exception is None and app.builder.format == "html" and path.is_file():
        pages = cache(lambda name: (path.parent / name).read_text(encoding="utf8"))
        path.write_text(leading_back(path.read_text(encoding="utf8"), pages), encoding="utf8")


def setup(app: Sphinx) -> dict:
    app.connect("html-page-context", link_claims)
    app.connect("build-finished", link_back)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
