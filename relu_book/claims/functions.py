"""The functions that a rule may call: statistics of measured values, and judgements on them.

The judgements follow the conventions of the book:

- ``equal``: the largest absolute deviation over at least 100 random cases is at most a tolerance.
- ``ordered(a, b)``: at least 5 pairs; the 95 % t-interval of the mean of a - b lies above zero
  (true), below zero (false) or around it (undecided).
- ``positive(a)``: the same interval of the mean of a, from 3 seeds on.
- ``near(a, v, t)``: at least 3 runs; their mean lies within t of the printed value v.
- ``rank_correlation``: Spearman's rho per seed; true if at least 80 % of at least 3 seeds pass the
  threshold, false if at least 80 % have the opposite sign, else undecided.

A judgement is three-valued: ``True``, ``False``, or ``None`` for undecided. Arrays of judgements
are object arrays; integers are Python integers in object arrays, so that 2**512 stays exact.
"""

from collections.abc import Callable
from math import comb

import numpy as np
from scipy import stats

FEWEST_CASES = 100
FEWEST_PAIRS = 5
FEWEST_SEEDS = 3
MAJORITY = 0.8


def floats(values) -> np.ndarray:
    """The values as float64, whatever exact type they had."""
    return np.asarray(values, dtype=np.float64)


def elements(values) -> list:
    """The values of a scalar or array, flat."""
    return np.asarray(values, dtype=object).ravel().tolist()


def plain(value):
    """A NumPy scalar or array without dimensions as a Python value; everything else unchanged."""
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        return value.item()
    return value


# --- judgements ---


def equal(deviation, tolerance, cases=FEWEST_CASES):
    """True if no deviation exceeds the tolerance; undecided with too few cases."""
    if any(abs(value) > tolerance for value in elements(deviation)):
        return False
    return enough(np.size(deviation) >= cases)


def enough(condition):
    """True if the condition holds, else undecided: too little was measured, nothing is refuted."""
    return True if condition else None


def refuted(condition):
    """False once a counter-example is there, else undecided: finding none proves nothing."""
    return False if condition else None


def _mean_interval(values):
    """Ends of the 95 % t-interval of the mean over the first axis, and the number of values."""
    values = floats(values)
    number = values.shape[0] if values.ndim else 1
    if number < 2:
        return None, None, number
    half_width = stats.t.ppf(0.975, number - 1) * values.std(axis=0, ddof=1) / np.sqrt(number)
    return values.mean(axis=0) - half_width, values.mean(axis=0) + half_width, number


def _paired(first, second):
    first, second = floats(first), floats(second)
    if first.shape != second.shape:
        raise ValueError(f"pairs need equal shapes, not {first.shape} and {second.shape}")
    return first - second


def _three_valued(true, false):
    """Judgements from two arrays of booleans: true, false, else undecided."""
    judgement = np.where(true, True, np.where(false, False, None))
    return plain(judgement.astype(object))


def _above_zero(values, fewest):
    """Whether the 95 % interval of the mean lies above zero, per column; few values: undecided."""
    low, high, number = _mean_interval(values)
    if number < fewest:
        return _three_valued(np.zeros(np.shape(values)[1:], bool), np.zeros((), bool))
    return _three_valued(low > 0, high < 0)


def ordered(larger, smaller):
    """Whether paired values are larger on average, per column if there are columns."""
    return _above_zero(_paired(larger, smaller), FEWEST_PAIRS)


def positive(values):
    """Whether the mean over the first axis (the seeds) is above zero, per column."""
    return _above_zero(values, FEWEST_SEEDS)


def near(values, printed, tolerance):
    """Whether the mean of the runs is within the tolerance of a printed value."""
    if np.size(values) < FEWEST_SEEDS:
        return None
    return abs(mean(values) - printed) <= tolerance


def differ(first, second):
    """Whether the 95 % interval of the mean paired difference excludes zero, per column."""
    low, high, number = _mean_interval(_paired(first, second))
    if number < FEWEST_SEEDS:
        raise ValueError(f"differ needs {FEWEST_SEEDS} pairs or more, not {number}")
    return plain((low > 0) | (high < 0))


def rank_correlation(x, y, above=None, below=None):
    """Whether x and y rise (``above``) or fall (``below``) together, seed by seed (rows of y)."""
    if (above is None) == (below is None):
        raise ValueError("rank_correlation needs above= or below=, and not both")
    correlations = np.array([spearman(x, row) for row in np.atleast_2d(floats(y))])
    if len(correlations) < FEWEST_SEEDS:
        return None
    passed = correlations > above if below is None else correlations < below
    opposite = correlations < 0 if below is None else correlations > 0
    if passed.mean() >= MAJORITY:
        return True
    return False if opposite.mean() >= MAJORITY else None


def every(values):
    """True if all are true, false if one is false, else undecided."""
    values = elements(values)
    if any(value is not None and not value for value in values):
        return False
    return None if None in values else True


def some(values):
    """True if one is true, false if all are false, else undecided."""
    values = elements(values)
    if any(values):
        return True
    return None if None in values else False


def implies(condition, consequence):
    """Element by element: the consequence, wherever the condition holds."""
    return plain(np.logical_or(np.logical_not(condition), consequence))


