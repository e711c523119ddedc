"""A streaming count of more than 64 channels: a hash table that points into a list of patterns.

The table finds a pattern by a 64-bit fingerprint, and compares it word by word before it counts as
known, so equal fingerprints cost time and never exactness.
"""

import numpy as np

from relu_book.compiled import kernel
from relu_book.patterns.backends.numba_prefetch import prefetch
from relu_book.patterns.backends.numba_sample import expected, sampled

_FIRST, _SECOND = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)
_LOW = np.uint64(0xFFFFFFFF)
_MOST = (1 << 32) - 2  # patterns that 32 bits can point to
_FEW_ROWS = 1 << 14  # not worth a sample
_SAMPLE = 1 << 14  # rows far apart, each of which is waited for
_SLOT_AHEAD, _PATTERN_AHEAD = 64, 24  # rows before it is read that memory is asked for it
_FEW_SLOTS = 1 << 18  # up to 2 MiB; twice as many, where space is made at once, save steps


@kernel
def fingerprints(words):
    """A 64-bit number for each row, whose upper bits are mixed best; equal rows have equal ones.

    Two words of all rows at a time, so that several rows are multiplied at once.
    """
    prints = np.full(len(words), 0x9E3779B97F4A7C15, np.uint64)
    last = words.shape[1] - 1
    for k in range(0, last + 1, 2):
        second, factor = min(k + 1, last), _SECOND * np.uint64(k < last)
        for r in range(len(words)):
            mixed = (prints[r] + words[r, k]) * _FIRST + words[r, second] * factor
            prints[r] = mixed ^ mixed >> np.uint64(32)
    return prints


@kernel
def _shift(slots):
    """By how many bits a fingerprint is shifted to give its place, its upper bits."""
    bits = 0
    while 1 << bits < len(slots):
        bits += 1
    return np.uint64(64 - bits)


@kernel
def _enter(words, prints, slots, patterns, counts, size, limit):
    """Counts rows until there is no space for a new pattern.

    A slot holds the lower half of a fingerprint and, below, the number of its pattern plus one.
    Returns the rows done, how many patterns there are, and the rows that the limit left out.
    """
    last, shift = np.uint64(len(slots) - 1), _shift(slots)
    unlisted = 0
    for r in range(min(_SLOT_AHEAD, len(words))):
        prefetch(slots, np.int64(prints[r] >> shift))
    for r in range(len(words)):
        if r + _SLOT_AHEAD < len(words):
            prefetch(slots, np.int64(prints[r + _SLOT_AHEAD] >> shift))
        if r + _PATTERN_AHEAD < len(words):  # most often that of the first slot is the right one
            number = np.int64(slots[prints[r + _PATTERN_AHEAD] >> shift] & _LOW) - 1
            prefetch(patterns, number * words.shape[1])
            prefetch(counts, number)
        tag = prints[r] << np.uint64(32)
        place = prints[r] >> shift
        while True:
            slot = slots[place]
            if slot == 0:
                if size >= limit:
                    unlisted += 1
                    break
                if size == len(patterns):
                    return r, size, unlisted
                for k in range(words.shape[1]):  # Numba is slow to assign a row
                    patterns[size, k] = words[r, k]
                counts[size] = 1
                size += 1
                slots[place] = tag | np.uint64(size)
                break
            if slot & ~_LOW == tag:  # nearly always the same: all words are read, without branches
                known = (slot & _LOW) - np.uint64(1)
                differ = np.uint64(0)
                for k in range(words.shape[1]):
                    differ |= patterns[known, k] ^ words[r, k]
                if differ == 0:
                    counts[known] += 1
                    break
            place = (place + np.uint64(1)) & last
    return len(words), size, unlisted


