"""Truth with four values, and how it is combined.

A judgement is ``True``, ``False``, or ``Open``: either *undecided*, what was measured tells
neither, or *not decidable*, it could not have told, because a guard is not met.

- Undecided follows Kleene: false and undecided is false, true or undecided is true, all other
  pairs with undecided are undecided.
- Not decidable follows Bochvar: whatever it is combined with, the result is not decidable. A guard
  that is not met takes ``holds`` and ``fails`` away alike.

An open judgement carries its reasons; the result of a combination carries those of its open parts.
Arrays are combined element by element and hold judgements as objects.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Open:
    """A judgement that is neither true nor false.

    Attributes:
        reasons: Why, each in a few words.
        decidable: Whether the measurement could have told: ``False`` if a guard is not met.
    """

    reasons: tuple[str, ...]
    decidable: bool = True

    def __bool__(self) -> bool:
        raise ValueError(
            "an open judgement is neither true nor false: combine it with and, or, not"
        )


def undecided(reason: str) -> Open:
    """A judgement that the measurement leaves open."""
    return Open((reason,))


def undecidable(reason: str) -> Open:
    """A judgement that the measurement could not have made."""
    return Open((reason,), decidable=False)


def elements(values) -> list:
    """The values of a scalar or array, flat."""
    return np.asarray(values, dtype=object).ravel().tolist()


def plain(value):
    """A NumPy scalar or array without dimensions as a Python value; everything else unchanged."""
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        return value.item()
    return value


def opened(values) -> Open | None:
    """The open judgements among the values as one, or None; not decidable comes first.

    Example:
        >>> opened([True, undecided("too few"), undecidable("saturated")])
        Open(reasons=('saturated',), decidable=False)
    """
    found = [value for value in elements(values) if isinstance(value, Open)]
    barred = [value for value in found if not value.decidable]
    reasons = dict.fromkeys(reason for value in barred or found for reason in value.reasons)
    return Open(tuple(reasons), decidable=not barred) if found else None


def every(values):
    """True if all are true, false if one is false, else undecided; not decidable if one is.

    Example:
        >>> every([True, False, undecided("too few")]), every([False, undecidable("saturated")])
        (False, Open(reasons=('saturated',), decidable=False))
    """
    left_open = opened(values)
    if left_open is not None and not left_open.decidable:
        return left_open
    if any(not value for value in elements(values) if not isinstance(value, Open)):
        return False
    return True if left_open is None else left_open


def some(values):
    """True if one is true, false if all are false, else undecided; not decidable if one is."""
    return negated(every([negated(value) for value in elements(values)]))


def nearly_all(values, least):
    """True if so many are true and none is false, false if too many are, else undecided.

    Args:
        values: Judgements, one a pair of network and data, or the like.
        least: How many of them have to be true.

    Example:
        >>> pairs = [True, True, True, undecided("wide")]
        >>> nearly_all(pairs, 3), nearly_all([True, True, False, False], 3)
        (True, False)
        >>> nearly_all([True, True, True, False], 3)
        Open(reasons=('1 of 4 fail',), decidable=True)
    """
    values = elements(values)
    left_open = opened(values)
    if left_open is not None and not left_open.decidable:
        return left_open
    failed = sum(value is False for value in values)
    if len(values) < least:
        return undecided(f"too few: {len(values)} of {least}")
    if failed > len(values) - least:
        return False
    if failed:
        return undecided(f"{failed} of {len(values)} fail")
    return True if sum(value is True for value in values) >= least else left_open


def negated(value):
    """Not: true and false change places, open stays as it is."""
    return value if isinstance(value, Open) else not value


def agree(values: Iterable, what: str, places: Sequence[str] = ()):
    """One truth of several that should be the same: true if all are, false if none is.

    Args:
        values: Truths.
        what: What they are of, for the reason: ``readings``, ``two largest sizes``.
        places: Where each was found. What is open at one place, and otherwise at another, is told
            of each: a reason alone would be read as one of the place that is shown.

    Example:
        >>> agree([True, True], "readings"), agree([True, False], "readings")
        (True, Open(reasons=('the readings disagree',), decidable=True))
        >>> agree([undecided("too few"), True], "two largest sizes", ("256", "512")).reasons
        ('undecided at 256: too few', 'holds at 512')
    """
    values = list(values)
    left_open = opened(values)
    if left_open is not None and places and len(set(values)) > 1:
        return Open(tuple(map(_told, values, places)), left_open.decidable)
    if left_open is not None:
        return left_open
    if all(values) or not any(values):
        return all(values)
    return undecided(f"the {what} disagree")


def _told(value, place: str) -> str:
    """A truth with its reasons and where it was found."""
    if not isinstance(value, Open):
        return f"{'holds' if value else 'fails'} at {place}"
    word = "undecided" if value.decidable else "not decidable"
    return f"{word} at {place}: {', '.join(value.reasons)}"


def by_element(combine, *parts):
    """A combination of judgements, element by element where there are arrays."""
    combined = np.frompyfunc(lambda *values: combine(values), len(parts), 1)(*parts)
    if isinstance(combined, np.ndarray) and opened(combined) is None:
        combined = combined.astype(bool)
    return plain(combined)


def implies(condition, consequence):
    """Element by element: the consequence, wherever the condition holds."""
    return by_element(lambda parts: some([negated(parts[0]), parts[1]]), condition, consequence)


# --- judgements on conditions; ``said`` is the condition in the words of the rule ---


def decidable(condition, said: str = "the condition"):
    """True if the guard is met, else not decidable."""
    if isinstance(condition, Open):
        return condition
    return True if condition else undecidable(f"guard not met: {said}")


def enough(condition, said: str = "the condition"):
    """True if the condition holds, else undecided: too little was measured, nothing is refuted."""
    if isinstance(condition, Open):
        return condition
    return True if condition else undecided(f"too few: not {said}")


def refuted(condition, said: str = "the condition"):
    """False once a counter-example is there, else undecided: finding none proves nothing."""
    if isinstance(condition, Open):
        return condition
    return False if condition else undecided(f"did not occur: {said}")


ON_CONDITIONS = {"decidable": decidable, "enough": enough, "refuted": refuted}
"""The functions that are told the condition in the words of the rule."""
