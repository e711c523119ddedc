"""The card of a claim: statement, verdict, evidence, in HTML, the same in chapters and ledger.

It shows what ``check`` printed and what the file of claims and the record say, and no number that
none of them holds. End tags that HTML lets one leave out are left out: the ledger has 600 cards.
"""

import html
import re
from collections.abc import Mapping

from relu_book.claims.claim import Claim, Correction

BOOK = "https://relu-book.github.io/relu_book/book"
REPOSITORY = "https://github.com/relu-book/relu_book/blob/main"
# Of its edge and of the word on it: those of the book's style sheet.
COLOURS = {
    "holds": ("#0072b2", "#fff"),
    "fails": ("#d55e00", "#000"),
    "wrong as printed": ("#cc79a7", "#000"),
    "undecided": ("#f0e442", "#000"),
    "not decidable at this scale": ("#56b4e9", "#000"),
    "setting": ("#5a5a5a", "#fff"),
}
# Beside its colour and its word each verdict has a sign.
SIGNS = {
    "holds": "✓",
    "fails": "✗",
    "wrong as printed": "≠",
    "undecided": "?",
    "not decidable at this scale": "…",
    "setting": "=",
    "not run": "",
}
_READABLE = 260  # characters of measured values that one takes in at a glance
_NUMBER = r"[+-]?\d[\d.]*(?:e[+-]?\d+)?"
_INTERVAL = re.compile(rf"({_NUMBER}) \[({_NUMBER}), ({_NUMBER})\]")
_NUMBERS = re.compile(rf" (?:over \d+ \w+ )?{_INTERVAL.pattern}")
_AGAINST = re.compile(rf", against ({_NUMBER})(?: to ({_NUMBER}))?$")
_WIDTH, _ROW = 200, 10  # of a picture, in its own units


def anchor(claim_id: str) -> str:
    """The name of a card in its chapter; in the ledger it is the id of the claim alone."""
    return f"claim-{claim_id}"


def card(entry, costs: Mapping[str, Mapping[str, str]], ledger: str | None = None) -> str:
    """The card of a claim.

    Args:
        entry: The claim with its verdict, see ``relu_book.claims.ledger.Entry``.
        costs: Expected time of each experiment by scale.
        ledger: Address of the ledger, which makes it the card of a chapter; None in the ledger.

    Returns:
        HTML; formulas are left to MathJax.
    """
    claim = entry.claim
    if ledger is None:
        name, there = claim.id, entry.page and f"{entry.page}#{anchor(claim.id)}"
        beginning = brief(entry, f"#{name}", chapter=there)
    else:
        name = anchor(claim.id)
        beginning = brief(entry, f"{ledger}#{claim.id}")
    return (
        f'<div class="relu-card" id="{html.escape(name)}" data-chapter="{claim.chapter}" '
        f'data-kind="{claim.kind}" data-verdict="{entry.verdict}">'
        f"{beginning}{_evidence(entry)}{_folded(entry, costs)}</div>"
    )


def brief(entry, address: str, **links: str | None) -> str:
    """What a card begins with: place in the source, statement, verdict, a paragraph each.

    Args:
        entry: As for ``card``.
        address: Where the name of the claim leads.
        **links: Words beside the verdict, and where they lead.
    """
    claim, safe = entry.claim, html.escape
    named = zip(("record", "second record"), entry.records, strict=False)
    links |= {word: f"{REPOSITORY}/{record}" for word, record in named}
    after = [f"<small>before: {safe(claim.revised[-1].verdict)}</small>"] if claim.revised else []
    after += [f'<a href="{safe(there)}">{word}</a>' for word, there in links.items() if there]
    verdict = f"{SIGNS[entry.verdict]} {safe(entry.words)}".strip()
    return (
        f'<p><a href="{safe(address)}">{safe(claim.id)}</a> '
        f"{claim.kind}, {claim.scale} · {safe(claim.where)}"
        f"<p>{typeset(claim.statement)}<p><b>{verdict}</b> {' '.join(after)}"
    )


def typeset(sentence: str) -> str:
    """A sentence in HTML, with its formulas, LaTeX between two ``$``, as MathJax finds them.

    Example:
        >>> typeset("All $2^D$ patterns")
        'All <span class="math">\\\\(2^D\\\\)</span> patterns'
    """
    return re.sub(
        r"\$([^$]*)\$",
        r'<span class="math">\\(\1\\)</span>',
        html.escape(sentence, quote=False),
    )


def _evidence(entry) -> str:
    """What the verdict rests on: intervals with pictures, few values or the report; its setting."""
    parts = entry.parts
    lines = []
    if "interval" in parts:
        lines += [_interval(line) for line in parts["interval"].split("; ")]
    elif 0 < len(parts.get("measured", "")) <= _READABLE:
        lines += [html.escape(parts["measured"])]
    elif "report" in parts:
        lines += [html.escape(parts["report"])]
    lines += map(html.escape, entry.settings)
    lines += [f"left out: {html.escape(parts['left out'])}"] if "left out" in parts else []
    return "".join(f"<p>{line}" for line in lines)