@kernel
def _enter_known(prints, first, slots):
    """Gives slots to patterns ``first``, ``first + 1``, …, all different, by their fingerprints."""
    last, shift = np.uint64(len(slots) - 1), _shift(slots)
    for r in range(len(prints)):
        if r + _SLOT_AHEAD < len(prints):
            prefetch(slots, np.int64(prints[r + _SLOT_AHEAD] >> shift))
        place = prints[r] >> shift
        while slots[place] != 0:
            place = (place + np.uint64(1)) & last
        slots[place] = prints[r] << np.uint64(32) | np.uint64(first + r + 1)


@kernel
def _gather(patterns, order, first, some):
    """Words ``first``, ``first + 1``, … of the patterns in this order, into ``some``."""
    for r in range(len(order)):
        row = order[r]
        for k in range(some.shape[1]):
            some[r, k] = patterns[row, first + k]


def _rearranged(patterns, order):
    """The rows in this order: in place, with memory for half of them and two words, or new ones
    where that holds them whole."""
    words = patterns.shape[1]
    at_once = words // 2 + 2
    for first in range(0, words, at_once):
        some = np.empty((len(patterns), min(at_once, words - first)), patterns.dtype)
        _gather(patterns, order, first, some)
        if at_once >= words:
            return some
        patterns[:, first : first + at_once] = some
    return patterns


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
    leaves a quarter of them to what is read at a time. Space is made at once for so many patterns
    as are ``expected``, with twice the table up to 4 MiB.
    """

    def __init__(
        self, words: int, limit: int | None, max_bytes: int | None, *, expected: int = 0
    ) -> None:
        self._rows = 8192
        if max_bytes is not None:
            fits = max_bytes * 3 // 4 // (14 * words + 64)
            limit = fits if limit is None else min(fits, limit)
            self._rows = max(1, min(self._rows, max_bytes // (64 * words + 64)))
        self._limit = _MOST if limit is None else min(limit, _MOST)
        self._patterns = np.empty((0, words), np.uint64)
        self._counts = np.empty(0, np.int64)
        self._slots = None
        self._expected = expected
        self._size = 0
        self._shared = False
        self.unlisted = 0

    def add(self, words: np.ndarray) -> None:
        for start in range(0, len(words), self._rows):
            rows = np.ascontiguousarray(words[start : start + self._rows])
            prints = fingerprints(rows)
            if self._slots is None:
                self._grow(max(self._size, self._expected))
            while True:
                done, self._size, unlisted = _enter(
                    rows, prints, self._slots, self._patterns, self._counts, self._size, self._limit
                )
                self.unlisted += unlisted
                if done == len(rows):
                    break
                rows, prints = rows[done:], prints[done:]
                self._grow(self._size + self._size // 2)

    def takes_signs(self, rows: int) -> bool:
        """Never: what is compared are whole words."""
        return False

    def finish(self) -> tuple[np.ndarray, np.ndarray]:
        if self._slots is not None:
            self._slots = None
            self._resize(self._size)
            order = lexicographic(self._patterns)
            self._counts = self._counts[order]
            self._patterns = _rearranged(self._patterns, order)
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
        if self._expected and slots <= _FEW_SLOTS:
            slots *= 2
        if self._slots is not None and slots == len(self._slots):
            return
        self._slots = None  # before the next one is made
        self._slots = np.zeros(slots, np.uint64)
        for start in range(0, self._size, self._rows):
            known = self._patterns[start : min(start + self._rows, self._size)]
            prints = fingerprints(known)
            _enter_known(prints, start, self._slots)


def hashed_of_one_call(words: np.ndarray) -> Hashed:
    """What counts these patterns, which come at once, best."""
    if len(words) < _FEW_ROWS:
        return Hashed(words.shape[1], None, None)
    sample = fingerprints(np.ascontiguousarray(sampled(words, _SAMPLE)))
    patterns, _, even = expected(sample, len(words))
    some_more = min(patterns + patterns // 8, len(words))  # so that rarely too few are expected
    return Hashed(words.shape[1], None, None, expected=some_more if even else 0)
