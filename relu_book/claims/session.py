"""The verdicts of this session: shown, and remembered for the summary of their chapter.

A verdict is printed, and its text is what a notebook stores, tests compare and the book makes a
card of. Where somebody works with a notebook's kernel, the card is shown in place of the text.
"""

from collections.abc import Mapping

from relu_book.claims.verdicts import Verdict, judge
from relu_book.notebooks import kernel_is_live

_session: dict[str, Verdict] = {}


def check(
    claim_id: str, /, measured: Mapping[str, object] | None = None, *, scale=None, **values
) -> None:
    """Judges a claim, prints measurement, rule and verdict, and remembers it for the summary.

    Args:
        claim_id: Id of a claim, such as ``fig-2.6.a``.
        measured: Measured quantities by name, see ``judge``.
        scale: Scale of the measurement, if it may be smaller than the claim needs.
        **values: More of them, as keywords.

    Raises:
        ValueError: As ``judge``, and if a quantity is given twice.

    Example:
        >>> check("fig-2.6.a", exact_sectors=256, sectors_on_grid=[254, 256, 255])
        fig-2.6.a
          measured: exact_sectors 256; sectors_on_grid 254, 256, 255
          rule: Exactly 256 sectors, of which the grid sees 250 to 256.
          verdict: holds
    """
    twice = sorted(set(measured or {}) & set(values))
    if twice:
        raise ValueError(f"{claim_id}: {twice[0]} is given twice")
    show(judge(claim_id, {**(measured or {}), **values}, scale=scale))


def show(verdict: Verdict) -> None:
    """Shows a verdict, its card to a person in a notebook, and remembers it for the summary."""
    _session[verdict.id] = verdict
    if kernel_is_live():
        from IPython.display import display

        from relu_book.claims.live_card import live_card

        display({"text/plain": str(verdict), "text/html": live_card(verdict)}, raw=True)
    else:
        print(verdict)


def remembered(claim_id: str) -> Verdict | None:
    """What was last shown on a claim in this session."""
    return _session.get(claim_id)
