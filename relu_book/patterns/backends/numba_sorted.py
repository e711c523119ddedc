"""A streaming count of 17 to 64 channels: the distinct words, merged with sorted buffers."""

import numpy as np
from numba import njit

_LEAST_ROWS = 1 << 16  # a shorter buffer is not worth a merge


@njit(nogil=True, cache=True)
def _match(keys, counts, rows):
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


@njit(nogil=True, cache=True)
def _insert(keys, counts, size, rows):
    """Puts the sorted ``rows``, none of which is a key, between the first ``size`` keys.

    ``keys`` and ``counts`` are as long as the result, which is written from behind.
    """
    k, r, place = size - 1, len(rows) - 1, len(keys) - 1
    while r >= 0:
        row = rows[r]
        while k >= 0 and keys[k] > row:
            keys[place] = keys[k]
            counts[place] = counts[k]
            place -= 1
            k -= 1
        end = r
        r -= 1
        while r >= 0 and rows[r] == row:
            r -= 1
        keys[place] = row
        counts[place] = end - r
        place -= 1


@njit(nogil=True, cache=True)
def _first_to_come(rows, arrived, room):
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


class Sorted:
    """Distinct words in order with their counts, 16 bytes each, and a buffer of as many rows.

    A limit on bytes gives three quarters of them to the list, since it may move while it grows, and
    a quarter to the buffer and a copy of it.
    """

    def __init__(self, limit: int | None, max_bytes: int | None) -> None:
        self._rows = None
        if max_bytes is not None:
            limit = min(max_bytes // 32, max_bytes if limit is None else limit)
            self._rows = max_bytes // 64
        self._limit = limit
        self._keys = np.empty(0, np.uint64)
        self._counts = np.empty(0, np.int64)
        self._shared = False
        self._buffer = np.empty(0, np.uint64)
        self._filled = 0
        self.unlisted = 0

    def add(self, words: np.ndarray) -> None:
        keys = words[:, 0]
        while len(keys):
            if self._filled == len(self._buffer):
                self._absorb()
                self._make_room()
            part = keys[: len(self._buffer) - self._filled]
            self._buffer[self._filled : self._filled + len(part)] = part
            self._filled += len(part)
            keys = keys[len(part) :]

    def finish(self) -> tuple[np.ndarray, np.ndarray]:
        self._absorb()
        self._buffer = np.empty(0, np.uint64)
        self._shared = True
        return self._keys[:, None], self._counts

    def _make_room(self) -> None:
        rows = max(_LEAST_ROWS, len(self._keys))
        if self._rows is not None:
            rows = min(rows, self._rows)
        if rows > len(self._buffer):
            self._buffer = None  # before the next one is made
            self._buffer = np.empty(rows, np.uint64)

    def _absorb(self) -> None:
        rows = self._buffer[: self._filled]
        self._filled = 0
        if not len(rows):
            return
        if self._shared:  # a result that was handed out must not change
            self._keys, self._counts = self._keys.copy(), self._counts.copy()
            self._shared = False
        size = len(self._keys)
        room = len(rows) if self._limit is None else self._limit - size
        arrived = rows.copy() if 0 < room < len(rows) else rows
        rows.sort()
        kept, new = _match(self._keys, self._counts, rows)
        rows = rows[:kept]
        if new > room:
            listed = _first_to_come(rows, arrived, room)
            self.unlisted += kept - listed
            rows, new = rows[:listed], room
        if new:
            self._keys.resize(size + new, refcheck=False)
            self._counts.resize(size + new, refcheck=False)
            _insert(self._keys, self._counts, size, rows)
