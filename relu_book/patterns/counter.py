"""Counting a stream of patterns in bounded memory.

What ``count`` gives for all patterns at once, ``PatternCounter`` gives for a stream of batches, cut
in any way. Memory is bounded by the distinct patterns, or by a limit of the user's: the first
patterns to come are listed and counted exactly, evaluations of any others are only tallied.
"""

import torch
from jaxtyping import Int64
from torch import Tensor

from relu_book.patterns import backends
from relu_book.patterns.backends import reference
from relu_book.patterns.counting import PatternCounts
from relu_book.patterns.packing import check_packed, check_width, is_whole

_LEAST_BYTES = 1 << 16


class PatternCounter:
    """Counts patterns batch by batch, exactly, on the device of the first batch.

    Args:
        width: the number of channels.
        max_patterns: list at most so many distinct patterns. The first ones to come are listed
            and go on being counted exactly; evaluations of others are tallied in
            ``PatternCounts.unlisted``, and the measures of the result become bounds.
        max_bytes: list at most as many distinct patterns as keep all memory of the counter,
            buffers and sorting included, below so many bytes; at least 65536.

    Raises:
        ValueError: a width or a limit that is not such a number.

    Cost: on the CPU with Numba, up to 16 channels one table look-up a pattern and 9 bytes for every
    pattern there can be; up to 64 channels a look-up in a table of the first patterns to come and,
    where that has not most of them, a sort in the cache and a merge, at most 24 bytes a distinct
    pattern and 1.5 MiB; beyond, one look-up by fingerprint and a comparison, at most 12 bytes a
    word and 48 a distinct pattern. Elsewhere a sort in PyTorch.

    Example:
        >>> counter = PatternCounter(2, max_patterns=2)
        >>> counter.update(torch.tensor([[3], [1], [3]]))
        >>> counter.result()
        PatternCounts(width=2, total=3, distinct=2)
        >>> counter.update(torch.tensor([[0], [3], [0]]))
        >>> counter.result()
        PatternCounts(width=2, total=6, distinct>=3, unlisted=2)
    """

    def __init__(
        self, width: int, *, max_patterns: int | None = None, max_bytes: int | None = None
    ) -> None:
        check_width(width)
        self.width = int(width)
        self._limits = (
            _checked_limit("max_patterns", max_patterns, 0),
            _checked_limit("max_bytes", max_bytes, _LEAST_BYTES),
        )
        self._device: torch.device | None = None
        self._tally = reference.Tally(width, *self._limits)

    def update(self, packed: Int64[Tensor, "n words"]) -> None:
        """Counts a batch of patterns, as :func:`relu_book.patterns.pack` gives them.

        Raises:
            ValueError: the words do not fit the width; nothing of the batch is counted.
        """
        check_packed(packed, self.width)
        self._add(packed)

    def _add(self, packed: Tensor) -> None:
        """Counts what ``pack`` made of as many channels, without a look for bits beyond them."""
        if self._device is None:
            self._device = packed.device
            backend = backends.of(packed)
            if not hasattr(backend, "Tally"):
                self._tally = reference.Tally(self.width, *self._limits, backend.count)
            elif self.width:  # patterns of no channels are left to the reference
                self._tally = backend.Tally(self.width, *self._limits)
        self._tally.add(packed.to(self._device))

    def _add_signs(self, pre_activation: Tensor, channel_dim: int) -> bool:
        """Counts a pre-activation of as many channels, if that needs no packed patterns.

        Returns whether it has; else they are to be packed, which also says where a NaN is.
        """
        tally = self._tally
        own = type(tally) is getattr(backends.of(pre_activation), "Tally", None)
        if not (own and hasattr(tally, "add_signs")):
            return False
        return tally.add_signs(pre_activation.resolve_neg(), channel_dim)

    def result(self) -> PatternCounts:
        """What was counted so far; counting can go on afterwards and does not change it."""
        patterns, counts, unlisted = self._tally.finish()
        return PatternCounts(patterns, counts, self.width, unlisted)


def _checked_limit(name: str, limit: int | None, least: int) -> int | None:
    if limit is None:
        return None
    if not is_whole(limit) or limit < least:
        raise ValueError(f"{name} is a whole number of at least {least}, or None, not {limit!r}")
    return int(limit)
