"""Algorithm 2 of thesis 3.1.2 (article, algorithm 1): counting in a hash list, collisions and all.

The list has ``size`` places; a pattern with hash h is counted at place h mod size. Patterns that
share a place become one: of n patterns, an ideal hash keeps about size (1 − exp(−n / size)) apart,
which turned round gives n from the occupancy o, the share of places taken:

    n ≈ −size ln(1 − o).

The sum of the counts is right always, each count where no place is shared. Numbers of the sources
come from such lists; :func:`relu_book.patterns.count` counts exactly, in less time and memory.
"""

import math

import torch
from jaxtyping import Int64
from torch import Tensor

from relu_book.patterns.hashing import hash_patterns
from relu_book.patterns.packing import is_whole


class HashList:
    """Counts of patterns by their hash, as the sources count them.

    The hash of algorithm 1 multiplies by odd numbers, so its low k bits depend on the first k bits
    of each word alone: of patterns of up to 64 channels whose first k are equal, a size that 2^k
    divides keeps at most size / 2^k apart. 30,000 = 2^4 · 1,875 is such a size; of 18,617 patterns
    with equal first 15 channels it keeps 1,875 apart, and 2^15 one. A prime does as well as an
    ideal hash: :func:`relu_book.patterns.prime_size`.

    Args:
        size: the number of places; 30,000 by default, as in both listings.

    Attributes:
        size: the number of places.
        counts: ``(size,)`` int64 (the sources have int32, which 1.28 million images of 112 × 112
            pixels overflow), on the device of the first patterns.

    Raises:
        ValueError: the size is no positive number.

    Cost: 8 bytes a place, however few patterns there are.

    Example:
        >>> hash_list = HashList(7)
        >>> hash_list.update(torch.arange(6)[:, None])
        >>> hash_list.counts
        tensor([0, 2, 1, 1, 0, 1, 1])
        >>> hash_list.distinct, round(hash_list.corrected_distinct, 2), hash_list.total
        (5, 8.77, 6)
    """

    def __init__(self, size: int = 30_000) -> None:
        if not is_whole(size) or size < 1:
            raise ValueError(
                f"the size of a hash list is a positive number of places, not {size!r}"
            )
        self.size = int(size)
        self.counts: Int64[Tensor, " size"] = torch.zeros(size, dtype=torch.int64)

    def keys(self, packed: Int64[Tensor, "n words"]) -> Int64[Tensor, " n"]:
        """The place of each pattern: its hash modulo the size, from 0 to size − 1.

        Half of the hashes of wide patterns are negative; the remainder is never (the one of C would
        be, and no place).
        """
        return hash_patterns(packed).remainder(self.size)

    def update(
        self, packed: Int64[Tensor, "n words"], counts: Int64[Tensor, " n"] | None = None
    ) -> None:
        """Counts patterns, each once or as often as ``counts`` says.

        Args:
            packed: patterns as :func:`relu_book.patterns.pack` gives.
            counts: how often each occurs.

        Raises:
            ValueError: ``packed`` or ``counts`` have another shape or type.
        """
        keys = self.keys(packed)
        if counts is None:
            counts = torch.ones_like(keys)
        elif counts.dtype != torch.int64 or counts.shape != keys.shape:
            raise ValueError(
                f"counts are int64, one for each of {len(keys)} patterns, not {counts.dtype} of "
                f"shape {tuple(counts.shape)}"
            )
        if self.counts.device != keys.device and not self.total:
            self.counts = self.counts.to(keys.device)
        device = self.counts.device
        self.counts.index_add_(0, keys.to(device), counts.to(device))

    @property
    def distinct(self) -> int:
        """The number of places taken, which the sources read as that of the patterns."""
        return int(self.counts.count_nonzero())

    @property
    def occupancy(self) -> float:
        """The share of places taken, from 0 to 1."""
        return self.distinct / self.size

    @property
    def corrected_distinct(self) -> float:
        """The number of patterns that an ideal hash would take this share of places for.

        −size ln(1 − occupancy); infinite where every place is taken.
        """
        taken = self.occupancy
        return -self.size * math.log1p(-taken) if taken < 1 else math.inf

    @property
    def total(self) -> int:
        """Evaluations counted; right in spite of collisions."""
        return int(self.counts.sum())

    @property
    def max_frequency(self) -> float:
        """The share of the fullest place; 0 where nothing was counted."""
        return int(self.counts.max()) / max(self.total, 1)

    @property
    def entropy(self) -> float:
        """The entropy of the places in bits, never more than that of the patterns."""
        shares = self.counts[self.counts > 0].double() / max(self.total, 1)
        return max(0.0, -float((shares * shares.log2()).sum()))

    def relative_entropy(self, width: int) -> float:
        """The entropy over min(width, log2 total), the bound for patterns of ``width`` channels.

        The list does not know their width. 0 for a total of at most 1.
        """
        bound = min(width, math.log2(self.total)) if self.total > 1 else 0
        return min(1.0, self.entropy / bound) if bound else 0.0

    def __repr__(self) -> str:
        return f"HashList(size={self.size}, total={self.total}, occupancy={self.occupancy:.4f})"


def prime_size(least: int) -> int:
    """The least prime number that is at least ``least``, for the size of a hash list.

    Twenty times the number of patterns keeps about 97.5 % of them apart.

    Raises:
        ValueError: ``least`` is not a number.

    Cost: some thousand divisions for sizes that fit in memory.

    Example:
        >>> prime_size(30_000), prime_size(2**15)
        (30011, 32771)
    """
    if not is_whole(least):
        raise ValueError(f"a least size is a whole number, not {least!r}")
    size = max(2, int(least))
    while any(size % divisor == 0 for divisor in range(2, math.isqrt(size) + 1)):
        size += 1
    return size
