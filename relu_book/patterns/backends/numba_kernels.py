"""The backend for the CPU with Numba, without the interpreter's lock."""

import numpy as np
import torch
from numba import njit
from torch import Tensor

from relu_book.patterns.backends import numba_hashed, numba_tallies, reference
from relu_book.patterns.backends.numba_packing import pack

__all__ = ["Tally", "count", "pack"]


class Tally:
    """A streaming count of CPU tensors; see ``numba_tallies``."""

    def __init__(self, width: int, limit: int | None, max_bytes: int | None) -> None:
        self._tally = numba_tallies.tally(width, limit, max_bytes)

    def add(self, packed: Tensor) -> None:
        self._tally.add(packed.numpy().view(np.uint64))

    def finish(self) -> tuple[Tensor, Tensor, int]:
        """Sorted patterns, their counts, and the evaluations that the limit left out."""
        patterns, counts = self._tally.finish()
        patterns, counts = torch.from_numpy(patterns.view(np.int64)), torch.from_numpy(counts)
        return patterns, counts, self._tally.unlisted


@njit(nogil=True, cache=True)
def _starts(words, order, prints):
    """Where, in this order, a row differs from the one before; and whether two rows that differ
    share a fingerprint, in which case the order need not keep equal rows together."""
    starts = np.empty(len(order), np.bool_)
    starts[0] = True
    collision = False
    for i in range(1, len(order)):
        a, b = order[i - 1], order[i]
        same = True
        for k in range(words.shape[1]):
            if words[a, k] != words[b, k]:
                same = False
                break
        starts[i] = not same
        collision |= (not same) and prints[a] == prints[b]
    return starts, collision


def count(packed: Tensor, width: int, weights: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Distinct rows, in the order of their words as unsigned numbers, and how often each occurs.

    With ``weights`` a row counts that often: a sort of the words, or of fingerprints with a
    comparison of neighbours (and over again in the order of the words themselves if two patterns
    share a fingerprint, so the result is always exact).
    """
    if not len(packed) or not packed.shape[1]:
        return reference.count(packed, width, weights)
    if weights is None:
        words = packed.numpy().view(np.uint64)
        tally = numba_tallies.tally_of_one_call(words, width)
        tally.add(words)
        patterns, counts = tally.finish()
        return torch.from_numpy(patterns.view(np.int64)), torch.from_numpy(counts)
    words = packed.contiguous().numpy().view(np.uint64)
    prints = words[:, 0] if words.shape[1] == 1 else numba_hashed.fingerprints(words)
    order = np.argsort(prints)
    starts, collision = _starts(words, order, prints)
    if collision:
        order = numba_hashed.lexicographic(words)
        starts, _ = _starts(words, order, prints)
    first = np.flatnonzero(starts)
    counts = np.add.reduceat(weights.numpy()[order], first)
    patterns = words[order[first]]
    if words.shape[1] > 1:
        rank = numba_hashed.lexicographic(patterns)
        patterns, counts = patterns[rank], counts[rank]
    return torch.from_numpy(patterns.view(np.int64)), torch.from_numpy(counts)
