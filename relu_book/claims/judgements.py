"""Judgements on measured values, most of them by an interval that the verdict then prints.

The first axis are the seeds, new trainings or draws; other axes are judged element by element.
An order or a threshold is judged by the 95 % t-interval of the mean over the seeds: on the right
side it holds, on the wrong side it fails, across it is undecided. What the kinds of rules need:

===================== ================================ ==========================================
kind                  least                            fails if
===================== ================================ ==========================================
``ordered`` …         5 seeds; 3 may hold, never fail  the whole interval is on the wrong side
``equivalent``        5 seeds                          the whole interval is outside the margin
``rank_correlation``  6 values a seed; 5 seeds of      4 of 5 are below half of the threshold
                      which 4 pass; 3 may hold
``slope_rule``        as ``ordered``, for 3 to 5       the slopes' interval is below zero
                      values a seed
``near``              3 runs                           the interval misses the printed range
``drawn``             40 seeds                         outside the 95 % prediction interval
``exists``            one hit                          no hit in 3/p trials
``correlation_rule``  32 runs                          the interval is below the threshold
``share_rule``        5 networks                       the upper end of the share is below
===================== ================================ ==========================================

Among k intervals that must all hold, ``among=k`` takes each at 1 - 0.05/k.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from relu_book.claims.statistics import floats, logarithm, mean, slope, spearman
from relu_book.claims.truth import elements, plain, undecided

FEWEST_CASES = 100
FEWEST_TO_HOLD = 3
FEWEST_TO_FAIL = 5
FEWEST_RANKED = 6
FEWEST_DRAWN = 40
FEWEST_RUNS = 32
MAJORITY = 0.8

_ACROSS = undecided("the interval contains the threshold")


@dataclass(frozen=True)
class Interval:
    """What a judgement was made by.

    Attributes:
        what: What lies in it; in a verdict an expression of the rule, such as ``plain - skipped``.
        middle: Its middle, a number or an array of them: the mean over the seeds, a share.
        low: Lower end.
        high: Upper end.
        number: How many seeds, pairs or runs it is made of.
        thresholds: What it was compared with: one number, or both ends of a range.
        level: Its level, such as 0.95.
    """

    what: str
    middle: object
    low: object
    high: object
    number: int
    thresholds: tuple
    level: float

    @property
    def sides(self) -> list[int]:
        """Sign of the middle less each threshold, element by element."""
        differences = [floats(self.middle) - floats(each) for each in self.thresholds]
        return np.sign(differences).astype(int).ravel().tolist()


@dataclass(frozen=True)
class Ranks:
    """What a trend was judged by, where seeds are counted instead of averaged.

    Attributes:
        what: What was ranked; in a verdict ``ranks of loss by depth``.
        median: Median of the seeds' rank correlations; NaN if no seed has one.
        passed: How many seeds pass.
        number: How many seeds there are.
        threshold: What a seed passes in words, such as ``above 0.8``.
    """

    what: str
    median: float
    passed: int
    number: int
    threshold: str

    @property
    def sides(self) -> list[int]:
        """1 if most seeds pass, -1 if most do not, 0 if as many do."""
        return [int(np.sign(2 * self.passed - self.number))]


@dataclass(frozen=True)
class Judged:
    """What a function found, a judgement or a number, with what it was made by."""

    value: object
    interval: Interval | Ranks


def equal(deviation, tolerance, cases=FEWEST_CASES):
    """True if no deviation exceeds the tolerance; undecided with too few cases."""
    if any(abs(value) > tolerance for value in elements(deviation)):
        return False
    number = np.size(deviation)
    return True if number >= cases else undecided(f"too few: {number} of {cases} cases")


# --- by the t-interval of a mean ---


def _t_interval(values, what, thresholds, among=1) -> Interval:
    """The interval of the mean over the first axis; without ends if there are fewer than two."""
    values = floats(values)
    number = values.shape[0] if values.ndim else 1
    level = 1 - 0.05 / among
    middle = values.mean(axis=0) if values.ndim else values
    if number < 2:
        half_width = np.full_like(middle, np.inf)
    else:
        factor = stats.t.ppf((1 + level) / 2, number - 1)
        half_width = factor * values.std(axis=0, ddof=1) / np.sqrt(number)
    ends = (middle, middle - half_width, middle + half_width)
    return Interval(what, *map(plain, ends), number, thresholds, level)


def _by(interval: Interval, true, false, to_hold=FEWEST_TO_HOLD, to_fail=FEWEST_TO_FAIL) -> Judged:
    """What an interval says, element by element, as far as its number of seeds lets it."""
    number = interval.number

    def judge(holds, fails):
        if number < to_hold:
            return undecided(f"too few: {number} of {to_hold} seeds")
        if holds:
            return True
        if not fails:
            return _ACROSS
        return False if number >= to_fail else undecided(f"too few: {number} of {to_fail} seeds")

    return Judged(plain(np.frompyfunc(judge, 2, 1)(true, false)), interval)


def _paired(first, second):
    first, second = floats(first), floats(second)
    if first.shape != second.shape:
        raise ValueError(f"pairs need equal shapes, not {first.shape} and {second.shape}")
    return first - second


def above(values, threshold, among=1):
    """Whether the mean over the seeds is above a threshold."""
    found = _t_interval(values, "{0}", (threshold,), among)
    return _by(found, found.low > floats(threshold), found.high < floats(threshold))


def below(values, threshold, among=1):
    """Whether the mean over the seeds is below a threshold."""
    found = _t_interval(values, "{0}", (threshold,), among)
    return _by(found, found.high < floats(threshold), found.low > floats(threshold))


def positive(values, among=1):
    """Whether the mean over the seeds is above zero."""
    return above(values, 0, among)


def ordered(larger, smaller, among=1):
    """Whether paired values are larger on average."""
    found = _t_interval(_paired(larger, smaller), "{0} - {1}", (0,), among)
    return _by(found, found.low > floats(0), found.high < floats(0))


def within(values, low, high, among=1):
    """Whether the mean over the seeds lies in a range, its ends included."""
    found = _t_interval(values, "{0}", (low, high), among)
    inside = np.logical_and(found.low >= floats(low), found.high <= floats(high))
    return _by(found, inside, np.logical_or(found.high < low, found.low > high))


def equivalent(first, second, margin, among=1):
    """Whether paired values are alike on average, to within a margin: an effect that is absent."""
    found = _t_interval(_paired(first, second), "{0} - {1}", (-margin, margin), among)
    inside = np.logical_and(found.low >= -floats(margin), found.high <= floats(margin))
    outside = np.logical_or(found.high < -margin, found.low > margin)
    return _by(found, inside, outside, to_hold=FEWEST_TO_FAIL)


def near(values, printed, tolerance):
    """Whether the mean of the runs is within the tolerance of a printed value."""
    ends = (printed - tolerance, printed + tolerance)
    found = _t_interval(np.ravel(floats(values)), "{0}", ends)
    inside = abs(mean(values) - printed) <= tolerance
    outside = found.high < ends[0] or found.low > ends[1]
    return _by(found, inside, outside, to_fail=FEWEST_TO_HOLD)


def slope_rule(x, y, among=1):
    """Whether y rises with log x: the slopes of the seeds (rows of y), for few values of x."""
    found = _t_interval(slope(logarithm(x), np.atleast_2d(floats(y))), "slope of {1}", (0,), among)
    return _by(found, found.low > floats(0), found.high < floats(0))


def differ(first, second):
    """Whether the 95 % interval of the mean paired difference excludes zero, true or false."""
    found = _t_interval(_paired(first, second), "{0} - {1}", (0,))
    if found.number < FEWEST_TO_HOLD:
        raise ValueError(f"differ needs {FEWEST_TO_HOLD} pairs or more, not {found.number}")
    return Judged(plain((found.low > floats(0)) | (found.high < floats(0))), found)


def interval_low(values):
    """Lower end of the 95 % interval of the mean over the seeds, a number."""
    found = _t_interval(values, "{0}", ())
    if found.number < FEWEST_TO_HOLD:
        raise ValueError(f"an interval needs {FEWEST_TO_HOLD} seeds or more, not {found.number}")
    return Judged(found.low, found)


# --- by other intervals and counts ---


def rank_correlation(x, y, above=None, below=None):
    """Whether x and y rise (``above``) or fall (``below``) together, seed by seed (rows of y)."""
    if (above is None) == (below is None):
        raise ValueError("rank_correlation needs above= or below=, and not both")
    correlations = np.array([spearman(x, row) for row in np.atleast_2d(floats(y))])
    number, sign, least = len(correlations), 1, above
    if above is None:
        sign, least = -1, -below
    passed = sign * correlations > least

    def judge():
        if np.size(x) < FEWEST_RANKED:
            return undecided(f"too few: {np.size(x)} of {FEWEST_RANKED} values to rank")
        if number >= FEWEST_TO_HOLD and passed.mean() >= MAJORITY:
            return True
        if number < FEWEST_TO_FAIL:
            return undecided(f"too few: {number} of {FEWEST_TO_FAIL} seeds")
        if (sign * correlations < least / 2).mean() >= MAJORITY:
            return False
        return undecided("the seeds disagree")

    # A seed without ranks, all of whose values are alike, has no correlation, and does not pass.
    ranked = correlations[np.isfinite(correlations)]
    median = float(np.median(ranked)) if len(ranked) else float("nan")
    threshold = f"above {above:g}" if below is None else f"below {below:g}"
    found = Ranks("ranks of {1} by {0}", median, int(passed.sum()), number, threshold)
    return Judged(judge(), found)


def correlation_rule(x, y, above):
    """Whether the rank correlation over runs is above a threshold, by Fieller's interval."""
    rho, number, level = spearman(x, y), np.size(x), 0.95
    half_width = stats.norm.ppf((1 + level) / 2) * np.sqrt(1.06 / max(number - 3, 1))
    centre = np.arctanh(np.clip(rho, -1 + 1e-12, 1 - 1e-12))
    low, high = np.tanh(centre - half_width), np.tanh(centre + half_width)
    found = Interval("rank correlation of {0} and {1}", rho, low, high, number, (above,), level)
    return _by(found, low > above, high < above, to_hold=FEWEST_RUNS, to_fail=FEWEST_RUNS)


