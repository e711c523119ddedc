"""The statements of the sources and their rules, read from ``data/claims.yml``.

The file lies at the root of the repository, not in the package: it is material of the book. It is
looked for in the environment variable ``RELU_BOOK_CLAIMS``, then above this file (a checkout), then
above the working directory (an installed package, used inside a clone).
"""

import os
from collections.abc import Mapping
from dataclasses import MISSING, fields
from datetime import date
from functools import lru_cache
from pathlib import Path

import yaml

from relu_book.claims import rules
from relu_book.claims.claim import KINDS, SCALES, Claim, Correction, Revision
from relu_book.claims.functions import FUNCTIONS
from relu_book.spelling import did_you_mean

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
    missing = sorted(_REQUIRED - {"id"} - set(entry))
    if not {"rule", "readings"} & set(entry):
        missing.append("rule")
    if missing:
        raise ValueError(f"claim {name} lacks {missing[0]}")
    for unknown in sorted(set(entry) - _KNOWN, key=str):
        known = ", ".join(sorted(_KNOWN))
        raise ValueError(f"claim {name} has an unknown field {unknown}: a claim has {known}")
    if entry["kind"] not in KINDS or entry["scale"] not in SCALES:
        raise ValueError(
            f"claim {name}: kind is one of {KINDS} and scale one of {SCALES}, not "
            f"{entry['kind']!r} and {entry['scale']!r}"
        )
    entry = dict(entry)
    for part in {"corrected", "instead"} & set(entry):
        entry[part] = _parts(Correction, entry[part], f"claim {name}: {part}")
    if "revised" in entry:
        entry["revised"] = _revisions(name, entry["revised"])
    if "source" in entry:
        entry["source"] = str(entry["source"])
    claim = Claim(id=name, **entry)
    for complaint in (_wrong_choice(claim), _wrong_sizes(claim), _wrong_names(claim)):
        if complaint:
            raise ValueError(f"claim {name}: {complaint}")
    return claim


def _parts(kind: type, entry, what: str):
    """A part of an entry that has fields of its own, all of them sentences."""
    names = [part.name for part in fields(kind)]
    if not isinstance(entry, dict) or set(entry) != set(names):
        raise ValueError(f"{what} has {', '.join(names)}")
    return kind(**{part: str(value) for part, value in entry.items()})


def _revisions(name: str, entries) -> tuple[Revision, ...]:
    if not isinstance(entries, list) or not entries:
        raise ValueError(f"claim {name}: revised is a list of revisions, oldest first")
    found = tuple(_parts(Revision, entry, f"claim {name}: a revision") for entry in entries)
    for revision in found:
        try:
            day = date.fromisoformat(revision.date)
            rules.parse(revision.rule)
        except ValueError as error:
            raise ValueError(f"claim {name}: a revision needs a day and a rule: {error}") from error
        if day.isoformat() != revision.date:
            raise ValueError(f"claim {name}: a revision is dated 2026-11-29, not {revision.date}")
    if [each.date for each in found] != sorted(each.date for each in found):
        raise ValueError(f"claim {name}: its revisions are not in the order of their dates")
    return found


def _wrong_choice(claim: Claim) -> str | None:
    """What in a claim excludes something else in it, or is not whole."""
    if claim.rule and claim.readings:
        return "it has a rule or readings, not both"
    if any(text.count("$") % 2 for text in claim.sentences):
        return "a formula in a sentence begins with a $ and does not end with one"
    if len(claim.readings) == 1:
        return "a claim that is read in one way has a rule, not readings"
    if claim.corrected and claim.instead:
        return "a statement is corrected, or something was found instead, not both"
    if claim.corrected and not _calculated(claim):
        return (
            "only what is calculated can be wrong as printed and corrected; what is measured (a "
            "shape, a record, a scale above live) fails, with instead: what was found"
        )
    if claim.by_construction and claim.other:
        return "what is true by construction cannot be otherwise"
    if claim.beside and not claim.experiment:
        return "beside names a second experiment, and there is no first"
    if claim.requires and not claim.experiment:
        return "requires says what the record of its experiment must have, and it names none"
    return None


def _calculated(claim: Claim) -> bool:
    """Whether a claim is decided by calculation: no training, no drawn curve, no picture."""
    return claim.kind != "shape" and claim.scale == "live" and claim.experiment is None


def _wrong_sizes(claim: Claim) -> str | None:
    if not claim.sizes:
        return None
    named = [*claim.sizes, *(name for names in claim.sizes.values() for name in names)]
    if len(claim.sizes) != 1 or len(named) < 2 or len(set(named)) < len(named):
        return "sizes names one quantity and lists those that are measured at each of its values"
    unknown = [name for name in named if name not in claim.measured]
    return f"{unknown[0]} is named by sizes and not described under measured" if unknown else None


def _wrong_names(claim: Claim) -> str | None:
    """The quantities that are described are those that the rules use."""
    try:
        used = set().union(*map(rules.names, claim.expressions), claim.sizes)
    except ValueError as error:
        return str(error)
    described = set(claim.measured)
    for wrong, what in (
        (used - described - {"tolerance"}, "is used by a rule and not described under measured"),
        (described - used, "is described under measured and used by no rule"),
        (described & ({*FUNCTIONS, "tolerance"}), "is a word of the rules, not a quantity"),
        ({"tolerance"} & used if claim.tolerance is None else set(), "is used and not given"),
    ):
        if wrong:
            return f"{min(wrong)} {what}"
    return None
