"""One statement of a source, the rules that decide it, and how these came about."""

from collections.abc import Mapping
from dataclasses import dataclass, field

KINDS = ("exact", "number", "shape", "setting")
SCALES = ("live", "desk", "paper")


@dataclass(frozen=True)
class Correction:
    """What is true instead of a statement, with a rule of its own."""

    statement: str
    rule: str
    rule_text: str


@dataclass(frozen=True)
class Revision:
    """A rule that was changed after a measurement, visibly.

    Attributes:
        date: Day of the change, such as ``2026-11-29``.
        reason: The defect of the old rule, in a sentence.
        rule: The old rule; the present one where only what it is judged on was changed.
        verdict: What it had led to.
    """

    date: str
    reason: str
    rule: str
    verdict: str


@dataclass(frozen=True)
class Claim:
    """One statement of a source and the rule that decides it.

    Attributes:
        id: Name of the claim, such as ``fig-2.6.a``.
        where: Source and place in it.
        chapter: Chapter of the book that measures it.
        statement: The statement, in the words of this book, its formulas in LaTeX between ``$``, as
            in all its sentences.
        kind: ``exact``, ``number``, ``shape`` or ``setting``.
        scale: Smallest scale that decides it: ``live``, ``desk`` or ``paper``.
        measured: Meaning of each quantity that the rules use, by name.
        rule_text: The rule in a sentence.
        rule: Expression that decides the statement, see ``relu_book.claims.rules.parse``.
        readings: In its place two or more rules, by how the text is read: all must agree.
        source: Value as printed, or None.
        tolerance: Number that the rules may use as ``tolerance``, or None.
        by_construction: Why the statement is true of any network, or None.
        corrected: What is true instead of a statement that calculation refutes, or None.
        instead: What was found instead of a statement that a measurement refutes, or None.
        sizes: Name of the quantity that holds the sizes, and the quantities measured at each of
            them along their first axis; the two largest sizes must agree.
        report: Expressions that are shown and decide nothing, by what they say.
        note: What a reader should know besides, or None.
        experiment: Name of the experiment whose record decides it, or None.
        beside: Name of a second experiment whose record it needs too, or None.
        requires: Settings that the first record must have, by name.
        revised: How the rule was changed, oldest first.
    """

    id: str
    where: str
    chapter: str
    statement: str
    kind: str
    scale: str
    measured: Mapping[str, str]
    rule_text: str
    rule: str | None = None
    readings: Mapping[str, str] = field(default_factory=dict)
    source: str | None = None
    tolerance: float | None = None
    by_construction: str | None = None
    corrected: Correction | None = None
    instead: Correction | None = None
    sizes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    report: Mapping[str, str] = field(default_factory=dict)
    note: str | None = None
    experiment: str | None = None
    beside: str | None = None
    requires: Mapping[str, object] = field(default_factory=dict)
    revised: tuple[Revision, ...] = ()

    @property
    def rules(self) -> tuple[str, ...]:
        """The rule, or that of each reading."""
        return (self.rule,) if self.rule else tuple(self.readings.values())

    @property
    def experiments(self) -> tuple[str, ...]:
        """The experiments whose records decide it."""
        return tuple(name for name in (self.experiment, self.beside) if name)

    @property
    def other(self) -> Correction | None:
        """What is true, or was found, instead."""
        return self.corrected or self.instead

    @property
    def statements(self) -> tuple[str, ...]:
        """The statement, and what is true, or was found, instead."""
        return (self.statement, *([self.other.statement] if self.other else []))

    @property
    def sentences(self) -> tuple[str, ...]:
        """Statements, rules in words and note, which may have formulas."""
        rules = (self.rule_text, *([self.other.rule_text] if self.other else []))
        return (*self.statements, *rules, self.note or "")

    @property
    def expressions(self) -> tuple[str, ...]:
        """The rules of the claim, that of what is true instead, and the reports."""
        return (*self.rules, *([self.other.rule] if self.other else []), *self.report.values())
