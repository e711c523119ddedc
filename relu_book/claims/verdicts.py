"""Verdicts: a claim, what was measured, and what the rule makes of it.

The verdict is computed by the rule and is one of ``VERDICTS``. A statement that its rule
refutes is ``wrong as printed`` if the file holds a corrected one, which is then judged by its own
rule and the same measurement.
"""

import html
import textwrap
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from relu_book.claims import rules
from relu_book.claims.catalogue import SCALES as DECIDING
from relu_book.claims.catalogue import Claim, find, load_claims
from relu_book.claims.wording import number, quantity

VERDICTS = (
    "holds",
    "fails",
    "undecided",
    "not decidable at this scale",
    "wrong as printed",
    "setting",
    "not run",
)
_OUTCOMES = {True: "holds", False: "fails", None: "undecided"}
SCALES = ("smoke", *DECIDING)  # what a smoke test measures decides nothing
_WIDTH = 76


@dataclass(frozen=True)
class Verdict:
    """What the rule of a claim makes of a measurement; printed, it is the block of the book.

    Attributes:
        claim: The claim.
        verdict: One of ``VERDICTS``.
        corrected: Verdict on the corrected statement: ``holds``, ``fails`` or ``undecided``; None
            unless the statement is wrong as printed.
        followed: For a setting, whether it was followed; else None.
        measured: The quantities that were judged.
        report: Values of the expressions that are only shown.
        evidence: What it was measured on, a line for each record; empty if it is live.
        units: What the first axis of a quantity counts, where its dimensions have names.
    """

    claim: Claim
    verdict: str
    corrected: str | None = None
    followed: bool | None = None
    measured: Mapping[str, object] = field(default_factory=dict)
    report: Mapping[str, object] = field(default_factory=dict)
    evidence: tuple[str, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Name of the claim."""
        return self.claim.id

    def __str__(self) -> str:
        shown = [
            quantity(self.claim, name, value, self.units.get(name))
            for name, value in self.measured.items()
        ]
        lines = [f"measured: {'; '.join(shown)}"] if shown else []
        lines += [f"report: {what}: {number(value)}" for what, value in self.report.items()]
        lines += [f"rule: {self.claim.rule_text}"]
        if self.corrected:
            lines += [f"corrected: {self.claim.corrected.statement} ({self.corrected})"]
        lines += [f"verdict: {self.words}"]
        wrapped = [
            textwrap.fill(line, _WIDTH, initial_indent="  ", subsequent_indent="    ")
            for line in lines
        ]
        return "\n".join([self.id, *wrapped])

    @property
    def words(self) -> str:
        """The verdict with what belongs to it, such as ``wrong as printed; corrected: holds``."""
        if self.corrected:
            return f"{self.verdict}; corrected: {self.corrected}"
        if self.followed is not None:
            return f"{self.verdict}, {'followed' if self.followed else 'not followed'}"
        return self.verdict


def judge(
    claim_id: str,
    measured: Mapping[str, object] | None = None,
    *,
    scale: str | None = None,
    evidence: tuple[str, ...] = (),
) -> Verdict:
    """The verdict on a claim, from measured quantities; nothing is printed or remembered.

    Args:
        claim_id: Id of a claim, such as ``fig-2.6.a``.
        measured: Exactly the quantities that ``load_claims()[claim_id].measured`` describes:
            numbers, booleans, or sequences, NumPy arrays, tensors or xarray's DataArrays of them;
            a DataArray is turned so that its dimension ``seed`` comes first. Without any, the
            verdict is ``not run``.
        scale: Scale of the measurement, if it may be smaller than the claim needs: ``smoke``, which
            decides nothing, ``live``, ``desk`` or ``paper``.
        evidence: What it was measured on, in words.

    Returns:
        The verdict.

    Raises:
        ValueError: If the id is unknown, a quantity is missing, unknown, empty or not a finite
            number, or shapes do not fit together.

    Example:
        >>> judge("fig-2.6.a", {"exact_sectors": 256, "sectors_on_grid": [255, 256]}).verdict
        'holds'
        >>> judge("fig-2.6.a", {"exact_sectors": 256, "sectors_on_grid": [255, 249]}).verdict
        'fails'
    """
    claim = find(load_claims(), claim_id)
    if scale is not None and scale not in SCALES:
        raise ValueError(f"scale is one of {', '.join(SCALES)}, not {scale!r}")
    if measured is None:
        return Verdict(claim, "not run")
    values = _quantities(claim, measured)
    units = {name: unit for name in values if (unit := _first_dimension(measured[name]))}
    told = {"measured": values, "evidence": evidence, "units": units}
    if scale is not None and SCALES.index(scale) < SCALES.index(claim.scale):
        return Verdict(claim, "not decidable at this scale", **told)
    known = values | ({} if claim.tolerance is None else {"tolerance": claim.tolerance})
    try:
        outcome = rules.decide(claim.rule, known)
        told["report"] = {what: rules.evaluate(rule, known) for what, rule in claim.report.items()}
        corrected = claim.corrected and _OUTCOMES[rules.decide(claim.corrected.rule, known)]
    except ValueError as error:
        raise ValueError(f"{claim.id}: {error}") from error
    if claim.kind == "setting":
        return Verdict(claim, "setting", followed=outcome, **told)
    if outcome is False and corrected:
        return Verdict(claim, "wrong as printed", corrected, **told)
    return Verdict(claim, _OUTCOMES[outcome], **told)


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
    """Prints a verdict and remembers it for the summary."""
    _session[verdict.id] = verdict
    print(verdict)


def summary(chapter: str) -> "Summary":
    """All claims of a chapter with the verdicts of this session, as a table for a notebook.

    Args:
        chapter: Name of a chapter, such as ``activation_cells``.

    Returns:
        A table with HTML and text forms; claims that were not checked are ``not run``.

    Raises:
        ValueError: If no claim belongs to this chapter.

    Example:
        >>> len(summary("activation_cells").verdicts)
        59
    """
    claims = load_claims()
    verdicts = [
        _session.get(name, Verdict(claim, "not run"))
        for name, claim in claims.items()
        if claim.chapter == chapter
    ]
    if not verdicts:
        known = sorted({claim.chapter for claim in claims.values()})
        raise ValueError(f"no claim belongs to chapter {chapter!r}; chapters: {', '.join(known)}")
    return Summary(chapter, tuple(verdicts))


@dataclass(frozen=True, repr=False)
class Summary:
    """Verdicts on the claims of a chapter.

    Attributes:
        chapter: Name of the chapter.
        verdicts: One verdict a claim, in the order of the sources.
    """

    chapter: str
    verdicts: tuple[Verdict, ...]

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
            f"<td>{html.escape(verdict.claim.statement)}</td>"
            f"<td>{html.escape(verdict.claim.scale)}</td>"
            f"<td>{html.escape(verdict.words)}</td></tr>"
            for verdict in self.verdicts
        )
        return (
            f'<table class="claims table"><caption>{html.escape(self._headline())}</caption>\n'
            "<thead><tr><th>id</th><th>statement</th><th>scale</th><th>verdict</th></tr></thead>\n"
            f"<tbody>\n{rows}\n</tbody></table>"
        )


def _quantities(claim: Claim, measured: Mapping[str, object]) -> dict[str, object]:
    """The measured values as plain numbers and arrays, in the order of the claim."""
    needed = ", ".join(claim.measured)
    missing = [name for name in claim.measured if name not in measured]
    unknown = [name for name in measured if name not in claim.measured]
    if missing or unknown:
        wrong = f"{missing[0]} is missing" if missing else f"{unknown[0]} is unknown"
        raise ValueError(f"{claim.id}: {wrong}; its rule needs {needed}")
    return {name: _clean(claim, name, measured[name]) for name in claim.measured}


def _first_dimension(value) -> str | None:
    """The dimension that goes first: of a DataArray (xarray is not imported), else none."""
    dims = getattr(value, "dims", ())
    return "seed" if "seed" in dims else next(iter(dims), None)


def _clean(claim: Claim, name: str, value):
    """A number, or an array of booleans, Python integers or float64."""
    what = f"{claim.id}: {name}"
    if _first_dimension(value):
        value = value.transpose("seed", ..., missing_dims="ignore").values
    if hasattr(value, "tolist"):  # NumPy and torch, without importing either
        value = value.tolist()
    elif isinstance(value, range | tuple | list):
        value = [part.tolist() if hasattr(part, "tolist") else part for part in value]
    try:
        exact = np.array(value, dtype=object)
    except ValueError as error:
        raise ValueError(f"{what} has rows of different lengths") from error
    parts = exact.ravel().tolist()
    if not parts:
        raise ValueError(f"{what} is empty")
    for part in parts:
        if not isinstance(part, bool | int | float):
            raise ValueError(f"{what} must hold numbers or booleans, not {type(part).__name__}")
        if isinstance(part, float) and not np.isfinite(part):
            raise ValueError(f"{what} holds {part}, which no rule can judge")
    kinds = {type(part) for part in parts}
    if kinds != {int} and kinds != {bool}:
        exact = exact.astype(np.float64)
    elif kinds == {bool}:
        exact = exact.astype(bool)
    return exact.item() if exact.ndim == 0 else exact
