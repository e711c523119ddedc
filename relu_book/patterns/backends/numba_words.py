"""A count of 17 to 64 channels, whose pattern is one word.

The first patterns to come are counted in a small hash table that holds key and count side by side:
a look-up there costs a multiplication, as long as the table lies in the cache. It holds still when
it is full. Rows of other patterns gather in a buffer, which is sorted and merged into a sorted list
of distinct words; where that happens to most rows, the table is given up. Of many rows at once
those that the list has are looked up first, part by part of their upper bits. The multiplication
leads to a place, and the word itself is compared, so that equal places cost time and never
exactness.
"""

from itertools import pairwise

import numpy as np

from relu_book.compiled import kernel
from relu_book.patterns.backends.numba_packing import pack_planes
from relu_book.patterns.backends.numba_sample import expected, runs, sampled
from relu_book.patterns.backends.numba_slots import enter, enter_signs, entries, sieve
from relu_book.patterns.backends.numba_sorted import first_to_come, insert, match, match_runs

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio, odd
_AT_A_TIME = 1 << 16  # rows after which it is asked whether the table is worth it

_SLOTS = 1 << 14  # of the table of a stream: 256 KiB
_MOST_SLOTS = 1 << 18  # of that of a count in one call: 4 MiB
_LEAST_ROWS = 1 << 17  # a shorter buffer is not worth a merge
_PARTS = 1 << 9  # in which many rows are sorted, so that each lies in the cache
_PLACES = 1 << 13  # where listed words of a part are looked up before the others are sorted: 32 KiB
_MANY_ROWS = 1 << 18
_FEW_ROWS = 1 << 14  # not worth a sample


@kernel
def _scatter(keys, shift, starts, out):
    """Puts the keys into parts by their upper bits; part p begins at ``starts[p]`` of ``out``.

    Bits beyond the width, which the caller finds later, lead to the last part.
    """
    last = np.uint64(len(starts) - 2)
    starts[:] = 0
    for key in keys:
        starts[min(key >> shift, last) + np.uint64(1)] += 1
    for part in range(1, len(starts)):
        starts[part] += starts[part - 1]
    ends = starts.copy()
    for key in keys:
        part = min(key >> shift, last)
        place = ends[part]
        out[place] = key
        ends[part] = place + np.uint64(1)


@kernel
def _sieve_parts(keys, counts, shift, places, to_place, multiplier, rows, starts):
    """Counts the rows of each part that lie at their place among the sorted ``keys``.

    Keeps the others, still in parts, at the front of ``rows``. A place holds the number of the last
    key that leads to it, of this part or of one before: the key itself is compared.
    """
    last = np.uint64(len(starts) - 2)
    one = np.uint64(1)
    key = np.uint64(0)
    left = np.uint64(0)
    for part in range(len(starts) - 1):
        while key < len(keys) and min(keys[key] >> shift, last) == part:
            places[(keys[key] * multiplier) >> to_place] = key
            key += one
        first, starts[part] = starts[part], left
        for r in range(first, starts[part + 1]):
            row = rows[r]
            known = np.uint64(places[(row * multiplier) >> to_place])
            hit = np.uint64(keys[known] == row)
            counts[known] += np.int64(hit)
            rows[left] = row
            left += one - hit
    starts[-1] = left


def _sort_into(
    rows: np.ndarray, words: np.ndarray, width: int, keys: np.ndarray, counts: np.ndarray
) -> int:
    """Writes the words, sorted, into ``rows``, but for some that it counts among the ``keys``.

    Returns how many it writes.
    """
    starts = np.empty(_PARTS + 1, np.uint64)
    shift = np.uint64(width - _PARTS.bit_length() + 1)
    _scatter(words, shift, starts, rows)
    if 0 < 2 * len(keys) < len(words):
        places = np.zeros(_PLACES, np.uint32)
        to_place = np.uint64(65 - _PLACES.bit_length())
        _sieve_parts(keys, counts, shift, places, to_place, _MULTIPLIER, rows, starts)
    bounds = starts.tolist()
    for start, end in pairwise(bounds):
        rows[start:end].sort()
    return bounds[-1]


