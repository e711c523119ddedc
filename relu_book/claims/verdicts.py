"""Verdicts: a claim, what was measured, and what the rule makes of it.

The verdict is computed by the rule and is one of ``VERDICTS``. A statement that its rule refutes
is ``wrong as printed`` if calculation refutes it and the file holds a corrected one, else it
``fails``; what is true, or was found, instead is judged by its own rule and the same measurement.
"""

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from relu_book.claims import rules, wording
from relu_book.claims.catalogue import find, load_claims
from relu_book.claims.claim import SCALES as DECIDING
from relu_book.claims.claim import Claim
from relu_book.claims.judgements import Interval, Ranks
from relu_book.claims.quantities import at_each_size, first_dimension, quantities
from relu_book.claims.truth import Open, agree, plain, undecided

VERDICTS = (
    "holds",
    "fails",
    "undecided",
    "not decidable at this scale",
    "wrong as printed",
    "setting",
    "not run",
)
SCALES = ("smoke", *DECIDING)  # what a smoke test measures decides nothing
_WIDTH = 76


@dataclass(frozen=True)
class Verdict:
    """What the rule of a claim makes of a measurement; printed, it is the block of the book.

    Attributes:
        claim: The claim.
        verdict: One of ``VERDICTS``.
        reasons: Why it is undecided, not decidable or not run.
        other: Verdict on what is true, or was found, instead; None unless the statement is wrong
            as printed or fails.
        followed: For a setting, whether it was followed; else None.
        measured: The quantities that were judged.
        intervals: What the rule judged by, in its order; with sizes those of the largest, of which
            the measured values are printed too.
        sides: On which side of each threshold it lies, see ``rules.Weighed``; likewise.
        parts: Verdicts on each reading, or at each size, by its name.
        report: Values of the expressions that are only shown.
        evidence: What it was measured on, a line for each record; empty if it is live.
        left_out: What of the records does not count, in words.
        units: What the first axis of a quantity counts, sizes aside, where dimensions have names.
    """

    claim: Claim
    verdict: str
    reasons: tuple[str, ...] = ()
    other: str | None = None
    followed: bool | None = None
    measured: Mapping[str, object] = field(default_factory=dict)
    intervals: tuple[Interval | Ranks, ...] = ()
    sides: tuple[int, ...] = ()
    parts: Mapping[str, str] = field(default_factory=dict)
    report: Mapping[str, object] = field(default_factory=dict)
    evidence: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Name of the claim."""
        return self.claim.id

    @property
    def by_construction(self) -> bool:
        """Whether it holds, and could not have been otherwise."""
        return self.verdict == "holds" and bool(self.claim.by_construction)

    def __str__(self) -> str:
        shown = [
            wording.quantity(self.claim, name, value, self.units.get(name))
            for name, value in self._at_largest.items()
        ]
        lines = [f"measured: {'; '.join(shown)}"] if shown else []
        judged = [wording.interval(self.claim, each, self.units) for each in self.intervals]
        lines += [f"interval: {'; '.join(judged)}"] if judged else []
        lines += [f"report: {what}: {wording.number(value)}" for what, value in self.report.items()]
        parts = [f"{name}: {verdict}" for name, verdict in self.parts.items()]
        lines += [f"{self._kind_of_parts}: {'; '.join(parts)}"] if parts else []
        lines += [f"left out: {'; '.join(self.left_out)}"] if self.left_out else []
        lines += [f"rule: {wording.plain(self.claim.rule_text)}"]
        if self.other:
            found = wording.plain(self.claim.other.statement)
            lines += [f"{self._kind_of_other}: {found} ({self.other})"]
        lines += [f"verdict: {self.words}"]
        wrapped = [
            textwrap.fill(line, _WIDTH, initial_indent="  ", subsequent_indent="    ")
            for line in lines
        ]
        return "\n".join([self.id, *wrapped])

    @property
    def _at_largest(self) -> dict[str, object]:
        """What was measured; of a quantity that has sizes, what was at the largest."""
        sized = {name for names in self.claim.sizes.values() for name in names}
        return {
            name: plain(np.atleast_1d(value)[-1]) if name in sized else value
            for name, value in self.measured.items()
        }

    @property
    def _kind_of_other(self) -> str:
        return "corrected" if self.claim.corrected else "instead"

    @property
    def _kind_of_parts(self) -> str:
        return "readings" if self.claim.readings else "sizes"

    @property
    def words(self) -> str:
        """The verdict with what belongs to it, such as ``wrong as printed; corrected: holds``."""
        if self.other:
            return f"{self.verdict}; {self._kind_of_other}: {self.other}"
        if self.followed is not None:
            return f"{self.verdict}, {'followed' if self.followed else 'not followed'}"
        if self.by_construction:
            return f"{self.verdict}, by construction"
        return f"{self.verdict} ({'; '.join(self.reasons)})" if self.reasons else self.verdict


def judge(
    claim_id: str,
    measured: Mapping[str, object] | Open | None = None,
    *,
    scale: str | None = None,
    settings: Mapping[str, object] | None = None,
    evidence: tuple[str, ...] = (),
    left_out: tuple[str, ...] = (),
) -> Verdict:
    """The verdict on a claim, from measured quantities; nothing is printed or remembered.

    Args:
        claim_id: Id of a claim, such as ``fig-2.6.a``.
        measured: Exactly the quantities that ``load_claims()[claim_id].measured`` describes:
            numbers, booleans, or sequences, NumPy arrays, tensors or xarray's DataArrays of them;
            a DataArray is turned so that its dimensions ``size`` and ``seed`` come first. In their
            place what leaves the claim open, where they could not be measured. Without any, the
            verdict is ``not run``.
        scale: Scale of the measurement, if it may be smaller than the claim needs: ``smoke``, which
            decides nothing, ``live``, ``desk`` or ``paper``.
        settings: Settings of the record; without those that the claim requires the record decides
            nothing, and the verdict is ``not run``.
        evidence: What it was measured on, in words.
        left_out: What of it does not count, in words.

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
    values = {} if isinstance(measured, Open) else quantities(claim, measured)
    for name, needed in claim.requires.items():
        if (settings or {}).get(name) != needed:
            return Verdict(claim, "not run", (f"no record with {name} {needed}",))
    units = {name: unit for name in values if (unit := first_dimension(measured[name], "size"))}
    told = {"measured": values, "evidence": evidence, "left_out": left_out, "units": units}
    if scale is not None and SCALES.index(scale) < SCALES.index(claim.scale):
        return Verdict(
            claim, "not decidable at this scale", (f"needs scale {claim.scale}",), **told
        )
    if isinstance(measured, Open):
        return Verdict(claim, _word(measured), measured.reasons, **told)
    try:
        found = _weighed(claim, values)
    except ValueError as error:
        raise ValueError(f"{claim.id}: {error}") from error
    return Verdict(claim, **found, **told)


