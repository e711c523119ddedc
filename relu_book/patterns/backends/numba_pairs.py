"""One pass through two sorted lists of patterns with Numba, without the interpreter's lock.

Both lists are in the order of their words as unsigned numbers. What is not the result takes no
memory that grows with them.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from relu_book.compiled import kernel

_AT_ONCE = 1 << 20  # shared patterns given at a time: 16 MiB


@kernel
def _order(a, i, b, j):
    """-1, 0 or 1, as row i of one list comes before row j of the other, is the same, or after."""
    for k in range(a.shape[1]):
        if a[i, k] != b[j, k]:
            return -1 if a[i, k] < b[j, k] else 1
    return 0


@kernel
def _merge(a, a_counts, b, b_counts, patterns, counts):
    """Writes all rows of both lists in order, equal ones once; returns how many these are."""
    i = j = found = 0
    while i < len(a) or j < len(b):
        if i == len(a):
            order = 1
        elif j == len(b):
            order = -1
        else:
            order = _order(a, i, b, j)
        times = 0
        if order >= 0:
            for k in range(b.shape[1]):  # Numba is slow to assign a row
                patterns[found, k] = b[j, k]
            times += b_counts[j]
            j += 1
        if order <= 0:
            for k in range(a.shape[1]):
                patterns[found, k] = a[i, k]
            times += a_counts[i]
            i += 1
        counts[found] = times
        found += 1
    return found


@kernel
def _shared(a, a_counts, b, b_counts, i, j, in_a, in_b):
    """Counts of the rows that both lists have, from rows i and j on, until there is no space.

    Returns the rows to go on from, and how many were found.
    """
    found = 0
    while found < len(in_a) and i < len(a) and j < len(b):
        order = _order(a, i, b, j)
        in_a[found] = a_counts[i]
        in_b[found] = b_counts[j]
        found += order == 0
        i += order <= 0
        j += order >= 0
    return i, j, found


def merge(a: Tensor, a_counts: Tensor, b: Tensor, b_counts: Tensor) -> tuple[Tensor, Tensor]:
    """The patterns that either list has, in order, with the sums of their counts."""
    lists = _arrays(a, a_counts, b, b_counts)
    rows = len(a) + len(b)
    # Of the space for all rows only what is written takes memory; the rest is given back.
    patterns, counts = np.empty((rows, a.shape[1]), np.uint64), np.empty(rows, np.int64)
    found = _merge(*lists, patterns, counts)
    patterns.resize((found, a.shape[1]), refcheck=False)
    counts.resize(found, refcheck=False)
    return torch.from_numpy(patterns.view(np.int64)), torch.from_numpy(counts)


def shared(
    a: Tensor, a_counts: Tensor, b: Tensor, b_counts: Tensor
) -> Iterator[tuple[Tensor, Tensor]]:
    """The counts in ``a`` and in ``b`` of the patterns that both have, some at a time."""
    lists = _arrays(a, a_counts, b, b_counts)
    i = j = 0
    while i < len(a) and j < len(b):
        in_a, in_b = np.empty((2, min(len(a) - i, len(b) - j, _AT_ONCE)), np.int64)
        i, j, found = _shared(*lists, i, j, in_a, in_b)
        yield torch.from_numpy(in_a[:found]), torch.from_numpy(in_b[:found])


def _arrays(a: Tensor, a_counts: Tensor, b: Tensor, b_counts: Tensor) -> list[np.ndarray]:
    a, a_counts, b, b_counts = (each.contiguous().numpy() for each in (a, a_counts, b, b_counts))
    return [a.view(np.uint64), a_counts, b.view(np.uint64), b_counts]