def _interval(line: str) -> str:
    """A printed line: what lies in the interval, the numbers, a picture of both."""
    numbers = _NUMBERS.search(line)
    if not numbers:  # of one seed
        return html.escape(line)
    what, rest = line[: numbers.start()], line[numbers.start() :]
    return f"<span><code>{html.escape(what)}</code>{html.escape(rest)}</span>{_picture(line)}"


def _picture(line: str) -> str:
    """The intervals of a printed line against what they are compared with, drawn to scale."""
    against = _AGAINST.search(line)
    if not against:
        return ""
    found = _INTERVAL.findall(line)
    thresholds = [float(end) for end in against.groups() if end]
    rows = [tuple(map(float, each)) for each in found]
    values = [*thresholds, *(value for row in rows for value in row)]
    low, span = min(values), max(values) - min(values) or 1.0

    def at(value: float) -> int:
        return round(5 + (_WIDTH - 10) * (value - low) / span)

    high = _ROW * len(rows)
    limits = "".join(f"M{at(each)} 0v{high}" for each in thresholds)
    lines = "".join(
        f"M{at(first)} {_ROW * i + 5}H{at(last)}" for i, (_, first, last) in enumerate(rows)
    )
    middles = "".join(f"M{at(row[0])} {_ROW * i + 5}h0" for i, row in enumerate(rows))
    words = "; ".join(f"{ends[1]} to {ends[2]} {_place(ends, against)}" for ends in found)
    return (
        f'<svg role="img" aria-label="{html.escape(words)}" viewBox="0 0 {_WIDTH} {high}">'
        f'<path d="{limits}"/><path d="{lines}"/><path d="{middles}"/></svg>'
    )


def _place(ends: tuple[str, str, str], against: re.Match) -> str:
    """Where an interval lies, in words: the picture for who does not see it."""
    first, last = float(ends[1]), float(ends[2])
    low, high = float(against[1]), float(against[2] or against[1])
    what = f"{against[1]} to {against[2]}" if against[2] else against[1]
    if first > high or last < low:
        return f"is {'above' if first > high else 'below'} {what}"
    if against[2]:
        return f"is {'inside' if low <= first and last <= high else 'partly in'} {what}"
    return f"contains {what}"


def _folded(entry, costs: Mapping[str, Mapping[str, str]]) -> str:
    """What opens below: everything else."""
    claim, safe = entry.claim, html.escape
    shown = _evidence(entry)
    measured = [
        text for part, text in entry.parts.items() if part != "interval" and safe(text) not in shown
    ]
    quantities = claim.measured.items()
    parts = {
        "printed": safe(claim.source or ""),
        "rule": _rules(claim),
        "measured": safe("; ".join(measured)),
        "quantities": "<br>".join(f"<code>{name}</code> {safe(what)}" for name, what in quantities),
        "by construction": safe(claim.by_construction or ""),
        "corrected": _other(claim.corrected),
        "instead": _other(claim.instead),
        "note": typeset(claim.note or ""),
        "revised": "<br>".join(
            f"{each.date}: {safe(each.reason)} Before: {safe(each.verdict)}, by "
            f"<code>{safe(each.rule)}</code>"
            for each in claim.revised
        ),
        "command": _command(entry, costs),
    }
    shown = "".join(f"<dt>{name}<dd>{text}" for name, text in parts.items() if text)
    return f"<details><summary>rule and more</summary><dl>{shown}</dl></details>"


def _rules(claim: Claim) -> str:
    """The rule in a sentence and as expressions, with what it needs besides."""
    safe = html.escape
    shown = [typeset(claim.rule_text)]
    shown += [f"<code>{safe(claim.rule)}</code>"] if claim.rule else []
    shown += [f"{safe(name)}: <code>{safe(rule)}</code>" for name, rule in claim.readings.items()]
    needed = [f"{name} {value}" for name, value in claim.requires.items()]
    needed += [f"the two largest {name} agree" for name in claim.sizes]
    needed += [f"tolerance {claim.tolerance:g}"] if claim.tolerance is not None else []
    return "<br>".join(shown) + (f" {safe('; '.join(needed))}" if needed else "")


def _other(other: Correction | None) -> str:
    if other is None:
        return ""
    texts = map(typeset, (other.statement, other.rule_text))
    return "<br>".join([*texts, f"<code>{html.escape(other.rule)}</code>"])


def _command(entry, costs: Mapping[str, Mapping[str, str]]) -> str:
    """What measures the claim (again), and what that costs."""
    claim, commands = entry.claim, []
    for experiment in claim.experiments:
        expected = costs.get(experiment, {})
        scale = claim.scale if claim.scale in expected else "desk"
        cost = f" ({html.escape(expected[scale])})" if scale in expected else ""
        commands.append(f"<code>relu-book run {experiment} --scale {scale}</code>{cost}")
    if commands:
        return "<br>".join(commands)
    if entry.page:
        return f"<code>make outputs CH={entry.page.removesuffix('.html')}</code>"
    return "none yet" if entry.verdict == "not run" else ""