def share_rule(passed, least, among=1):
    """Whether a share of networks pass; the share has Clopper and Pearson's 95 % interval."""
    number, level = np.size(passed), 1 - 0.05 / among
    hits = sum(map(bool, elements(passed)))
    low, high = stats.binomtest(hits, number).proportion_ci(level)
    found = Interval("share of {0}", hits / number, low, high, number, (least,), level)
    return _by(found, hits / number >= least, high < least, to_hold=FEWEST_TO_FAIL)


def drawn(values, printed):
    """Whether a printed number of one run lies in the 95 % prediction interval of ours.

    Its ends are quantiles, so that it fits what is far from normal, such as a share near its end:
    of n runs a new one is below the k-th in k/(n + 1) of cases. Fewer runs than a level of 95 %
    takes are shown with the level that all of them reach.
    """
    values = np.ravel(floats(values))
    number = len(values)
    level = min(0.95, (number - 1) / (number + 1))
    ends = np.quantile(values, [(1 - level) / 2, (1 + level) / 2], method="weibull")
    found = Interval("{0}, one run", mean(values), *map(float, ends), number, (printed,), level)
    if number < FEWEST_DRAWN:
        return Judged(undecided(f"too few: {number} of {FEWEST_DRAWN} seeds"), found)
    return Judged(bool(ends[0] <= printed <= ends[1]), found)


def exists(hits, trials, share):
    """Whether something occurs; none in 3/share trials excludes it in this share of them."""
    if hits > 0:
        return True
    needed = int(np.ceil(3 / share))
    return False if trials >= needed else undecided(f"did not occur in {trials} of {needed} trials")
