"""A streaming count of up to 16 channels: a table with an entry for every pattern there can be."""

import numpy as np

from relu_book.compiled import kernel
from relu_book.patterns.backends.numba_packing import BLOCK, signs_of

_ROWS = 1 << 16  # read at a time, in the cache


@kernel
def _tabulate(keys, low, table):
    """Counts in bytes, which the first caches hold, and carries every 256 into the table.

    Returns all keys combined by "or".
    """
    last = np.uint64(len(low) - 1)
    bits = np.uint64(0)
    for key in keys:
        bits |= key
        key &= last
        count = np.uint8(low[key] + np.uint8(1))
        low[key] = count
        if count == 0:
            table[key] += 256
    return bits


@kernel
def _tabulate_signs(bits, infinity, largest, low, table):
    """The same of signs, ``bits (outer, channels, pixels)``, which are packed nowhere else.

    Returns whether it met a NaN.
    """
    outer, _, pixels = bits.shape
    signs = np.empty(BLOCK, np.uint16)
    top = infinity
    for o in range(outer):
        for start in range(0, pixels, BLOCK):
            end = min(start + BLOCK, pixels)
            top = signs_of(bits, o, 0, start, end, largest, top, signs)
            for key in signs[: end - start]:
                count = np.uint8(low[key] + np.uint8(1))
                low[key] = count
                if count == 0:
                    table[key] += 256
    return top > infinity


@kernel
def _tabulate_some(keys, table, room):
    """Counts keys that the table has or has room for; what room is left, how many were not."""
    unlisted = 0
    for key in keys:
        if table[key] == 0:
            if room == 0:
                unlisted += 1
                continue
            room -= 1
        table[key] += 1
    return room, unlisted


@kernel
def _entries(low, table):
    """The patterns that occur, in order, and their counts; nothing is left in the bytes."""
    found = 0
    for pattern in range(len(table)):
        table[pattern] += low[pattern]
        low[pattern] = 0
        found += table[pattern] != 0
    # One place more than needed takes what is written in vain: no branch to be predicted.
    patterns = np.empty((found + 1, 1), np.uint64)
    counts = np.empty(found + 1, np.int64)
    place = 0
    for pattern in range(len(table)):
        patterns[place, 0] = pattern
        counts[place] = table[pattern]
        place += table[pattern] != 0
    return patterns[:found], counts[:found]


class Table:
    """One entry for every pattern there can be: 9 bytes each."""

    def __init__(self, width: int, limit: int | None) -> None:
        self._low = np.zeros(1 << width, np.uint8)
        self._table = np.zeros(1 << width, np.int64)
        self._room = None if limit is None or limit >= 1 << width else limit
        self.unlisted = 0

    def add(self, words: np.ndarray) -> None:
        for start in range(0, len(words), _ROWS):
            keys = np.ascontiguousarray(words[start : start + _ROWS, 0])
            if self._room is None:
                if _tabulate(keys, self._low, self._table) >= len(self._table):
                    width = len(self._table).bit_length() - 1
                    raise ValueError(f"packed has active bits beyond its width of {width}")
            else:
                self._room, unlisted = _tabulate_some(keys, self._table, self._room)
                self.unlisted += unlisted

    def takes_signs(self, rows: int) -> bool:
        """Whether ``add_signs`` may be called: there is room for every pattern there can be."""
        return self._room is None

    def add_signs(self, bits: np.ndarray, infinity: np.integer, largest: np.integer) -> bool:
        """Counts ``bits (outer, channels, pixels)`` by their signs; whether it met a NaN."""
        return _tabulate_signs(bits, infinity, largest, self._low, self._table)

    def finish(self) -> tuple[np.ndarray, np.ndarray]:
        return _entries(self._low, self._table)
