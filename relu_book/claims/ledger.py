"""The ledger: every claim with its verdict, a page that is generated and never edited.

A verdict is computed where the measurement is, in a chapter that calls ``check``; what it printed
is stored with the chapter, and the tests execute every chapter again. The ledger reads the stored
outputs: what was measured, and the verdict. A claim that no chapter has checked is ``not run``.

    relu-book claims        writes book/claims.md, its summary and the list of the conclusions,
                            prints the tally
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from relu_book.claims.catalogue import load_claims
from relu_book.claims.claim import Claim
from relu_book.claims.conclusions import conclusions_list, load_conclusions
from relu_book.claims.ledger_page import page, summary_table
from relu_book.claims.verdicts import VERDICTS
from relu_book.claims.wording import plain
from relu_book.records import SCALES, read
from relu_book.records.captions import setting_in_words

PAGE, SUMMARY, CONCLUSIONS = "claims.md", "claims_summary.md", "conclusions_list.md"
_FOUND = ("measured", "interval", "report", "readings", "sizes", "left out")
_BLOCK = re.compile(r"^(\S+)\n((?:  .*(?:\n|$))+)", re.MULTILINE)
_OPENING = re.compile(rf"  ({'|'.join(_FOUND)}|rule|corrected|instead|verdict): ")


@dataclass(frozen=True)
class Entry:
    """One row of the ledger.

    Attributes:
        claim: The claim.
        verdict: One of ``VERDICTS``.
        words: The verdict with what belongs to it, as printed in the chapter.
        parts: What was measured, as printed, by what stands before it, such as ``interval``.
        page: Page of the chapter that measured it, or None.
        records: Paths of the committed records that decided it, from the root of the repository.
        settings: What each of them was measured on, in words.
    """

    claim: Claim
    verdict: str = "not run"
    words: str = "not run"
    parts: Mapping[str, str] = field(default_factory=dict)
    page: str | None = None
    records: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Name of the claim."""
        return self.claim.id


@dataclass(frozen=True)
class Printed:
    """What ``check`` printed on a claim, read back.

    Attributes:
        id: Name of the claim.
        parts: What was printed, by the word before it, such as ``measured``, ``rule``, ``verdict``.
        span: Where it stands in the text, from the first character to behind the last.
    """

    id: str
    parts: Mapping[str, str]
    span: tuple[int, int]


def entries(root: Path) -> list[Entry]:
    """The ledger of a clone, one entry a claim, in the order of the sources.

    Args:
        root: Root of the clone: it holds ``data/claims.yml`` and ``book/*.ipynb``.

    Raises:
        ValueError: A chapter prints an unknown claim or verdict, another rule than the file of
            claims holds, or two verdicts on one claim: the outputs stored are not those of today.
    """
    claims = load_claims(root / "data" / "claims.yml")
    judged = stored(sorted((root / "book").glob("*.ipynb")), claims, root)
    return [judged.get(name, Entry(claim)) for name, claim in claims.items()]


def stored(
    notebooks: Iterable[Path], claims: Mapping[str, Claim], root: Path | None = None
) -> dict[str, Entry]:
    """What notebooks have stored on claims.

    Args:
        notebooks: Paths; of a claim that several have judged, the page is that of the first.
        claims: Claims by id.
        root: Root of the clone, which holds the records that decided them; without it they are
            not named.

    Returns:
        One entry for each claim that was judged, by id.

    Raises:
        ValueError: As ``entries``.
    """
    import nbformat

    found: dict[str, tuple[Printed, str]] = {}
    for path in notebooks:
        for cell in nbformat.read(path, as_version=4).cells:
            for output in cell.get("outputs", []):
                # A person who saved the notebook has stored the card beside the text.
                text = output.get("text") or output.get("data", {}).get("text/plain", "")
                for block in printed(text, claims):
                    first, _ = found.setdefault(block.id, (block, f"{path.stem}.html"))
                    if first.parts != block.parts:
                        raise ValueError(
                            f"{path.name} has another verdict on {block.id} than before"
                        )
    return {name: entry(claims[name], *where, root) for name, where in found.items()}


