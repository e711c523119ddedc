"""The backend for the CPU with Numba, without the interpreter's lock."""

import numpy as np
import torch
from torch import Tensor

from relu_book.patterns.backends import numba_tallies, reference
from relu_book.patterns.backends.numba_packing import LIMITS, pack, planes_of
from relu_book.patterns.backends.numba_pairs import merge, shared

__all__ = ["Tally", "count", "merge", "pack", "shared"]


class Tally:
    """A streaming count of CPU tensors; see ``numba_tallies``."""

    def __init__(self, width: int, limit: int | None, max_bytes: int | None) -> None:
        self._tally = numba_tallies.tally(width, limit, max_bytes)

    def add(self, packed: Tensor) -> None:
        self._tally.add(packed.numpy().view(np.uint64))

    def add_signs(self, pre_activation: Tensor, channel_dim: int) -> bool:
        """Counts the patterns of a pre-activation, if they need not be packed for it.

        Returns whether it has; where it met a NaN it has not, and the count is void.
        """
        rows = pre_activation.numel() // pre_activation.shape[channel_dim]
        limits = LIMITS.get(pre_activation.dtype)
        if limits is None or not self._tally.takes_signs(rows):
            return False
        planes = planes_of(pre_activation, channel_dim)
        return planes is not None and not self._tally.add_signs(planes, *limits)

    def finish(self) -> tuple[Tensor, Tensor, int]:
        """Sorted patterns, their counts, and the evaluations that the limit left out."""
        patterns, counts = self._tally.finish()
        patterns, counts = torch.from_numpy(patterns.view(np.int64)), torch.from_numpy(counts)
        return patterns, counts, self._tally.unlisted


def count(packed: Tensor, width: int) -> tuple[Tensor, Tensor]:
    """Distinct rows, in the order of their words as unsigned numbers, and how often each occurs."""
    if not len(packed) or not packed.shape[1]:
        return reference.count(packed, width)
    words = packed.numpy().view(np.uint64)
    tally = numba_tallies.tally_of_one_call(words, width)
    tally.add(words)
    patterns, counts = tally.finish()
    return torch.from_numpy(patterns.view(np.int64)), torch.from_numpy(counts)
