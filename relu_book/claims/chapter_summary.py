"""The claims of a chapter with the verdicts of this session, as a table for a notebook."""

import html
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from relu_book.claims import session
from relu_book.claims.catalogue import load_claims
from relu_book.claims.verdicts import VERDICTS, Verdict
from relu_book.claims.wording import plain
from relu_book.extras import needs

if TYPE_CHECKING:
    from relu_book.claims.ledger import Entry


def summary(chapter: str, parts: Iterable[str | Path] = ()) -> "Summary":
    """All claims of a chapter with the verdicts of this session, as a table for a notebook.

    Args:
        chapter: Name of a chapter, such as ``activation_cells``.
        parts: Notebooks with the other parts of the chapter, such as ``["first_part.ipynb"]``. What
            they have stored counts where this session has checked nothing.

    Returns:
        A table with HTML and text forms; claims that were not checked are ``not run``.

    Raises:
        ValueError: If no claim belongs to this chapter, or a part has stored what is not of today.
        FileNotFoundError: If a part is not there.

    Example:
        >>> len(summary("activation_cells").verdicts)
        60
    """
    claims = load_claims()
    before = _stored(parts)
    found = [
        session.remembered(name) or before.get(name) or Verdict(claim, "not run")
        for name, claim in claims.items()
        if claim.chapter == chapter
    ]
    if not found:
        known = sorted({claim.chapter for claim in claims.values()})
        raise ValueError(f"no claim belongs to chapter {chapter!r}; chapters: {', '.join(known)}")
    return Summary(chapter, tuple(found))


def _stored(parts: Iterable[str | Path]) -> "dict[str, Entry]":
    """What the notebooks of other parts have stored, by claim."""
    paths = [Path(part) for part in parts]
    if not paths:
        return {}
    for path in paths:
        if not path.is_file():
            raise FileNotFoundError(
                f"the summary reads the stored outputs of {path.name}, which is not in "
                f"{path.parent.resolve()}: run it where the other parts of the chapter are"
            )
    needs("a summary of several notebooks", "book", "nbformat", "docutils")
    from relu_book.claims.ledger import stored

    return stored(paths, load_claims())


@dataclass(frozen=True, repr=False)
class Summary:
    """Verdicts on the claims of a chapter.

    Attributes:
        chapter: Name of the chapter.
        verdicts: One verdict a claim, in the order of the sources; an ``Entry`` of the ledger where
            another part of the chapter has stored it.
    """

    chapter: str
    verdicts: "tuple[Verdict | Entry, ...]"

    @property
    def tally(self) -> Counter:
        """How many claims got each verdict."""
        return Counter(verdict.verdict for verdict in self.verdicts)

    def _headline(self) -> str:
        parts = [f"{self.tally[name]} {name}" for name in VERDICTS if self.tally[name]]
        return f"{len(self.verdicts)} claims: {', '.join(parts)}"

    def __repr__(self) -> str:
        width = max(len(verdict.id) for verdict in self.verdicts)
        rows = [f"{verdict.id:<{width}}  {verdict.words}" for verdict in self.verdicts]
        return "\n".join([self._headline(), *rows])

    def _repr_html_(self) -> str:
        rows = "\n".join(
            f"<tr><td>{html.escape(verdict.id)}</td>"
            f"<td>{html.escape(plain(verdict.claim.statement))}</td>"
            f"<td>{html.escape(verdict.claim.scale)}</td>"
            f"<td>{html.escape(verdict.words)}</td></tr>"
            for verdict in self.verdicts
        )
        return (
            f'<table class="claims table"><caption>{html.escape(self._headline())}</caption>\n'
            "<thead><tr><th>id</th><th>statement</th><th>scale</th><th>verdict</th></tr></thead>\n"
            f"<tbody>\n{rows}\n</tbody></table>"
        )
