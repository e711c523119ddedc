"""Exact counts of patterns, and what follows from them.

The multiset of patterns at a site is its distinct patterns with their counts c_i (thesis 3.1.2).
From it follow the share of the most frequent pattern, max_i c_i / Σ c, and the entropy
H = −Σ p_i log2 p_i with p_i = c_i / Σ c, in bits. Counting is by the patterns themselves, never by
hashes, so no collision can lose one.

A count under a limit may be incomplete: U evaluations are known to have happened, but their
patterns are not listed. Every measure is then given by its lower bound, and ``..._bounds`` holds
the pair that the truth lies between. The extremes are those of majorization: H is least where the U
are one pattern, and greatest where they all differ.
"""

import math
import operator
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int64
from torch import Tensor

from relu_book.files import atomic_file
from relu_book.patterns import backends
from relu_book.patterns.packing import check_packed, check_width, is_whole


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
        unlisted: evaluations whose pattern is not listed, since a limit was reached; 0 where the
            count is complete.
        mixed: whether unlisted evaluations may be of listed patterns all the same, so that
            ``counts`` are lower bounds: where incomplete counts with different lists were merged.
            Otherwise the counts of the listed patterns are exact.
    """

    patterns: Int64[Tensor, "m words"]
    counts: Int64[Tensor, " m"]
    width: int
    unlisted: int = 0
    mixed: bool = False

    def __post_init__(self) -> None:
        check_width(self.width)
        check_packed(self.patterns, self.width)
        object.__setattr__(self, "width", int(self.width))  # one of NumPy's overflows in 2^width
        counts, rows = self.counts, self.patterns.shape[:1]
        if not isinstance(counts, Tensor) or counts.dtype != torch.int64 or counts.shape != rows:
            came = (
                f"{counts.dtype} of shape {tuple(counts.shape)}"
                if isinstance(counts, Tensor)
                else type(counts).__name__
            )
            raise ValueError(
                f"counts are an int64 tensor, one for each of {rows[0]} patterns, not {came}"
            )
        if rows[0] and counts.min() < 1:
            raise ValueError(f"a pattern is counted {int(counts.min())} times, not once or more")
        number = is_whole(self.unlisted) and self.unlisted >= 0
        if not number or (self.mixed and not (self.unlisted and rows[0])):
            raise ValueError(
                f"unlisted is a number of evaluations, which are mixed only with listed ones, not "
                f"unlisted={self.unlisted!r} and mixed={self.mixed} beside {rows[0]} listed"
            )

    @property
    def complete(self) -> bool:
        """Whether every evaluation is listed, so that all measures are exact."""
        return not self.unlisted

    @property
    def total(self) -> int:
        """Evaluations counted, Σ c, the unlisted ones among them."""
        return int(self.counts.sum()) + self.unlisted

    @property
    def distinct(self) -> int:
        """The number of distinct patterns listed, which are all where the count is complete."""
        return len(self.counts)

    @property
    def distinct_bounds(self) -> tuple[int, int]:
        """The least and the greatest number of distinct patterns that there can have been."""
        others = 2**self.width - self.distinct
        certain = 1 if self.unlisted and not self.mixed else 0
        return self.distinct + certain, self.distinct + min(self.unlisted, others)

    @property
    def max_frequency(self) -> float:
        """The share of the most frequent pattern, in (0, 1]; 0 where nothing was counted."""
        return self.max_frequency_bounds[0]

    @property
    def max_frequency_bounds(self) -> tuple[float, float]:
        """The least and the greatest share that the most frequent pattern can have."""
        total, listed = max(self.total, 1), int(self.counts.max()) if self.distinct else 0
        most = listed + self.unlisted if self.mixed else max(listed, self.unlisted)
        return max(listed, min(self.unlisted, 1)) / total, most / total

    @property
    def entropy(self) -> float:
        """The entropy in bits, from 0 to min(width, log2 total); its lower bound if incomplete."""
        return self.entropy_bounds[0]

    @property
    def entropy_bounds(self) -> tuple[float, float]:
        """The least and the greatest entropy in bits, equal where the count is complete."""
        total = max(self.total, 1)

        def information(counts: Tensor) -> float:
            shares = counts.double().div_(total)
            return -float(shares.log2().mul_(shares).sum())

        listed = information(self.counts)
        if self.complete:
            return max(0.0, listed), max(0.0, listed)
        if self.mixed:  # all of the most frequent pattern
            most = self.counts.max()
            least = listed - information(most) + information(most + self.unlisted)
        else:  # all of one other pattern
            least = listed + information(torch.tensor(self.unlisted))
        others = 2**self.width - self.distinct
        limit = min(self.width, math.log2(total))
        if self.unlisted <= others:  # all different, and new
            greatest = listed + self.unlisted / total * math.log2(total)
        elif self.mixed:
            greatest = limit
        else:  # spread evenly over the patterns that there are besides
            share = self.unlisted / total
            greatest = listed - share * math.log2(share / others)
        least = max(0.0, least)
        return least, max(least, min(greatest, limit))

    @property
    def relative_entropy(self) -> float:
        """The entropy over its upper bound min(width, log2 total); 0 for a total of at most 1."""
        return self.relative_entropy_bounds[0]

    @property
    def relative_entropy_bounds(self) -> tuple[float, float]:
        """The least and the greatest relative entropy."""
        bound = min(self.width, math.log2(self.total)) if self.total > 1 else 0
        least, greatest = (min(1.0, h / bound) if bound else 0.0 for h in self.entropy_bounds)
        return least, greatest

    def merge(self, other: "PatternCounts") -> "PatternCounts":
        """The counts of both together, in either order and grouping the same.

        Where one of them is incomplete and lacks a pattern that the other lists, that pattern may
        be among its unlisted evaluations: the result is then ``mixed``.

        Raises:
            TypeError: the other is no ``PatternCounts``.
            ValueError: the widths differ.

        Cost: one pass through both sorted lists and the memory of the result, on the CPU with
        Numba; elsewhere a sort.

        Example:
            >>> a = count(torch.tensor([[1], [2]]), width=2)
            >>> a.merge(a).counts
            tensor([2, 2])
        """
        if not isinstance(other, PatternCounts):
            raise TypeError(f"PatternCounts are merged with others, not {type(other).__name__}")
        if self.width != other.width:
            raise ValueError(
                f"counts of width {self.width} and of width {other.width} cannot be merged"
            )
        device = self.patterns.device
        lists = self.patterns, self.counts, other.patterns.to(device), other.counts.to(device)
        backend = backends.of(self.patterns)
        if hasattr(backend, "merge"):
            merged = backend.merge(*lists)
        else:
            merged = backend.count(torch.cat(lists[::2]), self.width, torch.cat(lists[1::2]))
        # Each list that leaves evaluations out must be the whole list for the counts to be exact.
        sizes = [len(c.counts) for c in (self, other) if c.unlisted]
        mixed = self.mixed or other.mixed or any(size < len(merged[1]) for size in sizes)
        return PatternCounts(*merged, self.width, self.unlisted + other.unlisted, mixed)

    def save(self, path: str | os.PathLike) -> None:
        """Writes the counts to one ``.npz`` file, whole or not at all."""
        with atomic_file(path) as file:
            np.savez_compressed(
                file,
                patterns=self.patterns.cpu().numpy(),
                counts=self.counts.cpu().numpy(),
                width=self.width,
                unlisted=self.unlisted,
                mixed=self.mixed,
            )

    @staticmethod
    def load(path: str | os.PathLike) -> "PatternCounts":
        """Reads what ``save`` wrote, without pickle.

        Raises:
            FileNotFoundError: no such file.
            ValueError: not such a file, or a damaged one.
        """
        try:
            with Path(path).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                patterns, counts, width, unlisted, mixed = (
                    arrays[key] for key in ("patterns", "counts", "width", "unlisted", "mixed")
                )
            loaded = PatternCounts(
                torch.from_numpy(patterns),
                torch.from_numpy(counts),
                operator.index(width[()]),
                operator.index(unlisted[()]),
                bool(mixed),
            )
            _require_sorted(patterns.view(np.uint64))
            return loaded
        except FileNotFoundError:
            raise
        except Exception as error:  # on damaged bytes zipfile, zlib and NumPy raise all kinds
            raise ValueError(
                f"{path} holds no pattern counts or is damaged ({error}); count and save them again"
            ) from error

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PatternCounts):
            return NotImplemented
        return (
            (self.width, self.unlisted, self.mixed) == (other.width, other.unlisted, other.mixed)
            and torch.equal(self.patterns.cpu(), other.patterns.cpu())
            and torch.equal(self.counts.cpu(), other.counts.cpu())
        )

    __hash__ = None

    def __repr__(self) -> str:
        what = f"PatternCounts(width={self.width}, total={self.total}, distinct"
        if self.complete:
            return f"{what}={self.distinct})"
        return f"{what}>={self.distinct_bounds[0]}, unlisted={self.unlisted})"


def _require_sorted(words: np.ndarray) -> None:
    """Raises one sentence unless the rows are in order and all different."""
    tie = np.ones(max(len(words) - 1, 0), bool)
    for column in words.T:
        if (tie & (column[:-1] > column[1:])).any():
            raise ValueError("its patterns are not in order")
        tie &= column[:-1] == column[1:]
    if tie.any():
        raise ValueError("a pattern is listed twice")


def count(packed: Int64[Tensor, "n words"], width: int) -> PatternCounts:
    """Counts how often each pattern occurs, exactly for any width.

    Args:
        packed: patterns as :func:`relu_book.patterns.pack` gives.
        width: the number of channels.

    Returns:
        The distinct patterns, sorted, with their counts, on the device of ``packed``.

    Raises:
        ValueError: the words do not fit the width.

    Cost: that of a :class:`relu_book.patterns.PatternCounter`, or less, since a sample says how
    many patterns to expect: 20 million of 64 channels took 0.03 s where 100 differ and 0.11 s where
    a million do, on one thread of a CPU with AVX-512. For the speed more memory is taken: up to 64
    channels 48 bytes a distinct pattern (80 with what an allocator may hold back) and 6 MiB, or 8 a
    row more where some patterns are frequent and many are rare.

    Example:
        >>> counts = count(torch.tensor([[3], [1], [3], [3]]), width=2)
        >>> counts
        PatternCounts(width=2, total=4, distinct=2)
        >>> counts.patterns[:, 0].tolist(), counts.counts.tolist(), counts.max_frequency
        ([1, 3], [1, 3], 0.75)
        >>> round(counts.entropy, 4)
        0.8113
    """
    check_packed(packed)
    check_width(width)
    check_packed(packed[:0], width)
    # Bits beyond the width are found among the distinct patterns, without a pass over all.
    patterns, counts = backends.of(packed).count(packed, width)
    return PatternCounts(patterns, counts, width)