# --- numbers ---


def includes(values, *needed):
    """Whether all the needed values are among the values."""
    return set(needed) <= set(elements(values))


def how_many(values):
    """Number of true values."""
    values = elements(values)
    if None in values:
        raise ValueError("how_many cannot count undecided values")
    return sum(bool(value) for value in values)


def share(values):
    """Share of true values, 0 to 1."""
    return how_many(values) / np.size(values)


def agreement(signs):
    """Share of the most frequent value, 0 to 1."""
    signs = elements(signs)
    return max(signs.count(sign) for sign in set(signs)) / len(signs)


def length(*quantities):
    """Number of entries along the first axis, of several the smallest; a single number has one."""
    return min(len(np.atleast_1d(values)) for values in quantities)


def steps(values):
    """Differences of neighbours along the last axis."""
    return np.diff(floats(values), axis=-1)


def means(values):
    """Means over the first axis (the seeds)."""
    return plain(floats(values).mean(axis=0))


def medians(values):
    """Medians over the first axis (the seeds)."""
    return plain(np.median(floats(values), axis=0))


def variation(values):
    """Coefficient of variation (standard deviation over mean) along the last axis."""
    values = floats(values)
    if not (values.mean(axis=-1) > 0).all():
        raise ValueError("variation needs values with a positive mean")
    return plain(values.std(axis=-1, ddof=1) / values.mean(axis=-1))


def spearman(x, y):
    """Spearman's rank correlation of two series; NaN if one is constant."""
    x, y = floats(x), floats(y)
    if x.shape != y.shape or x.ndim != 1 or len(x) < 3:
        raise ValueError(f"two series of 3 or more values needed, not shapes {x.shape}, {y.shape}")
    ranks = [rank - rank.mean() for rank in (stats.rankdata(x), stats.rankdata(y))]
    scale = np.sqrt((ranks[0] ** 2).sum() * (ranks[1] ** 2).sum())
    return float((ranks[0] * ranks[1]).sum() / scale) if scale else float("nan")


def _centred(x, y):
    x, y = floats(x), floats(y)
    if x.ndim != 1 or x.shape[0] != y.shape[-1] or len(set(x.tolist())) < 2:
        raise ValueError(f"a line needs x with two values and y alike, not {x.shape}, {y.shape}")
    return x - x.mean(), y - y.mean(axis=-1, keepdims=True)


def slope(x, y):
    """Least-squares slope of y against x along the last axis."""
    x, y = _centred(x, y)
    return plain((y * x).sum(axis=-1) / (x * x).sum())


def fit_error(x, y):
    """Root mean square of what the least-squares line of y against x leaves over."""
    slopes = np.asarray(slope(x, y))[..., None]
    x, y = _centred(x, y)
    return plain(np.sqrt(((y - slopes * x) ** 2).mean(axis=-1)))


def r_squared(x, y):
    """Share of the variance of y that its least-squares line against x explains; 0 if constant."""
    variance = floats(y).var(axis=-1)
    explained = variance - np.asarray(fit_error(x, y)) ** 2
    return plain(np.where(variance > 0, explained / np.where(variance > 0, variance, 1.0), 0.0))


def interval_low(values):
    """Lower end of the 95 % t-interval of the mean over the first axis."""
    low, _, number = _mean_interval(values)
    if number < FEWEST_SEEDS:
        raise ValueError(f"an interval needs {FEWEST_SEEDS} seeds or more, not {number}")
    return plain(low)


def logarithm(values):
    """Natural logarithm of positive values."""
    values = floats(values)
    if not (values > 0).all():
        raise ValueError("log needs positive values")
    return plain(np.log(values))


def hyperplane_regions(hyperplanes, dimensions):
    """Regions that hyperplanes in general position cut: the sum of C(D, k) over k = 0 to d."""

    def regions(number, dimension):
        return sum(comb(int(number), k) for k in range(int(dimension) + 1))

    return plain(np.asarray(np.frompyfunc(regions, 2, 1)(hyperplanes, dimensions)))


def mean(values):
    """Mean of all values."""
    return float(floats(values).mean())


def _smallest(values):
    return min(elements(values))


def _largest(values):
    return max(elements(values))


def _total(values):
    return sum(elements(values))


def _size(values):
    return plain(np.abs(values))


FUNCTIONS: dict[str, Callable] = {
    "equal": equal,
    "enough": enough,
    "refuted": refuted,
    "ordered": ordered,
    "positive": positive,
    "near": near,
    "differ": differ,
    "rank_correlation": rank_correlation,
    "all": every,
    "any": some,
    "implies": implies,
    "includes": includes,
    "how_many": how_many,
    "share": share,
    "agreement": agreement,
    "len": length,
    "min": _smallest,
    "max": _largest,
    "sum": _total,
    "abs": _size,
    "mean": mean,
    "means": means,
    "medians": medians,
    "steps": steps,
    "variation": variation,
    "spearman": spearman,
    "slope": slope,
    "fit_error": fit_error,
    "r_squared": r_squared,
    "interval_low": interval_low,
    "log": logarithm,
    "hyperplane_regions": hyperplane_regions,
}
"""Every function that a rule may call, by the name that it has in rules."""
