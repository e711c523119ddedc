"""Counting a stream of patterns in bounded memory.

What ``count`` gives for all patterns at once, ``PatternCounter`` gives for a stream of batches, cut
in any way. Memory is bounded by the distinct patterns, or by a limit of the user's: the first
patterns up to the limit are listed and counted exactly, whatever comes besides is only tallied.
"""

import torch
from jaxtyping import Int64
from torch import Tensor

from relu_book.patterns import backends
from relu_book.patterns.counting import PatternCounts
from relu_book.patterns.packing import check_packed, words_of

_LEAST_ROWS = 1 << 16  # a shorter buffer is not worth a merge


class PatternCounter:
    """Counts patterns batch by batch, exactly, on the device of the first batch.

    Args:
        width: the number of channels.
        max_patterns: list at most so many distinct patterns. The first ones to come are listed
            and go on being counted exactly; evaluations of others are tallied in
            ``PatternCounts.unlisted``, and the measures of the result become bounds.

    Raises:
        ValueError: a width or a limit that is not a number of that kind.

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
        self._patterns = torch.empty(0, words_of(width), dtype=torch.int64)
        check_packed(self._patterns, width)
        for name, limit in (("max_patterns", max_patterns), ("max_bytes", max_bytes)):
            if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int)):
                raise ValueError(f"{name} is a whole number, not {limit!r}")
            if limit is not None and limit < 0:
                raise ValueError(f"{name} is at least 0, not {limit}")
        if max_bytes is not None:
            raise NotImplementedError("max_bytes is not there yet; use max_patterns")
        self.width = width
        self._limit = max_patterns
        self._counts = self._patterns.new_empty(0)
        self._unlisted = 0
        self._waiting: list[Tensor] = []
        self._rows = 0

    def update(self, packed: Int64[Tensor, "n words"]) -> None:
        """Counts a batch of patterns, as :func:`relu_book.patterns.pack` gives them.

        Raises:
            ValueError: the words do not fit the width.
        """
        check_packed(packed, self.width)
        if not self._waiting and not len(self._patterns):
            self._patterns = self._patterns.to(packed.device)
            self._counts = self._counts.to(packed.device)
        self._waiting.append(packed.to(self._patterns.device, copy=True))
        self._rows += len(packed)
        if self._rows >= max(_LEAST_ROWS, len(self._patterns)):
            self._merge()

    def result(self) -> PatternCounts:
        """What was counted so far; counting can go on afterwards."""
        self._merge()
        return PatternCounts(self._patterns, self._counts, self.width, self._unlisted)

    def _merge(self) -> None:
        rows = torch.cat([self._patterns, *self._waiting])
        weights = torch.cat([self._counts, self._counts.new_ones(len(rows) - len(self._counts))])
        patterns, counts = backends.of(rows).count(rows, self.width, weights)
        if self._limit is not None and len(patterns) > self._limit:
            # Listed patterns stand first in rows, so they come first again.
            _, which = torch.unique(rows, dim=0, return_inverse=True)
            place = torch.arange(len(rows), device=rows.device)
            first = place.new_full((len(patterns),), len(rows))
            first = first.scatter_reduce(0, which, place, "amin").sort().values[: self._limit]
            listed = torch.isin(which, which[first])
            self._unlisted += int(weights[~listed].sum())
            patterns, counts = backends.of(rows).count(rows[listed], self.width, weights[listed])
        self._patterns, self._counts = patterns, counts
        self._waiting, self._rows = [], 0
