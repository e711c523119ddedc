"""Sorted rows counted among, or put between, the sorted keys of a count of 17 to 64 channels."""

import numpy as np

from relu_book.compiled import kernel
from relu_book.patterns.backends.numba_sample import runs

_AT_ONCE = 1024  # rows of which runs are made at a time


@kernel
def match(keys, counts, rows):
    """Counts the sorted ``rows`` that are among the sorted ``keys``, and keeps the others.

    Returns how many rows are kept, at the front of ``rows``, and how many patterns these are. Every
    step takes a row or passes a key, without branches, which could not be predicted.
    """
    kept = new = k = r = 0
    last = ~rows[0]
    while k < len(keys) and r < len(rows):
        key, row = keys[k], rows[r]
        passed = key < row
        before = row < key
        counts[k] += key == row
        rows[kept] = row
        kept += before
        new += before & (row != last)
        last = last if passed else row
        k += passed
        r += not passed
    while r < len(rows):
        row = rows[r]
        rows[kept] = row
        kept += 1
        new += row != last
        last = row
        r += 1
    return kept, new


@kernel
def match_runs(keys, counts, rows):
    """The same, faster where most rows come several times: a step takes a run of equal rows."""
    some = np.empty(_AT_ONCE, np.uint64)
    times = np.empty(_AT_ONCE, np.int64)
    kept = new = k = start = 0
    while start < len(rows):
        end = min(start + _AT_ONCE, len(rows))
        while end < len(rows) and rows[end] == rows[end - 1]:
            end += 1
        found = runs(rows[start:end], some, times)
        start = end
        r = 0
        while k < len(keys) and r < found:
            key, row = keys[k], some[r]
            counts[k] += times[r] if key == row else 0
            before = row < key
            rows[kept] = row
            kept += before
            new += before
            for _ in range(times[r] - 1 if before else 0):
                rows[kept] = row
                kept += 1
            k += key <= row
            r += row <= key
        while r < found:
            for _ in range(times[r]):
                rows[kept] = some[r]
                kept += 1
            new += 1
            r += 1
    return kept, new


@kernel
def insert(keys, counts, size, rows):
    """Puts the sorted ``rows``, none of which is a key, between the first ``size`` keys.

    ``keys`` and ``counts`` are as long as the result, which is written from behind.
    """
    some = np.empty(_AT_ONCE, np.uint64)
    times = np.empty(_AT_ONCE, np.int64)
    k, place, end = size - 1, len(keys) - 1, len(rows)
    while end > 0:
        start = max(0, end - _AT_ONCE)
        while start > 0 and rows[start - 1] == rows[start]:
            start -= 1
        r = runs(rows[start:end], some, times) - 1
        end = start
        while r >= 0 and k >= 0:
            row = some[r]
            while k >= 8 and keys[k - 7] > row:  # eight at once where few rows are new
                for _ in range(8):
                    keys[place] = keys[k]
                    counts[place] = counts[k]
                    k -= 1
                    place -= 1
            key = keys[k]
            before = row < key
            keys[place] = key if before else row
            counts[place] = counts[k] if before else times[r]
            k -= before
            r -= not before
            place -= 1
        while r >= 0:
            keys[place] = some[r]
            counts[place] = times[r]
            r -= 1
            place -= 1


@kernel
def first_to_come(rows, arrived, room):
    """Keeps, of the sorted ``rows``, those of the first ``room`` patterns that arrived.

    Returns how many rows stay, at the front of ``rows``.
    """
    chosen = np.zeros(len(rows), np.bool_)
    for row in arrived:
        if room == 0:
            break
        first = np.searchsorted(rows, row)
        if first < len(rows) and rows[first] == row and not chosen[first]:
            chosen[first] = True
            room -= 1
    kept = first = 0
    for r in range(len(rows)):
        if rows[r] != rows[first]:
            first = r
        if chosen[first]:
            rows[kept] = rows[r]
            kept += 1
    return kept
