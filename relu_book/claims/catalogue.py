"""The statements of the sources and their rules, read from ``data/claims.yml``.

The file lies at the root of the repository, not in the package: it is material of the book. It is
looked for in the environment variable ``RELU_BOOK_CLAIMS``, then above this file (a checkout), then
above the working directory (an installed package, used inside a clone).
"""

import os
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from functools import lru_cache
from pathlib import Path

import yaml

from relu_book.claims import rules
from relu_book.claims.functions import FUNCTIONS
from relu_book.spelling import did_you_mean

KINDS = ("exact", "number", "shape", "setting")
SCALES = ("live", "desk", "paper")


@dataclass(frozen=True)
class Correction:
    """What is true instead of a printed statement, with a rule of its own."""

    statement: str
    rule: str
    rule_text: str


@dataclass(frozen=True)
class Claim:
    """One statement of a source and the rule that decides it.

    Attributes:
        id: Name of the claim, such as ``fig-2.6.a``.
        where: Source and place in it.
        chapter: Chapter of the book that measures it.
        statement: The statement, in the words of this book.
        kind: ``exact``, ``number``, ``shape`` or ``setting``.
        scale: Smallest scale that decides it: ``live``, ``desk`` or ``paper``.
        measured: Meaning of each quantity that the rules use, by name.
        rule: Expression that decides the statement, see ``relu_book.claims.rules.parse``.
        rule_text: The same in a sentence.
        source: Value as printed, or None.
        tolerance: Number that the rules may use as ``tolerance``, or None.
        corrected: What is true instead of a wrong statement, or None.
        report: Expressions that are shown and decide nothing, by what they say.
        note: What a reader should know besides, or None.
        experiment: Name of the experiment whose record decides it, or None.
    """

    id: str
    where: str
    chapter: str
    statement: str
    kind: str
    scale: str
    measured: Mapping[str, str]
    rule: str
    rule_text: str
    source: str | None = None
    tolerance: float | None = None
    corrected: Correction | None = None
    report: Mapping[str, str] = field(default_factory=dict)
    note: str | None = None
    experiment: str | None = None

    @property
    def expressions(self) -> tuple[str, ...]:
        """The rule of the claim, that of its correction, and the reports."""
        correction = (self.corrected.rule,) if self.corrected else ()
        return (self.rule, *correction, *self.report.values())


_REQUIRED = {part.name for part in fields(Claim) if part.default is part.default_factory is MISSING}
_KNOWN = {part.name for part in fields(Claim)} - {"id"}


def claims_path() -> Path:
    """Where ``data/claims.yml`` lies.

    Raises:
        FileNotFoundError: If it is neither named by ``RELU_BOOK_CLAIMS`` nor found above the
            package or the working directory.
    """
    named = os.environ.get("RELU_BOOK_CLAIMS")
    if named:
        return Path(named)
    for start in (Path(__file__).resolve(), Path.cwd() / "here"):
        for folder in start.parents:
            if (folder / "data" / "claims.yml").is_file():
                return folder / "data" / "claims.yml"
    raise FileNotFoundError(
        f"data/claims.yml is neither above {Path(__file__).parent} nor above {Path.cwd()}: work "
        "inside a clone of the book, or name the file in RELU_BOOK_CLAIMS"
    )


def load_claims(path: str | os.PathLike | None = None) -> dict[str, Claim]:
    """All claims by id, in the order of the sources.

    Args:
        path: The file to read; by default the book's own, see ``claims_path``.

    Returns:
        Claims by id.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If an entry lacks a field, has an unknown one, or a rule cannot be decided.

    Example:
        >>> load_claims()["fig-2.6.a"].where
        'thesis 2.2.4, figure 2.6'
    """
    path = Path(path) if path is not None else claims_path()
    if not path.is_file():
        raise FileNotFoundError(f"there is no file of claims at {path}")
    return dict(_read(path.resolve(), path.stat().st_mtime_ns))


def find(claims: Mapping[str, Claim], name: str) -> Claim:
    """The claim of this id; an unknown one is answered with the ids that look like it."""
    if name in claims:
        return claims[name]
    hint = did_you_mean(name, claims, "data/claims.yml lists them all")
    raise ValueError(f"there is no claim {name!r}: {hint}")


@lru_cache(maxsize=4)
def _read(path: Path, _changed: int) -> dict[str, Claim]:
    with path.open(encoding="utf-8") as file:
        entries = yaml.load(file, Loader=_Loader)
    if not isinstance(entries, dict):
        raise ValueError(f"{path} must be a mapping of ids to claims")
    return {str(name): _claim(str(name), entry) for name, entry in entries.items()}


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """Plain data only, and no key twice; in C where PyYAML has it, ten times as fast."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = sorted({str(key) for key in keys if keys.count(key) > 1})
        if twice:
            raise ValueError(f"{twice[0]} stands twice, {node.start_mark}")
        return super().construct_mapping(node, deep)


def _claim(name: str, entry) -> Claim:
    if not isinstance(entry, dict):
        raise ValueError(f"claim {name} must be a mapping of fields")
    missing, unknown = sorted(_REQUIRED - {"id"} - set(entry)), sorted(set(entry) - _KNOWN)
    if missing or unknown:
        wrong = f"lacks {missing[0]}" if missing else f"has an unknown field {unknown[0]}"
        raise ValueError(f"claim {name} {wrong}")
    entry = dict(entry)
    if entry["kind"] not in KINDS or entry["scale"] not in SCALES:
        raise ValueError(f"claim {name}: kind is one of {KINDS} and scale one of {SCALES}")
    if "corrected" in entry:
        try:
            entry["corrected"] = Correction(**entry["corrected"])
        except TypeError as error:
            raise ValueError(f"claim {name}: corrected has statement, rule, rule_text") from error
    if "source" in entry:
        entry["source"] = str(entry["source"])
    claim = Claim(id=name, **entry)
    _check_names(claim)
    return claim


def _check_names(claim: Claim) -> None:
    """The quantities that are described are those that the rules use."""
    try:
        used = set().union(*map(rules.names, claim.expressions))
    except ValueError as error:
        raise ValueError(f"claim {claim.id}: {error}") from error
    described = set(claim.measured)
    for wrong, what in (
        (used - described - {"tolerance"}, "is used by a rule and not described under measured"),
        (described - used, "is described under measured and used by no rule"),
        (described & ({*FUNCTIONS, "tolerance"}), "is a word of the rules, not a quantity"),
        ({"tolerance"} & used if claim.tolerance is None else set(), "is used and not given"),
    ):
        if wrong:
            raise ValueError(f"claim {claim.id}: {min(wrong)} {what}")