def _weighed(claim: Claim, values: Mapping[str, object]) -> dict[str, object]:
    """What the rules of a claim make of cleaned quantities, as fields of a verdict."""
    constants = {} if claim.tolerance is None else {"tolerance": claim.tolerance}
    truths, parts = [], {}
    for size, known in at_each_size(claim, values | constants).items():
        weighed = [rules.weigh(rule, known) for rule in claim.rules]
        truths.append(agree([each.value for each in weighed], "readings"))
        if claim.sizes:
            parts[wording.number(size)] = _word(truths[-1])
        elif claim.readings:
            words = [_word(each.value) for each in weighed]
            parts = dict(zip(claim.readings, words, strict=True))
    truth = agree(truths[-2:], "two largest sizes", list(parts)[-2:] if claim.sizes else ())
    if claim.sizes and len(truths) < 2 and _word(truth) != "not decidable at this scale":
        truth = undecided("too few: one size of 2")
    found = {
        "verdict": _word(truth),
        "reasons": truth.reasons if isinstance(truth, Open) else (),
        "intervals": tuple(interval for each in weighed for interval in each.intervals),
        "sides": tuple(side for each in weighed for side in each.sides),
        "parts": parts,
        "report": {what: rules.evaluate(rule, known).value for what, rule in claim.report.items()},
    }
    if claim.kind == "setting":
        followed = None if isinstance(truth, Open) else truth
        return found | {"verdict": "setting", "followed": followed}
    if truth is False and claim.other:
        found["other"] = _word(rules.weigh(claim.other.rule, known).value)
        found["verdict"] = "wrong as printed" if claim.corrected else "fails"
    return found


def _word(truth) -> str:
    if isinstance(truth, Open):
        return "undecided" if truth.decidable else "not decidable at this scale"
    return "holds" if truth else "fails"
