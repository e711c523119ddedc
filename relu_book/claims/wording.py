"""Measured quantities in words: short, the same on every machine, readable on a phone.

Long series are summarised by their range and median, tables of seeds by layers by their medians.
Deviations that a rule compares with a tolerance are rounding errors and differ between processors,
so they are not printed while they stay within it.
"""

import ast
import re
from collections.abc import Mapping

import numpy as np

from relu_book.claims.claim import Claim
from relu_book.claims.judgements import Interval, Ranks
from relu_book.claims.rules import parse
from relu_book.claims.truth import Open

_LISTED = 6
_COLUMNS = 10
# Repetitions of one measurement: only of these does a median say something.
_REPEATED = {"seeds", "runs", "draws", "repeats", "starts", "images", "triples", "spoilt batches"}


def number(value) -> str:
    """A number in at most six digits, a truth value in a word.

    Example:
        >>> number(120.5), number(12368.6), number(0.000012345), number(True)
        ('120.5', '12369', '1.234e-05', 'yes')
    """
    if isinstance(value, Open):
        return "undecided" if value.decidable else "not decidable"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, np.ndarray):
        return series(value, "values")
    if isinstance(value, int):
        return str(value)
    if value == 0:
        return "0"
    return f"{value:.0f}" if 1e4 <= abs(value) < 1e6 else f"{value:.4g}"


def plain(sentence: str) -> str:
    r"""A sentence as text: its formulas, LaTeX between two ``$``, as one types them.

    Example:
        >>> plain(r"All $2^D$ patterns, $\eta (1 - \lambda) w$, $\log_2 K$ and $3 \times 3$.")
        'All 2^D patterns, eta (1 - lambda) w, log2 K and 3 x 3.'
        >>> plain(r"Of $\operatorname{norm}(w)$")
        'Of norm(w)'
    """

    def typed(formula: re.Match) -> str:
        words = formula[1].replace(r"\times", "x").replace(r"\operatorname", "")
        return re.sub(r"[\\{}_]", "", words)

    return re.sub(r"\$([^$]*)\$", typed, sentence)


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
    """Many values in a few words; a median where the unit is a repetition, such as ``seeds``.

    Example:
        >>> series(np.array([112, 131, 121, 120, 125, 119, 130]), "seeds")
        '7 seeds: 112 ... 131, median 121'
        >>> series(np.array([1, 1, 2, 2, 3, 3, 4, 4]), "cases"), series(np.arange(1, 9), "layers")
        ('8 cases: 1, 2, 3, 4', '1 to 8')
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
    if low == high:
        return f"{counted}: all {low}, rounded"
    if unit in _REPEATED and values.ndim <= 2:
        return f"{counted}: {low} ... {high}, median {number(float(np.median(exact)))}"
    if len(set(parts)) <= _LISTED and all(isinstance(part, int) for part in parts):
        return f"{counted}: {', '.join(map(number, sorted(set(parts))))}"
    return f"{counted}: {low} ... {high}"


def interval(claim: Claim, found: Interval | Ranks, dimensions: Mapping[str, str]) -> str:
    """What a judgement was made by, in a line: middle, interval, seeds, threshold.

    Args:
        claim: The claim that was judged.
        found: The interval, or an array of them; for ranks their correlation and who passes.
        dimensions: What the first axis of a quantity counts, where it has a name.
    """
    if isinstance(found, Ranks):
        passed = f"{found.passed} of {found.number} seeds {found.threshold}"
        return f"{found.what}: median rho {_short(found.median)}, {passed}"
    used = [name for name in claim.measured if name in _names(found.what)]
    described = claim.measured[used[0]] if used else ""
    unit = next((_plural(dimensions[name]) for name in used if name in dimensions), None)
    counted = f"{found.number} {unit or _unit(described)}"
    if found.number < 2:
        return f"{found.what} {number(found.middle)}, no interval"
    ends = np.stack([np.ravel(part) for part in (found.middle, found.low, found.high)], axis=1)
    shown = [f"{_short(mid)} [{_short(low)}, {_short(high)}]" for mid, low, high in ends.tolist()]
    if len(shown) > _LISTED:
        columns = re.search(r"\bby (?:\d+ )?([a-z]+s)\b", described)
        least, most = shown[ends[:, 0].argmin()], shown[ends[:, 0].argmax()]
        shown = [f"over {len(shown)} {columns[1] if columns else 'columns'} {least} ... {most}"]
    level = "" if found.level == 0.95 else f", {100 * found.level:.3g} % intervals"
    against = " to ".join(map(number, found.thresholds))
    judged = f"{found.what} {', '.join(shown)}, {counted}{level}"
    return f"{judged}, against {against}" if against else judged


def _short(value: float) -> str:
    return "0" if value == 0 else f"{value:.3g}"


def _names(what: str) -> set[str]:
    """The names in what an interval is of, which need not be an expression: ``share of passed``."""
    return set(re.findall(r"[A-Za-z_]\w*", what))


def _deviation(values, tolerance: float, unit: str) -> str:
    largest = float(np.max(np.abs(np.asarray(values, dtype=np.float64))))
    found = f"within {tolerance:g}" if largest <= tolerance else f"up to {number(largest)}"
    return f"{found} ({np.size(values)} {unit})"


def _plural(word: str) -> str:
    """The plural of a noun, or of the last of several.

    Example:
        >>> _plural("seed"), _plural("spoilt batch"), _plural("block_number"), _plural("family")
        ('seeds', 'spoilt batches', 'block numbers', 'families')
    """
    word = word.replace("_", " ")
    if re.search(r"[^aeiou]y$", word):
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "x", "ch", "sh")) else "s")


def _unit(description: str) -> str:
    """What the first axis counts, from the description of a quantity.

    Example:
        >>> _unit("change of the step, one a spoilt batch (5 among 200 in a run)")
        'spoilt batches'
        >>> _unit("share of the places that are taken, one a layer and time (100 or more)")
        'pairs of layer and time'
        >>> _unit("layers that dip by 0.05 or more, seeds (3 or more) by setups")
        'seeds'
    """
    found = re.search(r"\bone (?:number )?an? (?:such )?([a-z][a-z -]*)", description)
    if found:
        noun = re.split(r" (?:of|with|from|for|in|by)\b", found.group(1).strip())[0]
        return f"pairs of {noun}" if " and " in noun else _plural(noun)
    found = re.findall(r"\b(\w+s) (?:\(\d+ or more\) )?by (?:\d+\b(?!\.)|[a-z])", description)
    return found[-1] if found else "values"


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
