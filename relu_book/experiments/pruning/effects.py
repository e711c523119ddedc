"""How near trainings come to what the claims on two lengths state, for ``lengths``."""

import numpy as np
from scipy.stats import spearmanr

from relu_book.claims.statistics import slope
from relu_book.experiments.lengths import Effect, Effects, less, of


def _opposite_rank(x: str, y: str) -> Effect:
    """Minus the rank correlation, by repeat."""
    return lambda q: np.array([-spearmanr(q[x], row).statistic for row in np.asarray(q[y], float)])


def _log_ratio(first: str, second: str) -> Effect:
    return lambda q: np.log(np.asarray(q[first], float) / np.asarray(q[second], float))


def _falls(y: str) -> Effect:
    """Minus the slope over the logarithm of the number of classes, by repeat."""
    return lambda q: -np.asarray(slope(np.log((2, 4, 10)), np.asarray(q[y], float)))


EFFECTS: Effects = {
    "P-fig-2.a": (
        _opposite_rank("iteration", "similarity_4"),
        _opposite_rank("iteration", "above_4"),
    ),
    "P-fig-2.b": (of("step_4", -1), of("above_4", -1)),
    "P-fig-2.c": (of("rise"), of("rise_above")),
    "P-fig-2.d": (of("first_6"), of("first_10"), of("rank_6", -1), of("rank_10", -1)),
    "P-fig-2.e": (of("block"), of("block_above"), of("depth"), of("depth_above")),
    "P-fig-2.f": (
        less("dense", "lowest"),
        less("dense", "last_convolution"),
        less("dense_above", "lowest_above"),
        less("dense_above", "last_above"),
    ),
    "P-fig-2.g": (
        _log_ratio("range_small", "range_large"),
        _log_ratio("range_small_above", "range_large_above"),
    ),
    "P-fig-2.h": (less("control", "similarity"), of("similarity", -1)),
    "P-fig-2.i": (of("contrast"), of("contrast_above")),
    "P-fig-2.j": (_falls("similarity_same"), _falls("above_same")),
    "P-txt-7": (
        _opposite_rank("dimension", "similarity"),
        _opposite_rank("dimension", "similarity_above"),
    ),
}
