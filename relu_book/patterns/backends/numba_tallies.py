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
    """Counts in bytes, which the first caches hold, and carries every 256 into the table."""
    for key in keys:
        count = np.uint8(low[key] + np.uint8(1))
        low[key] = count
        if count == 0:
            table[key] += 256


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
                _tabulate(keys, self._low, self._table)
            else:
                self._room, unlisted = _tabulate_some(keys, self._table, self._room)
                self.unlisted += unlisted

    def finish(self) -> tuple[np.ndarray, np.ndarray]:
        self._table += self._low
        self._low[:] = 0
        patterns = np.flatnonzero(self._table)
        return patterns.view(np.uint64)[:, None], self._table[patterns]


@njit(nogil=True, cache=True)
def _match(keys, counts, rows):
    """Counts the sorted ``rows`` that are among the sorted ``keys``.

    Returns how many distinct rows are not, and how many rows are. Every step takes a row or passes
    a key, without branches, which could not be predicted.
    """
    new = matched = k = r = 0
    last = ~rows[0]
    while k < len(keys) and r < len(rows):
        key, row = keys[k], rows[r]
        passed = key < row
        equal = key == row
        counts[k] += equal
        matched += equal
        new += (row < key) & (row != last)
        last = last if passed else row
        k += passed
        r += not passed
    while r < len(rows):
        new += rows[r] != last
        last = rows[r]
        r += 1
    return new, matched


@njit(nogil=True, cache=True)
def _insert(keys, counts, size, rows):
    """Puts what is new among the sorted ``rows`` between the first ``size`` keys, from behind.

    ``keys`` and ``counts`` are as long as the result.
    """
    k, r, place = size - 1, len(rows) - 1, len(keys) - 1
    while place > k:
        row = rows[r]
        while k >= 0 and keys[k] > row:
            keys[place] = keys[k]
            counts[place] = counts[k]
            place -= 1
            k -= 1
        end = r
        while r >= 0 and rows[r] == row:
            r -= 1
        if k < 0 or keys[k] != row:
            keys[place] = row
            counts[place] = end - r
            place -= 1


@njit(nogil=True, cache=True)
def _first_to_come(keys, rows, arrived, room):
    """Keeps, of the sorted ``rows``, those of the first ``room`` new patterns that arrived.

    Returns how many rows stay, at the front of ``rows``, and how many do not.
    """
    chosen = np.zeros(len(rows), np.bool_)
    for row in arrived:
        if room == 0:
            break
        k = np.searchsorted(keys, row)
        first = np.searchsorted(rows, row)
        if (k == len(keys) or keys[k] != row) and not chosen[first]:
            chosen[first] = True
            room -= 1
    kept = unlisted = first = k = 0
    for r in range(len(rows)):
        if rows[r] != rows[first]:
            first = r
        while k < len(keys) and keys[k] < rows[r]:
            k += 1
        if chosen[first]:
            rows[kept] = rows[r]
            kept += 1
        elif k == len(keys) or keys[k] != rows[r]:
            unlisted += 1
    return kept, unlisted


class Sorted:
    """Distinct words in order with their counts, 16 bytes each, and a buffer of at most as many.

    A limit on bytes gives half of them to the list (which may move while it grows) and a quarter to
    the buffer and its copy.
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
                self._make_room(len(keys))
            part = keys[: len(self._buffer) - self._filled]
            self._buffer[self._filled : self._filled + len(part)] = part
            self._filled += len(part)
            keys = keys[len(part) :]

    def finish(self) -> tuple[np.ndarray, np.ndarray]:
        self._absorb()
        self._buffer = np.empty(0, np.uint64)
        self._shared = True
        return self._keys[:, None], self._counts

    def _make_room(self, wanted: int) -> None:
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
        new, matched = _match(self._keys, self._counts, rows)
        if not room:
            self.unlisted += len(rows) - matched
            return
        if new > room:
            kept, unlisted = _first_to_come(self._keys, rows, arrived, room)
            self.unlisted += unlisted
            rows, new = rows[:kept], room
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
def _rearrange(patterns, counts, order):
    """Row i becomes what row ``order[i]`` was, in place, cycle by cycle; ``order`` is used up."""
    kept = np.empty(patterns.shape[1], patterns.dtype)
    for start in range(len(order)):
        if order[start] == start:
            continue
        kept[:] = patterns[start]
        kept_count = counts[start]
        place = start
        while order[place] != start:
            source = order[place]
            patterns[place] = patterns[source]
            counts[place] = counts[source]
            order[place] = place
            place = source
        patterns[place] = kept
        counts[place] = kept_count
        order[place] = place


def lexicographic(words: np.ndarray) -> np.ndarray:
    """The order of rows by word 0, then word 1, …; later words are read at ties only."""
    order = np.argsort(words[:, 0])
    first = words[order, 0]
    tie = first[1:] == first[:-1]
    for k in range(1, words.shape[1]):
        if not tie.any():
            break
        places = np.flatnonzero(np.append(tie, False) | np.insert(tie, 0, False))
        group = np.cumsum(np.insert(~tie, 0, True))[places]
        rows = order[places]
        values = words[rows, k]
        rank = np.lexsort((values, group))
        order[places] = rows[rank]
        values = values[rank]
        tie = np.zeros(len(tie), np.bool_)
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
            _rearrange(self._patterns, self._counts, lexicographic(self._patterns))
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
            _enter_known(fingerprints(known), start, self._slots)
