"""Streaming counts on the CPU with Numba: one structure for each range of widths.

Up to 16 channels a table with one entry for every pattern there can be; up to 64 the distinct words
in order, into which a sorted buffer is merged in place; beyond, a hash table of 64-bit fingerprints
that points into a list of patterns. There, a pattern is compared word by word before it counts as
known, so equal fingerprints cost time and never exactness.

A tally has ``add(words)``, ``finish()``, which gives sorted patterns and counts and may be followed
by more, and ``unlisted``. With a limit the first patterns to come are listed and stay listed.
"""

import numpy as np
from numba import njit

_LEAST_ROWS = 1 << 16  # a shorter buffer is not worth a merge
_LOW = np.uint64(0xFFFFFFFF)
_MOST = (1 << 32) - 2  # patterns that 32 bits can point to


def tally(width: int, limit: int | None, max_bytes: int | None):
    """The tally for this width, for at most ``limit`` patterns and ``max_bytes`` at its peak."""
    if width <= 16 and (max_bytes is None or max_bytes >= 32 << width):
        return Table(width, limit)
    if width <= 64:
        return Sorted(limit, max_bytes)
    return Hashed(-(-width // 64), limit, max_bytes)


@njit(nogil=True, cache=True)
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


@njit(nogil=True, cache=True)
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


@njit(nogil=True, cache=True)
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
        for start in range(0, len(words), _LEAST_ROWS):
            keys = np.ascontiguousarray(words[start : start + _LEAST_ROWS, 0])
            if self._room is None:
                if _tabulate(keys, self._low, self._table) >= len(self._table):
                    width = len(self._table).bit_length() - 1
                    raise ValueError(f"packed has active bits beyond its width of {width}")
            else:
                self._room, unlisted = _tabulate_some(keys, self._table, self._room)
                self.unlisted += unlisted

    def finish(self) -> tuple[np.ndarray, np.ndarray]:
        return _entries(self._low, self._table)


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


@njit(nogil=True, cache=True)
def fingerprints(words):
    """A well mixed 64-bit number for each row; equal rows have equal ones."""
    prints = np.empty(len(words), np.uint64)
    for r in range(len(words)):
        mixed = np.uint64(0x9E3779B97F4A7C15)
        for k in range(words.shape[1]):
            mixed = (mixed ^ words[r, k]) * np.uint64(0xFF51AFD7ED558CCD)
            mixed ^= mixed >> np.uint64(32)
        prints[r] = mixed
    return prints


@njit(nogil=True, cache=True)
def _touch(prints, slots):
    """Reads all slots that will be needed: the processor then waits for many of them at a time."""
    last = np.uint64(len(slots) - 1)
    read = np.uint64(0)
    for fingerprint in prints:
        read |= slots[fingerprint & last]
    return read


@njit(nogil=True, cache=True)
def _enter(words, prints, slots, patterns, counts, size, limit):
    """Counts rows until there is no space for a new pattern.

    A slot holds the upper half of a fingerprint and, below, the number of its pattern plus one.
    Returns the rows done, how many patterns there are, and the rows that the limit left out.
    """
    last = np.uint64(len(slots) - 1)
    unlisted = 0
    for r in range(len(words)):
        tag = prints[r] & ~_LOW
        place = prints[r] & last
        while True:
            slot = slots[place]
            if slot == 0:
                if size >= limit:
                    unlisted += 1
                    break
                if size == len(patterns):
                    return r, size, unlisted
                patterns[size] = words[r]
                counts[size] = 1
                size += 1
                slots[place] = tag | np.uint64(size)
                break
            if slot & ~_LOW == tag:
                known = np.int64(slot & _LOW) - 1
                same = True
                for k in range(words.shape[1]):
                    if patterns[known, k] != words[r, k]:
                        same = False
                        break
                if same:
                    counts[known] += 1
                    break
            place = (place + np.uint64(1)) & last
    return len(words), size, unlisted


@njit(nogil=True, cache=True)
def _enter_known(prints, first, slots):
    """Gives slots to patterns ``first``, ``first + 1``, …, all different, by their fingerprints."""
    last = np.uint64(len(slots) - 1)
    for r in range(len(prints)):
        place = prints[r] & last
        while slots[place] != 0:
            place = (place + np.uint64(1)) & last
        slots[place] = (prints[r] & ~_LOW) | np.uint64(first + r + 1)


@njit(nogil=True, cache=True)
def _gather(patterns, order, first, some):
    """Words ``first``, ``first + 1``, … of the patterns in this order, into ``some``."""
    for r in range(len(order)):
        row = order[r]
        for k in range(some.shape[1]):
            some[r, k] = patterns[row, first + k]


def _rearrange(patterns, order):
    """Puts the rows into this order, in place, with memory for half of them and two words."""
    words = patterns.shape[1]
    at_once = words // 2 + 2
    for first in range(0, words, at_once):
        some = np.empty((len(patterns), min(at_once, words - first)), patterns.dtype)
        _gather(patterns, order, first, some)
        patterns[:, first : first + at_once] = some


def lexicographic(words: np.ndarray) -> np.ndarray:
    """The order of rows by word 0, then word 1, …

    The upper bits of word 0 are sorted with the row's number in place of the lower ones, which is
    much faster than a sort of numbers; whole words are read at ties only.
    """
    below = np.uint64((1 << len(words).bit_length()) - 1)
    order = words[:, 0] & ~below
    order |= np.arange(len(words), dtype=np.uint64)
    order.sort()
    tie = (order[1:] ^ order[:-1]) <= below
    order &= below
    order = order.view(np.int64)
    for k in range(words.shape[1]):
        if not tie.any():
            break
        places = np.flatnonzero(np.append(tie, False) | np.insert(tie, 0, False))
        group = np.cumsum(np.insert(~tie, 0, True))[places]
        rows = order[places]
        values = words[rows, k]
        rank = np.lexsort((values, group))
        order[places] = rows[rank]
        values = values[rank]
        tie[:] = False
        tie[places[:-1][(values[1:] == values[:-1]) & (group[1:] == group[:-1])]] = True
    return order


class Hashed:
    """Patterns in a list, their counts, and a table that finds them.

    For each pattern of w words: up to 1.5 · 8w bytes in the list, which may move while it grows, 12
    for the count and 22 in the table; to sort them, up to 64 in place of those. A limit on bytes
    leaves a quarter of them to what is read at a time.
    """

    def __init__(self, words: int, limit: int | None, max_bytes: int | None) -> None:
        self._rows = 4096
        if max_bytes is not None:
            fits = max_bytes * 3 // 4 // (14 * words + 64)
            limit = fits if limit is None else min(fits, limit)
            self._rows = max(1, min(self._rows, max_bytes // (64 * words + 64)))
        self._limit = _MOST if limit is None else min(limit, _MOST)
        self._patterns = np.empty((0, words), np.uint64)
        self._counts = np.empty(0, np.int64)
        self._slots = None
        self._size = 0
        self._shared = False
        self.unlisted = 0

    def add(self, words: np.ndarray) -> None:
        for start in range(0, len(words), self._rows):
            rows = np.ascontiguousarray(words[start : start + self._rows])
            prints = fingerprints(rows)
            if self._slots is None:
                self._grow(self._size)
            _touch(prints, self._slots)
            while True:
                done, self._size, unlisted = _enter(
                    rows, prints, self._slots, self._patterns, self._counts, self._size, self._limit
                )
                self.unlisted += unlisted
                if done == len(rows):
                    break
                rows, prints = rows[done:], prints[done:]
                self._grow(self._size + self._size // 2)

    def finish(self) -> tuple[np.ndarray, np.ndarray]:
        if self._slots is not None:
            self._slots = None
            self._resize(self._size)
            order = lexicographic(self._patterns)
            self._counts = self._counts[order]
            _rearrange(self._patterns, order)
        self._shared = True
        return self._patterns, self._counts

    def _resize(self, capacity: int) -> None:
        if self._shared:  # a result that was handed out must not change
            self._patterns, self._counts = self._patterns.copy(), self._counts.copy()
            self._shared = False
        self._patterns.resize((capacity, self._patterns.shape[1]), refcheck=False)
        self._counts.resize(capacity, refcheck=False)

    def _grow(self, capacity: int) -> None:
        capacity = min(max(capacity, 512), self._limit)
        self._resize(max(capacity, self._size))
        slots = 1 << (capacity * 4 // 3 + 1).bit_length()
        if self._slots is not None and slots == len(self._slots):
            return
        self._slots = None  # before the next one is made
        self._slots = np.zeros(slots, np.uint64)
        for start in range(0, self._size, self._rows):
            known = self._patterns[start : min(start + self._rows, self._size)]
            prints = fingerprints(known)
            _touch(prints, self._slots)
            _enter_known(prints, start, self._slots)
