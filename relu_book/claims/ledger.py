"""The ledger: every claim with its verdict, a page that is generated and never edited.

A verdict is computed where the measurement is, in a chapter that calls ``check``; what it printed
is stored with the chapter, and the tests execute every chapter again. The ledger reads the stored
outputs: what was measured, the verdict, and the section in which it stands. A claim that no
chapter has checked is ``not run``.

    relu-book claims        writes book/claims.md and book/claims_summary.md, prints the tally
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import nbformat

from relu_book.claims.catalogue import load_claims
from relu_book.claims.claim import Claim
from relu_book.claims.ledger_page import page, summary_table
from relu_book.claims.verdicts import VERDICTS

PAGE, SUMMARY = "claims.md", "claims_summary.md"
_FOUND = ("measured", "interval", "report", "readings", "sizes")
_OPENING = re.compile(rf"  ({'|'.join(_FOUND)}|rule|corrected|instead|verdict): ")


@dataclass(frozen=True)
class Entry:
    """One row of the ledger.

    Attributes:
        claim: The claim.
        verdict: One of ``VERDICTS``.
        words: The verdict with what belongs to it, as printed in the chapter.
        measured: What was measured, as printed; empty if not run.
        section: Page and anchor of the section that measured it, or None.
        record: Path of the committed record that decided it, from the root of the repository.
    """

    claim: Claim
    verdict: str = "not run"
    words: str = "not run"
    measured: str = ""
    section: str | None = None
    record: str | None = None

    @property
    def id(self) -> str:
        """Name of the claim."""
        return self.claim.id


@dataclass(frozen=True)
class Printed:
    """What ``check`` printed on a claim, read back."""

    id: str
    section: str
    parts: Mapping[str, str] = field(default_factory=dict)


def entries(root: Path) -> list[Entry]:
    """The ledger of a clone, one entry a claim, in the order of the sources.

    Args:
        root: Root of the clone: it holds ``data/claims.yml`` and ``book/*.ipynb``.

    Raises:
        ValueError: A chapter prints an unknown claim or verdict, another rule than the file of
            claims holds, or two verdicts on one claim: the outputs stored are not those of today.
    """
    claims = load_claims(root / "data" / "claims.yml")
    judged = stored(sorted((root / "book").glob("*.ipynb")), claims)
    found = [judged.get(name, Entry(claim)) for name, claim in claims.items()]
    return [replace(entry, record=_record(entry, root)) for entry in found]


def stored(notebooks: Iterable[Path], claims: Mapping[str, Claim]) -> dict[str, Entry]:
    """What notebooks have stored on claims, without the records that decided them.

    Args:
        notebooks: Paths; of a claim that several have judged, the section is that of the first.
        claims: Claims by id.

    Returns:
        One entry for each claim that was judged, by id.

    Raises:
        ValueError: As ``entries``.
    """
    printed: dict[str, Printed] = {}
    for path in notebooks:
        for block in printed_checks(path, claims):
            if printed.setdefault(block.id, block).parts != block.parts:
                raise ValueError(f"{path.name} has another verdict on {block.id} than before")
    return {name: _entry(claims[name], block) for name, block in printed.items()}


def printed_checks(path: Path, claims: Iterable[str]) -> list[Printed]:
    """The blocks that ``check`` printed in the stored outputs of a chapter, with their sections."""
    found, section = [], path.stem + ".html"
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown":
            for title in re.findall(r"^#+ +(.+)$", cell.source, re.MULTILINE):
                section = f"{path.stem}.html#{_anchor(title)}"
        elif cell.cell_type == "code":
            text = "".join(out.text for out in cell.outputs if out.output_type == "stream")
            found += [Printed(name, section, parts) for name, parts in _blocks(text, claims)]
    return found


def _blocks(text: str, claims: Iterable[str]) -> list[tuple[str, dict[str, str]]]:
    """``("fig-2.6.a", {"measured": ..., "rule": ..., "verdict": ...})`` for each printed block."""
    blocks: list[tuple[str, dict[str, str]]] = []
    known, part = frozenset(claims), None
    for line in text.splitlines():
        if line in known:
            blocks.append((line, {}))
        elif blocks and (opening := _OPENING.match(line)):
            part = opening[1]
            rest = line[opening.end() :]
            before = blocks[-1][1].get(part)
            blocks[-1][1][part] = f"{before}; {rest}" if before else rest
        elif blocks and part and line.startswith("    "):
            blocks[-1][1][part] += " " + line.strip()
    return [(name, parts) for name, parts in blocks if "verdict" in parts]


def _entry(claim: Claim, printed: Printed) -> Entry:
    words = printed.parts["verdict"]
    verdict = re.split(r"[;,]| \(", words)[0]
    if verdict not in VERDICTS:
        raise ValueError(f"{claim.id} has the verdict {words!r}, which is none")
    if _plain(printed.parts["rule"]) != _plain(claim.rule_text):
        raise ValueError(
            f"{claim.id} was judged by another rule than data/claims.yml holds today: execute "
            f"its chapter again (make outputs)"
        )
    measured = "; ".join(printed.parts[part] for part in _FOUND if part in printed.parts)
    return Entry(claim, verdict, words, measured, printed.section)


def _record(entry: Entry, root: Path) -> str | None:
    if entry.verdict == "not run" or entry.claim.experiment is None:
        return None
    folder = root / "data" / "records" / entry.claim.experiment
    records = [folder / scale / "record.nc" for scale in ("paper", "desk", "smoke")]
    found = [path for path in records if path.is_file()]
    return found[0].relative_to(root).as_posix() if found else None


def write(root: Path, costs: Mapping[str, Mapping[str, str]]) -> Counter:
    """Generate both pages.

    Args:
        root: Root of the clone.
        costs: Expected time of each experiment by scale: what a run that decides a claim takes.

    Returns:
        How many claims got each verdict.
    """
    rows = entries(root)
    for name, text in _pages(rows, costs).items():
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
    for name, text in _pages(entries(root), costs).items():
        path = root / "book" / name
        there = path.read_text(encoding="utf-8") if path.is_file() else ""
        if there != text:
            lines = set(there.splitlines()) ^ set(text.splitlines())
            ids = re.findall(r'^<tr id="([^"]+)"', "\n".join(sorted(lines)), re.MULTILINE)
            found.append(f"book/{name} ({_some(sorted(set(ids))) or 'not in its rows'})")
    if not found:
        return ""
    return (
        f"{' and '.join(found)} differ from what data/claims.yml, the stored chapters and the "
        "experiments give: run `relu-book claims` and commit both pages"
    )


def _pages(rows: list[Entry], costs: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    return {PAGE: page(rows, costs, SUMMARY), SUMMARY: summary_table(rows)}


def _some(names: list[str], most: int = 5) -> str:
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + rest


def _plain(text: str) -> str:
    return "".join(text.split())


def _anchor(title: str) -> str:
    """The anchor that Sphinx gives a heading."""
    from docutils.nodes import make_id

    return make_id(re.sub(r"[`*$]", "", title))
