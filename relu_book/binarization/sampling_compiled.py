"""The draws of :mod:`relu_book.binarization.sampling`, compiled by Numba.

Two words, so eight digits of u, decide nearly all samples of a block. They are made for many
weights at once, without a branch, so that the processor works on several; what is left goes weight
by weight.
"""

import numpy as np

from relu_book.compiled import kernel

_U = np.uint64
_STEP, _FIRST, _SECOND = _U(0x9E3779B97F4A7C15), _U(0xBF58476D1CE4E5B9), _U(0x94D049BB133111EB)
_0, _1, _2, _4, _8 = _U(0), _U(1), _U(2), _U(4), _U(8)
_11, _16, _27, _30, _31, _63 = _U(11), _U(16), _U(27), _U(30), _U(31), _U(63)
_LANES, _PAIRS, _FOURS, _EIGHTS = _U(0xFFFF), _U(0x5555), _U(0x3333), _U(0x0F0F)
_DIGITS = 9007199254740992.0  # 2^53
_CHUNK = 256  # weights whose state stays in the first-level cache


@kernel
def add_successes(probability, first, second, start, stop, counts):
    """Adds to ``counts`` how many of the samples ``start`` to ``stop`` of each weight are 1."""
    digits = np.empty(_CHUNK, np.uint64)  # of p, the leading one in front
    ones = np.empty(_CHUNK, np.uint64)  # a bit for each sample of a block
    undecided = np.empty(_CHUNK, np.uint64)
    for begin in range(0, len(probability), _CHUNK):
        many = min(_CHUNK, len(probability) - begin)
        chunk = probability[begin : begin + many]
        found = counts[begin : begin + many]
        for i in range(many):
            digits[i] = _U(np.int64(np.float64(chunk[i]) * _DIGITS)) << _11
        for block in range(start // 16, (stop + 15) // 16):
            lanes = _LANES
            if block == start // 16:
                lanes &= _LANES << _U(start % 16)
            if (block + 1) * 16 > stop:
                lanes &= _LANES >> _U(16 - stop % 16)
            base = first + ((_U(begin) << _30) | (_U(block) << _4)) * _STEP
            for i in range(many):
                place = base + _U(i) * (_STEP << _30)
                one, left, rest = _0, lanes, digits[i]
                for _ in range(2):
                    one, left, rest = _four_digits(_word(place, second), one, left, rest)
                    place += _STEP
                ones[i], undecided[i] = one, left
            for i in range(many):
                one, left, rest = ones[i], undecided[i], digits[i] << _8
                place = base + _U(i) * (_STEP << _30) + _2 * _STEP
                while left != _0 and rest != _0:
                    one, left, rest = _four_digits(_word(place, second), one, left, rest)
                    place += _STEP
                ones[i] = one
            for i in range(many):
                one = ones[i]
                one -= (one >> _1) & _PAIRS
                one = (one & _FOURS) + ((one >> _2) & _FOURS)
                one = (one + (one >> _4)) & _EIGHTS
                found[i] += np.int32((one + (one >> _8)) & _31)


@kernel
def _word(place, second):
    """64 random bits for a place: SplitMix64's mixing, with a second key in its middle."""
    word = (place ^ (place >> _30)) * _FIRST + second
    word = (word ^ (word >> _27)) * _SECOND
    return word ^ (word >> _31)


@kernel
def _four_digits(word, one, left, rest):
    """Which samples are 1, and which are left undecided, after four more digits of u."""
    for _ in range(4):
        digit = _0 - (rest >> _63)  # all ones or all zeros
        one |= left & digit & ~word
        left &= ~(word ^ digit)
        rest <<= _1
        word >>= _16
    return one, left, rest