def printed(text: str, claims: Iterable[str]) -> list[Printed]:
    """The blocks that ``check`` printed on some of these claims within an output."""
    known, found = frozenset(claims), []
    for block in _BLOCK.finditer(text):
        parts = _parts(block[2])
        if block[1] in known and "verdict" in parts:
            found.append(Printed(block[1], parts, block.span()))
    return found


def _parts(lines: str) -> dict[str, str]:
    """``{"measured": ..., "rule": ..., "verdict": ...}`` of the lines below an id."""
    parts: dict[str, str] = {}
    part = None
    for line in lines.splitlines():
        if opening := _OPENING.match(line):
            part, rest = opening[1], line[opening.end() :]
            parts[part] = f"{parts[part]}; {rest}" if part in parts else rest
        elif part:
            parts[part] += " " + line.strip()
    return parts


def entry(claim: Claim, printed: Printed, page: str | None, root: Path | None) -> Entry:
    """The row of a claim.

    Args:
        claim: The claim.
        printed: What a chapter printed on it.
        page: Name of the chapter's page, or None.
        root: Root of the clone, which holds the records; without it none is named.

    Raises:
        ValueError: The verdict is none, or was found by another rule than today's.
    """
    words = printed.parts["verdict"]
    verdict = re.split(r"[;,]| \(", words)[0]
    if verdict not in VERDICTS:
        raise ValueError(f"{claim.id} has the verdict {words!r}, which is none")
    if _solid(printed.parts["rule"]) != _solid(plain(claim.rule_text)):
        raise ValueError(
            f"{claim.id} was judged by another rule than data/claims.yml holds today: execute "
            f"its chapter again (make outputs)"
        )
    parts = {part: printed.parts[part] for part in _FOUND if part in printed.parts}
    records = () if verdict == "not run" or root is None else _records(claim, root)
    settings = tuple(_setting(root / record) for record in records)
    return Entry(claim, verdict, words, parts, page, records, settings)


@lru_cache
def _setting(record: Path) -> str:
    return setting_in_words(read(record).attrs)


def _records(claim: Claim, root: Path) -> tuple[str, ...]:
    """The committed record of each experiment that decides a claim, at its largest scale."""
    found = []
    for experiment in claim.experiments:
        names = [f"data/records/{experiment}/{scale}/record.nc" for scale in reversed(SCALES)]
        found += [name for name in names if (root / name).is_file()][:1]
    return tuple(found)


def write(root: Path, costs: Mapping[str, Mapping[str, str]]) -> Counter:
    """Generate the pages.

    Args:
        root: Root of the clone.
        costs: Expected time of each experiment by scale: what a run that decides a claim takes.

    Returns:
        How many claims got each verdict.
    """
    rows = entries(root)
    for name, text in _pages(root, rows, costs).items():
        (root / "book" / name).write_text(text, encoding="utf-8")
    return Counter(row.verdict for row in rows)


def drift(root: Path, costs: Mapping[str, Mapping[str, str]]) -> str:
    """What in the pages of a clone is not what its claims and chapters give, in one sentence.

    Args:
        root: Root of the clone.
        costs: As for ``write``.

    Returns:
        The sentence, short however much differs; empty if nothing does.
    """
    found = []
    for name, text in _pages(root, entries(root), costs).items():
        path = root / "book" / name
        there = path.read_text(encoding="utf-8") if path.is_file() else ""
        if there != text:
            lines = set(there.splitlines()) ^ set(text.splitlines())
            ids = re.findall(
                r'^<div class="relu-card" id="([^"]+)"', "\n".join(sorted(lines)), re.MULTILINE
            )
            found.append(f"book/{name} ({_some(sorted(set(ids))) or 'not in its rows'})")
    if not found:
        return ""
    return (
        f"{' and '.join(found)} differ from what data/claims.yml, the stored chapters and the "
        "experiments give: run `relu-book claims` and commit them"
    )


def _pages(root: Path, rows: list[Entry], costs: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    concluded = load_conclusions(root / "data" / "conclusions.yml", [row.id for row in rows])
    return {
        PAGE: page(rows, costs, SUMMARY),
        SUMMARY: summary_table(rows),
        CONCLUSIONS: conclusions_list(concluded, rows),
    }


def _some(names: list[str], most: int = 5) -> str:
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + rest


def _solid(text: str) -> str:
    return "".join(text.split())
