"""Numbers that a rule may form of measured values; nothing here decides.

The first axis of a quantity are the seeds, new trainings or draws; the last axis are layers, steps
or sizes. Integers are Python integers in object arrays, so that 2**512 stays exact.
"""

from math import comb

import numpy as np
from scipy import stats

from relu_book.claims.truth import Open, elements, plain


def floats(values) -> np.ndarray:
    """The values as float64, whatever exact type they had."""
    return np.asarray(values, dtype=np.float64)


def includes(values, *needed):
    """Whether all the needed values are among the values."""
    return set(needed) <= set(elements(values))


def how_many(values):
    """Number of true values."""
    values = elements(values)
    if any(isinstance(value, Open) for value in values):
        raise ValueError("how_many cannot count undecided values")
    return sum(bool(value) for value in values)


def share(values):
    """Share of true values, 0 to 1."""
    return how_many(values) / np.size(values)


def agreement(signs):
    """Share of the most frequent value along the first axis, 0 to 1."""
    signs = floats(signs)
    return plain(np.max([(signs == sign).mean(axis=0) for sign in np.unique(signs)], axis=0))


def length(*quantities):
    """Number of entries along the first axis, of several the smallest; a single number has one."""
    return min(len(np.atleast_1d(values)) for values in quantities)


def steps(values):
    """Differences of neighbours along the last axis."""
    return np.diff(floats(values), axis=-1)


def ties_at(values, cap):
    """The values, none above the cap: what lies at a cap or above it ties there."""
    return plain(np.minimum(floats(values), floats(cap)))


def mean(values):
    """Mean of all values."""
    return float(floats(values).mean())


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


def smallest(values):
    """The smallest of all values."""
    return min(elements(values))


def largest(values):
    """The largest of all values."""
    return max(elements(values))


def total(values):
    """Sum of all values."""
    return sum(elements(values))


def size(values):
    """Absolute values."""
    return plain(np.abs(values))
