"""The search of :mod:`relu_book.entropy.nearest`, compiled by Numba."""

import numpy as np

from relu_book.compiled import kernel

_PIXELS = 1024  # at a time, so that what is known of them stays in the first-level cache


@kernel
def nearest_in_rows(numbers, nearest):
    """Filters side by side: ``numbers (rows, filters)``, ``nearest (rows,)``."""
    rows, filters = numbers.shape
    for r in range(rows):
        smallest, filter_ = abs(numbers[r, 0]), 0
        for j in range(1, filters):
            magnitude = abs(numbers[r, j])
            less = magnitude < smallest
            smallest = magnitude if less else smallest
            filter_ = j if less else filter_
        nearest[r] = filter_


@kernel
def nearest_in_planes(numbers, nearest):
    """Filters apart: ``numbers (outer, filters, pixels)``, ``nearest (outer, pixels)``."""
    outer, filters, pixels = numbers.shape
    smallest = np.empty(_PIXELS, numbers.dtype)
    filter_ = np.empty(_PIXELS, np.int32)
    for o in range(outer):
        for start in range(0, pixels, _PIXELS):
            many = min(_PIXELS, pixels - start)
            plane = numbers[o, 0, start : start + many]
            for p in range(many):
                smallest[p] = abs(plane[p])
                filter_[p] = 0
            for j in range(1, filters):
                plane = numbers[o, j, start : start + many]
                for p in range(many):
                    magnitude = abs(plane[p])
                    less = magnitude < smallest[p]
                    smallest[p] = magnitude if less else smallest[p]
                    filter_[p] = j if less else filter_[p]
            for p in range(many):
                nearest[o, start + p] = filter_[p]