class Words:
    """A table, and distinct words in order with their counts, 16 bytes each, with a buffer of rows.

    A limit on bytes gives a quarter of them to the table at the most; of the others three quarters
    to the list, since it may move while it grows, and a quarter to the buffer and a copy of it.

    Args:
        width: the number of channels, at least 8.
        limit: list at most so many patterns.
        max_bytes: take at most so many bytes.
        slots: how many places the table has, a power of two; 0 for none.
        rows: the length of the buffer at first.
        ratio: how many rows it has for each pattern in the list, later.
    """

    def __init__(
        self,
        width: int,
        limit: int | None,
        max_bytes: int | None,
        *,
        slots: int | None = None,
        rows: int = 0,
        ratio: int = 1,
    ) -> None:
        self._most_rows = None
        slots = _SLOTS if slots is None else slots
        if max_bytes is not None:
            slots = min(slots, 1 << (max_bytes // 64).bit_length() - 1)
            others = max_bytes - 16 * slots
            limit = others // 32 if limit is None else min(others // 32, limit)
            self._most_rows = others // 64
        self._width, self._limit, self._ratio = width, limit, ratio
        self._keys = np.empty(0, np.uint64)
        self._counts = np.empty(0, np.int64)
        self._shared = False
        self._buffer = np.empty(rows, np.uint64)
        self._filled = 0
        self.unlisted = 0
        self._slots = np.zeros((slots, 2), np.uint64) if slots else None
        self._size = 0
        self._room = slots // 2 if limit is None else min(slots // 2, limit)
        self._looked_up = self._passed = 0

    def add(self, words: np.ndarray) -> None:
        self._own()
        keys = words[:, 0]
        while len(keys):
            if self._filled == len(self._buffer):
                self._absorb()
                self._make_room()
            rows = len(self._buffer) - self._filled
            if self._slots is not None:
                rows = min(rows, _AT_A_TIME)
            part = np.ascontiguousarray(keys[:rows])
            keys = keys[len(part) :]
            if self._slots is not None:
                self._look_up(part)
            elif not self._filled and self._limit is None and self._are_many(len(part)):
                self._filled = _sort_into(self._buffer, part, self._width, self._keys, self._counts)
                self._absorb(in_order=True)
                if len(keys):
                    self._make_room()
            else:
                self._buffer[self._filled : self._filled + len(part)] = part
                self._filled += len(part)

    def takes_signs(self, rows: int) -> bool:
        """Whether ``add_signs`` may be called with so many patterns: the buffer has room."""
        return rows <= min(len(self._buffer) - self._filled, _AT_A_TIME)

    def add_signs(self, bits: np.ndarray, infinity: np.integer, largest: np.integer) -> bool:
        """Counts ``bits (outer, channels, pixels)`` by their signs; whether it met a NaN."""
        self._own()
        rows = len(bits) * bits.shape[2]
        rest = self._buffer[self._filled :]
        if self._slots is None:
            self._filled += rows
            return pack_planes(bits, infinity, largest, rest[:rows, None])
        full = not self._room
        self._size, self._room, left, has_nan = enter_signs(
            *(bits, infinity, largest, self._slots, self._shift(), _MULTIPLIER),
            *(self._size, self._room, rest),
        )
        self._filled += left
        if full:
            self._has_looked_up(rows, left)
        return has_nan

    def finish(self) -> tuple[np.ndarray, np.ndarray]:
        self._absorb()
        self._buffer = np.empty(0, np.uint64)
        if self._slots is not None:
            self._give_up_table()
        self._shared = True
        return self._keys[:, None], self._counts

    def _own(self) -> None:
        if self._shared:  # a result that was handed out must not change
            self._keys, self._counts = self._keys.copy(), self._counts.copy()
            self._shared = False

    def _are_many(self, rows: int) -> bool:
        """Whether rows that come together are worth a merge of their own."""
        return rows >= max(_MANY_ROWS, len(self._buffer) // self._ratio)

    def _look_up(self, keys: np.ndarray) -> None:
        rest = self._buffer[self._filled :]
        if self._room:
            self._size, self._room, left = enter(
                keys, self._slots, self._shift(), _MULTIPLIER, self._size, self._room, rest
            )
            self._filled += left
            return
        left = sieve(keys, self._slots, self._shift(), _MULTIPLIER, rest)
        self._filled += left
        self._has_looked_up(len(keys), left)

    def _shift(self) -> np.uint64:
        return np.uint64(65 - len(self._slots).bit_length())

    def _has_looked_up(self, rows: int, passed: int) -> None:
        """Gives the table up where it has held too few of the rows since it is full."""
        self._looked_up += rows
        self._passed += passed
        if 3 * self._passed > 2 * self._looked_up:
            self._give_up_table()

    def _sorted_table(self) -> tuple[np.ndarray, np.ndarray]:
        keys, counts = entries(self._slots, self._size)
        order = np.argsort(keys)
        return keys[order], counts[order]

    def _give_up_table(self) -> None:
        keys, counts = self._sorted_table()
        self._slots = None
        room = len(self._buffer) - self._filled
        if len(self._keys):  # they are listed since the first merge
            self._counts[np.searchsorted(self._keys, keys)] += counts
        elif self._limit is None and counts.sum() <= room:  # a sort more is less than a merge more
            rows = np.repeat(keys, counts)
            self._buffer[self._filled : self._filled + len(rows)] = rows
            self._filled += len(rows)
        else:
            self._keys, self._counts = keys, counts

    def _make_room(self) -> None:
        rows = max(_LEAST_ROWS, self._ratio * len(self._keys))
        if self._most_rows is not None:
            rows = min(rows, self._most_rows)
        if rows > len(self._buffer):
            self._buffer = None  # before the next one is made
            self._buffer = np.empty(rows, np.uint64)

    def _absorb(self, in_order: bool = False) -> None:
        rows = self._buffer[: self._filled]
        self._filled = 0
        if not len(rows):
            return
        if self._slots is not None and not len(self._keys):
            self._keys, counts = self._sorted_table()
            self._counts = np.zeros_like(counts)
        size = len(self._keys)
        room = len(rows) if self._limit is None else self._limit - size
        arrived = rows.copy() if 0 < room < len(rows) else rows
        if not in_order:
            rows.sort()
        if not size and room >= len(rows):
            self._begin(rows)
            return
        match_rows = match if self._ratio == 1 else match_runs
        kept, new = match_rows(self._keys, self._counts, rows)
        rows = rows[:kept]
        if new > room:
            listed = first_to_come(rows, arrived, room)
            self.unlisted += kept - listed
            rows, new = rows[:listed], room
        if new:
            self._keys.resize(size + new, refcheck=False)
            self._counts.resize(size + new, refcheck=False)
            insert(self._keys, self._counts, size, rows)

    def _begin(self, rows: np.ndarray) -> None:
        """Makes the list of the first sorted rows, in their own memory where most are distinct."""
        found = 1 + np.count_nonzero(rows[1:] != rows[:-1])
        in_place = 2 * found > len(self._buffer)
        keys = self._buffer if in_place else np.empty(found, np.uint64)
        self._counts = np.empty(found, np.int64)
        runs(rows, keys, self._counts)
        if in_place:
            keys.resize(found, refcheck=False)
            self._buffer = np.empty(0, np.uint64)
        self._keys = keys


def words_of_one_call(keys: np.ndarray, width: int) -> Words:
    """What counts these keys, which come at once, best."""
    if len(keys) < _FEW_ROWS:
        return Words(width, None, None)
    patterns, others, even = expected(sampled(keys), len(keys))
    if 2 * patterns <= (_MOST_SLOTS if even else 4 * _SLOTS) and 32 * patterns <= len(keys):
        slots = 1 << max(_SLOTS // 2, min(3 * patterns, _MOST_SLOTS - 1)).bit_length()
    else:
        slots = _SLOTS if others < 0.5 else 0
    rows = min(max(4 * patterns, _LEAST_ROWS), len(keys))
    return Words(width, None, None, slots=slots, rows=rows, ratio=4)
