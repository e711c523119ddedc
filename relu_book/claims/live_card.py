"""The card of a verdict where somebody works in a notebook: that of the book, with its own style.

A front end such as JupyterLab knows nothing of the book's style sheet, so a live card brings what
it needs: colours of the verdict, and for all else those of the text around it, light or dark.
"""

from dataclasses import replace
from functools import cache

from relu_book import runs
from relu_book.claims import ledger
from relu_book.claims.cards import BOOK, COLOURS, card
from relu_book.claims.verdicts import Verdict

_STYLE = (
    ".relu-card{border:1px solid #8888;border-left:.4rem solid var(--piece,#888);margin:.4rem 0;"
    "max-width:50rem;overflow-wrap:anywhere;padding:.3rem .8rem}"
    ".relu-card p{margin:.15rem 0}"
    ".relu-card summary{cursor:pointer;display:list-item}"
    ".relu-card b{background:var(--piece);border:1px solid;color:var(--sign);padding:0 .4rem}"
    ".relu-card svg{display:block;fill:none;max-width:100%;stroke:currentColor;stroke-width:2;"
    "width:15rem}"
    ".relu-card path:first-child{stroke-dasharray:3 2;stroke-width:1}"
    ".relu-card path:last-child{stroke-linecap:round;stroke-width:6}"
)


def live_card(verdict: Verdict) -> str:
    """The card of a verdict in HTML, with the style that it needs; formulas are left to MathJax.

    It leads to the ledger of the published book, and names the records that it was judged by.

    Example:
        >>> from relu_book.claims import judge
        >>> live_card(judge("fig-2.5.b", {"exact_counts": [2, 4]}))[:30]
        '<style>.relu-card{border:1px s'
    """
    claim = verdict.claim
    (block,) = ledger.printed(f"{verdict}\n", [claim.id])
    entry = ledger.entry(claim, block, None, None)
    shown = card(replace(entry, settings=verdict.evidence), _costs(), f"{BOOK}/claims.html")
    style = _STYLE
    if verdict.verdict in COLOURS:
        piece, sign = COLOURS[verdict.verdict]
        style += f"[data-verdict='{verdict.verdict}']{{--piece:{piece};--sign:{sign}}}"
    return f"<style>{style}</style>{shown}"


@cache
def _costs() -> dict:
    return {name: runs.find(name).expected for name in runs.names()}
