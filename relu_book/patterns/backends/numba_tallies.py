"""Streaming counts on the CPU with Numba: one structure for each range of widths.

A tally has ``add(words)``, ``finish()``, which gives sorted patterns and counts and may be followed
by more, and ``unlisted``. With a limit the first patterns to come are listed and stay listed.
"""

from relu_book.patterns.backends.numba_hashed import Hashed
from relu_book.patterns.backends.numba_sorted import Sorted
from relu_book.patterns.backends.numba_table import Table


def tally(width: int, limit: int | None, max_bytes: int | None):
    """The tally for this width, for at most ``limit`` patterns and ``max_bytes`` at its peak."""
    if width <= 16 and (max_bytes is None or max_bytes >= 32 << width):
        return Table(width, limit)
    if width <= 64:
        return Sorted(limit, max_bytes)
    return Hashed(-(-width // 64), limit, max_bytes)
