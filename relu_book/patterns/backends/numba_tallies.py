"""Streaming counts on the CPU with Numba: one structure for each range of widths.

A tally has ``add(words)``, ``finish()``, which gives sorted patterns and counts and may be followed
by more, and ``unlisted``. Where ``takes_signs(rows)``, ``add_signs`` counts as many patterns by the
signs of a pre-activation, without packing them first. With a limit the first patterns to come are
listed and stay listed.
"""

import numpy as np

from relu_book.patterns.backends.numba_hashed import Hashed, hashed_of_one_call
from relu_book.patterns.backends.numba_table import Table
from relu_book.patterns.backends.numba_words import Words, words_of_one_call


def tally(width: int, limit: int | None, max_bytes: int | None):
    """The tally for this width, for at most ``limit`` patterns and ``max_bytes`` at its peak."""
    if width <= 16 and (max_bytes is None or max_bytes >= 32 << width):
        return Table(width, limit)
    if width <= 64:
        return Words(width, limit, max_bytes)
    return Hashed(-(-width // 64), limit, max_bytes)


def tally_of_one_call(words: np.ndarray, width: int):
    """The tally for these patterns, which are given to it all at once and without a limit."""
    if width <= 16:
        return tally(width, None, None)
    if width <= 64:
        return words_of_one_call(words[:, 0], width)
    return hashed_of_one_call(words)
