"""Exact counts of patterns, and what follows from them.

The multiset of patterns at a site is its distinct patterns with their counts c_i (thesis 3.1.2).
From it follow the share of the most frequent pattern, max_i c_i / Σ c, and the entropy
H = −Σ p_i log2 p_i with p_i = c_i / Σ c, in bits. Counting is by the patterns themselves, never by
hashes, so no collision can lose one.
"""

import math
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int64
from torch import Tensor

from relu_book.patterns import backends
from relu_book.patterns.packing import check_packed


@dataclass(frozen=True, eq=False, repr=False)
class PatternCounts:
    """Distinct patterns and how often each occurs; made by :func:`relu_book.patterns.count`.

    Rows are sorted by word 0, then word 1 and so on, as unsigned numbers, so equal multisets are
    equal objects (``==``).

    Attributes:
        patterns: ``(m, words)`` int64, the distinct patterns as :func:`relu_book.patterns.pack`
            packs them.
        counts: ``(m,)`` int64, all positive.
        width: the number of channels.
    """

    patterns: Int64[Tensor, "m words"]
    counts: Int64[Tensor, " m"]
    width: int

    def __post_init__(self) -> None:
        check_packed(self.patterns, self.width)
        if self.counts.dtype != torch.int64 or self.counts.shape != self.patterns.shape[:1]:
            raise ValueError(
                f"counts are int64, one for each of {len(self.patterns)} patterns, not "
                f"{self.counts.dtype} of shape {tuple(self.counts.shape)}"
            )

    @property
    def total(self) -> int:
        """Evaluations counted, Σ c."""
        return int(self.counts.sum())

    @property
    def distinct(self) -> int:
        """The number of distinct patterns."""
        return len(self.counts)

    @property
    def max_frequency(self) -> float:
        """The share of the most frequent pattern, in (0, 1]; 0 where nothing was counted."""
        return int(self.counts.max()) / self.total if self.distinct else 0.0

    @property
    def entropy(self) -> float:
        """The entropy in bits, from 0 to min(width, log2 total)."""
        shares = self.counts.double() / max(self.total, 1)
        return max(0.0, -float((shares * shares.log2()).sum()))

    @property
    def relative_entropy(self) -> float:
        """The entropy over its upper bound min(width, log2 total); 0 for a total of at most 1."""
        bound = min(self.width, math.log2(self.total)) if self.total > 1 else 0
        return min(1.0, self.entropy / bound) if bound else 0.0

    def merge(self, other: "PatternCounts") -> "PatternCounts":
        """The counts of both together.

        Raises:
            ValueError: the widths differ.

        Example:
            >>> a = count(torch.tensor([[1], [2]]), width=2)
            >>> a.merge(a).counts
            tensor([2, 2])
        """
        if self.width != other.width:
            raise ValueError(
                f"counts of width {self.width} and of width {other.width} cannot be merged"
            )
        device = self.patterns.device
        patterns = torch.cat([self.patterns, other.patterns.to(device)])
        counts = torch.cat([self.counts, other.counts.to(device)])
        merged = backends.of(patterns).count(patterns, self.width, counts)
        return PatternCounts(*merged, self.width)

    def save(self, path: str | os.PathLike) -> None:
        """Writes the counts to one ``.npz`` file, whole or not at all."""
        path = Path(path)
        unfinished = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
        try:
            with unfinished.open("wb") as file:
                np.savez_compressed(
                    file,
                    patterns=self.patterns.cpu().numpy(),
                    counts=self.counts.cpu().numpy(),
                    width=self.width,
                )
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)

    @staticmethod
    def load(path: str | os.PathLike) -> "PatternCounts":
        """Reads what ``save`` wrote, without pickle.

        Raises:
            FileNotFoundError: no such file.
            ValueError: not such a file, or a damaged one.
        """
        try:
            with Path(path).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                patterns, counts, width = (arrays[k] for k in ("patterns", "counts", "width"))
            return PatternCounts(torch.from_numpy(patterns), torch.from_numpy(counts), int(width))
        except FileNotFoundError:
            raise
        except (OSError, ValueError, TypeError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise ValueError(
                f"{path} holds no pattern counts or is damaged ({error}); count and save them again"
            ) from error

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PatternCounts):
            return NotImplemented
        return (
            self.width == other.width
            and torch.equal(self.patterns.cpu(), other.patterns.cpu())
            and torch.equal(self.counts.cpu(), other.counts.cpu())
        )

    __hash__ = None

    def __repr__(self) -> str:
        return f"PatternCounts(width={self.width}, total={self.total}, distinct={self.distinct})"


def count(packed: Int64[Tensor, "n words"], width: int) -> PatternCounts:
    """Counts how often each pattern occurs, exactly for any width.

    Args:
        packed: patterns as :func:`relu_book.patterns.pack` gives.
        width: the number of channels.

    Returns:
        The distinct patterns, sorted, with their counts, on the device of ``packed``.

    Raises:
        ValueError: the words do not fit the width.

    Cost: on the CPU with Numba a table look-up a pattern up to 16 channels, a sort of the words up
    to 64, a sort of 64-bit fingerprints with a comparison of neighbours beyond.

    Example:
        >>> counts = count(torch.tensor([[3], [1], [3], [3]]), width=2)
        >>> counts
        PatternCounts(width=2, total=4, distinct=2)
        >>> counts.patterns[:, 0].tolist(), counts.counts.tolist(), counts.max_frequency
        ([1, 3], [1, 3], 0.75)
        >>> round(counts.entropy, 4)
        0.8113
    """
    check_packed(packed, width)
    patterns, counts = backends.of(packed).count(packed, width)
    return PatternCounts(patterns, counts, width)
