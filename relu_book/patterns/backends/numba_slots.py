"""The small table of a count of 17 to 64 channels: a slot holds a key and its count, 0 if empty.

The multiplier and the shift make a place of a key, which is compared itself.
"""

import numpy as np

from relu_book.compiled import kernel
from relu_book.patterns.backends.numba_packing import BLOCK, signs_of

_FAR = 256  # places looked at, so that words that crowd around one place cost a sort and no more
_AT_ONCE = 1024  # rows looked up before those that were not at their place are gone through


@kernel
def sieve(keys, slots, shift, multiplier, rest):
    """Counts the keys that lie at their place in the table, and keeps the others in ``rest``.

    Returns how many these are. There are no branches, which could not be predicted.
    """
    left = np.uint64(0)
    for key in keys:
        place = (key * multiplier) >> shift
        times = slots[place, 1]
        hit = np.uint64((slots[place, 0] == key) & (times != 0))
        slots[place, 1] = times + hit
        rest[left] = key
        left += np.uint64(1) - hit
    return np.int64(left)


@kernel
def enter(keys, slots, shift, multiplier, size, room, rest):
    """Counts the keys that the table holds, or has room for, and keeps the others in ``rest``.

    A slot holds a key and its count, which is 0 where it is empty. From the first key on that is
    left out, no further pattern is entered: those in the table are the first to come. Returns how
    many patterns it holds, how many more it would take, and how many keys are in ``rest``.
    """
    last = np.uint64(len(slots) - 1)
    one = np.uint64(1)
    left = 0
    for start in range(0, len(keys), _AT_ONCE):
        some = keys[start : start + _AT_ONCE]
        missed = left + sieve(some, slots, shift, multiplier, rest[left:])
        for i in range(left, missed):
            key = rest[i]
            place = (key * multiplier) >> shift
            counted = False
            for _ in range(_FAR):
                times = slots[place, 1]
                if times == 0:
                    if room > 0:
                        slots[place, 0] = key
                        slots[place, 1] = one
                        size += 1
                        room -= 1
                        counted = True
                    break
                if slots[place, 0] == key:
                    slots[place, 1] = times + one
                    counted = True
                    break
                place = (place + one) & last
            if not counted:
                room = 0
                rest[left] = key
                left += 1
    return size, room, left


@kernel
def enter_signs(bits, infinity, largest, slots, shift, multiplier, size, room, rest):
    """The same of signs, ``bits (outer, channels, pixels)``; whether it met a NaN comes besides."""
    outer, channels, pixels = bits.shape
    signs = np.empty(BLOCK, np.uint16)
    keys = np.empty(BLOCK, np.uint64)
    top = infinity
    left = 0
    for o in range(outer):
        for start in range(0, pixels, BLOCK):
            end = min(start + BLOCK, pixels)
            keys[: end - start] = 0
            for first in range(0, channels, 16):
                top = signs_of(bits, o, first, start, end, largest, top, signs)
                for p in range(end - start):
                    keys[p] |= np.uint64(signs[p]) << np.uint64(first)
            some = keys[: end - start]
            if room:
                size, room, missed = enter(some, slots, shift, multiplier, size, room, rest[left:])
            else:
                missed = sieve(some, slots, shift, multiplier, rest[left:])
            left += missed
    return size, room, left, top > infinity


@kernel
def entries(slots, size):
    """The keys of the table and their counts."""
    # One place more than needed takes what is written in vain: no branch to be predicted.
    keys = np.empty(size + 1, np.uint64)
    counts = np.empty(size + 1, np.int64)
    place = 0
    for slot in range(len(slots)):
        keys[place] = slots[slot, 0]
        counts[place] = slots[slot, 1]
        place += slots[slot, 1] != 0
    return keys[:size], counts[:size]
