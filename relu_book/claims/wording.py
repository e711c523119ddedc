"""Measured quantities in words: short, the same on every machine, readable on a phone.

Long series are summarised by their range and median, tables of seeds by layers by their medians.
Deviations that a rule compares with a tolerance are rounding errors and differ between processors,
so they are not printed while they stay within it.
"""

import ast
import re

import numpy as np

from relu_book.claims.catalogue import Claim
from relu_book.claims.rules import parse

_LISTED = 6
_COLUMNS = 10


def number(value) -> str:
    """A number in at most six digits, a truth value in a word.

    Example:
        >>> number(120.5), number(12368.6), number(0.000012345), number(True), number(None)
        ('120.5', '12369', '1.234e-05', 'yes', 'undecided')
    """
    if value is None:
        return "undecided"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, np.ndarray):
        return series(value, "values")
    if isinstance(value, int):
        return str(value)
    if value == 0:
        return "0"
    return f"{value:.0f}" if 1e4 <= abs(value) < 1e6 else f"{value:.4g}"


def quantity(claim: Claim, name: str, value, dimension: str | None = None) -> str:
    """One measured quantity of a claim with its value, as the verdict prints it.

    Args:
        claim: The claim.
        name: Of the quantity.
        value: Its value.
        dimension: What the first axis counts; by default what the claim's description says.
    """
    unit = _plural(dimension) if dimension else _unit(claim.measured[name])
    tolerance = _tolerances(claim).get(name)
    if tolerance is not None:
        return f"{name} {_deviation(value, tolerance, unit)}"
    if isinstance(value, np.ndarray):
        return f"{name} {series(value, unit)}"
    return f"{name} {number(value)}"


def series(values: np.ndarray, unit: str) -> str:
    """Many values in a few words.

    Example:
        >>> series(np.array([112, 131, 121, 120, 125, 119, 130]), "seeds")
        '7 seeds: 112 ... 131, median 121'
        >>> series(np.array([0.0] * 25), "seeds"), series(np.arange(1, 9), "layers")
        ('25 seeds: all 0', '1 to 8')
    """
    parts = values.ravel().tolist()
    if values.ndim == 1 and len(parts) <= _LISTED:
        return ", ".join(map(number, parts))
    counted = f"{values.shape[0]} {unit}" if values.ndim <= 2 else f"{len(parts)} values"
    if len(set(parts)) == 1:
        return f"{counted}: all {number(parts[0])}"
    if values.dtype == bool:
        return f"{counted}: yes in {sum(parts)} of {len(parts)}"
    exact = values.astype(np.float64)
    if values.ndim == 1 and (np.diff(exact) == 1).all():
        return f"{number(parts[0])} to {number(parts[-1])}"
    if values.ndim == 2 and values.shape[1] <= _COLUMNS:
        medians = np.median(exact, axis=0).tolist()
        return f"{counted}: medians {', '.join(map(number, medians))}"
    low, high = number(min(parts)), number(max(parts))
    return f"{counted}: {low} ... {high}, median {number(float(np.median(exact)))}"


def _deviation(values, tolerance: float, unit: str) -> str:
    largest = float(np.max(np.abs(np.asarray(values, dtype=np.float64))))
    found = f"within {tolerance:g}" if largest <= tolerance else f"up to {number(largest)}"
    return f"{found} ({np.size(values)} {unit})"


def _plural(word: str) -> str:
    """The plural of a dimension's name.

    Example:
        >>> _plural("seed"), _plural("branch"), _plural("block_number")
        ('seeds', 'branches', 'block numbers')
    """
    word = word.replace("_", " ")
    return word + ("es" if word.endswith(("s", "x", "ch", "sh")) else "s")


def _unit(description: str) -> str:
    """What the first axis counts, from the description: ``one a seed``, ``seeds by layers``."""
    found = re.search(r"\bone (?:number )?an? (\w+)", description)
    if found:
        return found.group(1) + ("es" if found.group(1).endswith("s") else "s")
    found = re.search(r"\b(\w+s) (?:\(\d+ or more\) )?by \w+", description)
    return found.group(1) if found else "values"


def _tolerances(claim: Claim) -> dict[str, float]:
    """Quantities that a rule compares with zero, each with its tolerance."""
    found = {}
    for rule in claim.expressions:
        for node in ast.walk(parse(rule)):
            match node:
                case ast.Call(func=ast.Name(id="equal"), args=[ast.Name(id=name), limit, *_]):
                    given = limit.value if isinstance(limit, ast.Constant) else claim.tolerance
                    found[name] = given
    return found
