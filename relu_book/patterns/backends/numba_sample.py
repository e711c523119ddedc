"""How many distinct numbers to expect among many, from a sample of them."""

import math

import numpy as np

from relu_book.compiled import kernel


@kernel
def runs(rows, keys, times):
    """The distinct words of the sorted ``rows`` and how often each occurs; how many there are.

    ``keys`` may be ``rows``.
    """
    found = start = 0
    last = rows[0]
    for r in range(1, len(rows)):
        row = rows[r]
        keys[found] = last
        times[found] = r - start
        other = row != last
        found += other
        start = r if other else start
        last = row
    keys[found] = last
    times[found] = len(rows) - start
    return found + 1


def sampled(rows: np.ndarray, most: int = 1 << 16) -> np.ndarray:
    """Some of the rows, spread evenly: one in 16 of them, and no more than ``most``."""
    return rows[:: -(-len(rows) // max(1, min(most, len(rows) // 16)))]


def expected(sample: np.ndarray, rows: int) -> tuple[int, float, bool]:
    """How many distinct numbers there may be among so many rows, of which this is a sample.

    Of the r numbers in it d differ, and f1 and f2 occur once and twice. Chao's estimate is
    N = d + f1² / 2 f2. Where d is about what N equally frequent numbers show, it is near; else some
    are frequent and many are rare, and d grows as the power f1 / d of the number of rows.

    Returns:
        The number expected; the share of further rows whose number is not in the sample (Good and
        Turing: f1 / r); and whether the numbers seem equally frequent.
    """
    sample = np.sort(sample)
    times = np.empty(len(sample), np.int64)
    seen = runs(sample, sample, times)
    once, twice = (int((times[:seen] == n).sum()) for n in (1, 2))
    patterns = seen + once**2 // (2 * max(twice, 1))
    even = seen > 0.75 * patterns * -math.expm1(-len(sample) / patterns)
    if not even:
        patterns = int(seen * (rows / len(sample)) ** (once / seen))
    return min(patterns, rows), once / len(sample), even
