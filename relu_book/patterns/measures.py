"""How two counts of patterns differ: two states of training, two data sets, two seeds.

With c and c' the counts of the patterns at one site in two states (thesis 3.1.2, equations 3.6 and
3.7; article, equations 6 and 10), S = {i : c_i > 0} the patterns of the first and S' of the second:

    appeared          |S' \\ S|
    vanished          |S \\ S'|
    net_change        (|S' \\ S| − |S \\ S'|) / |S|
    changed           (|S' \\ S| + |S \\ S'|) / |S ∪ S'|
    weighted_jaccard  Σ min(c_i, c'_i) / Σ max(c_i, c'_i)
    retained          Σ_{i ∈ S'} c_i / Σ c_i

Measures of one count alone are attributes of :class:`relu_book.patterns.PatternCounts`.
"""

import math
from collections.abc import Iterable

import torch
from torch import Tensor

from relu_book.patterns import backends
from relu_book.patterns.counting import PatternCounts


def _shared_by_torch(
    a: Tensor, a_counts: Tensor, b: Tensor, b_counts: Tensor
) -> list[tuple[Tensor, Tensor]]:
    """The counts in ``a`` and in ``b`` of the rows that both have, on any device."""
    if not a.shape[1]:  # patterns of no channels are all equal
        rows = min(len(a), len(b))
        return [(a_counts[:rows], b_counts[:rows])]
    union, row = torch.unique(torch.cat([a, b]), dim=0, return_inverse=True)
    place = row.new_full((2, len(union)), -1)
    place[0, row[: len(a)]] = torch.arange(len(a), device=a.device)
    place[1, row[len(a) :]] = torch.arange(len(b), device=a.device)
    in_a, in_b = place[:, (place >= 0).all(0)]
    return [(a_counts[in_a], b_counts[in_b])]


def _shared_counts(a: PatternCounts, b: PatternCounts) -> Iterable[tuple[Tensor, Tensor]]:
    """How often each pattern that both have occurs in ``a``, and in ``b``; some at a time."""
    for counts in (a, b):
        if not isinstance(counts, PatternCounts):
            raise TypeError(
                f"patterns are compared between two PatternCounts, not {type(counts).__name__}"
            )
        if not counts.complete:
            raise ValueError(
                f"{counts} does not list all of its patterns, so it cannot be compared; "
                "count with a higher limit, or with none"
            )
    if a.width != b.width:
        raise ValueError(
            f"counts of width {a.width} and of width {b.width} have no pattern to compare; "
            "take two counts of the same site"
        )
    device = a.patterns.device
    shared = getattr(backends.of(a.patterns), "shared", _shared_by_torch)
    return shared(a.patterns, a.counts, b.patterns.to(device), b.counts.to(device))


def appeared(a: PatternCounts, b: PatternCounts) -> int:
    """How many patterns ``b`` has and ``a`` lacks, ``|S' \\ S|``; from 0 to ``b.distinct``.

    The source adds up appeared and vanished patterns with opposite signs, so that equally many of
    both count as no change at all (thesis 3.1.2, equation 3.6); here they are told apart.

    Raises:
        ValueError: the widths differ, or a limit kept one side from listing all of its patterns.

    Cost: one pass through both sorted lists.

    Example:
        >>> from relu_book.patterns import count
        >>> a, b = (count(torch.tensor(words)[:, None], width=3) for words in ([0, 1, 2], [2, 3]))
        >>> appeared(a, b), vanished(a, b)
        (1, 2)
    """
    shared = sum(len(in_a) for in_a, _ in _shared_counts(a, b))
    return b.distinct - shared


def vanished(a: PatternCounts, b: PatternCounts) -> int:
    """How many patterns ``a`` has and ``b`` lacks, ``|S \\ S'|``; from 0 to ``a.distinct``.

    The same as ``appeared(b, a)``, which see.
    """
    return appeared(b, a)


def net_change(a: PatternCounts, b: PatternCounts) -> float:
    """The growth of the number of patterns from ``a`` to ``b``, ``(|S' \\ S| − |S \\ S'|) / |S|``.

    Thesis 3.1.2, equation 3.6 (article, equation 6) prints the negative of it, which is positive
    where patterns vanish, names no state for the total in the denominator, and calls it a symmetric
    difference, which it is not: {0, 1, 2, 3} → {2, 3, 4, 5} gives 0 although half of the patterns
    are new. Here growth is positive, the denominator is the earlier state's, and the symmetric
    difference is :func:`relu_book.patterns.changed`.

    Returns:
        From −1 (all vanished), with no upper bound; 0 for two empty counts, infinity where only
        ``a`` is empty.

    Raises:
        ValueError: as for ``appeared``.

    Example:
        >>> from relu_book.patterns import count
        >>> a, b = (count(torch.arange(n)[:, None], width=3) for n in (4, 6))
        >>> net_change(a, b), net_change(b, a)
        (0.5, -0.3333333333333333)
    """
    growth = appeared(a, b) - vanished(a, b)
    if not a.distinct:
        return math.inf if growth else 0.0
    return growth / a.distinct


def changed(a: PatternCounts, b: PatternCounts) -> float:
    """The share of patterns that only one side has, ``(|S' \\ S| + |S \\ S'|) / |S ∪ S'|``.

    This is what thesis 3.1.2 announces above equation 3.6, the relative size of the symmetric
    difference, over the size of the union so that it stays in [0, 1] (over that of S it does not);
    one minus the Jaccard index ``|S ∩ S'| / |S ∪ S'|``, in which the thesis leaves the bars out.

    Returns:
        From 0 (the same patterns, also where both are empty) to 1 (none in common).

    Raises:
        ValueError: as for ``appeared``.

    Example:
        >>> from relu_book.patterns import count
        >>> a, b = (count(torch.arange(n, n + 4)[:, None], width=3) for n in (0, 2))
        >>> round(changed(a, b), 4), net_change(a, b)
        (0.6667, 0.0)
    """
    shared = sum(len(in_a) for in_a, _ in _shared_counts(a, b))
    union = a.distinct + b.distinct - shared
    return (union - shared) / union if union else 0.0


def weighted_jaccard(a: PatternCounts, b: PatternCounts, *, normalize: bool = False) -> float:
    """The weighted Jaccard index Σ min(c_i, c'_i) / Σ max(c_i, c'_i) (thesis 3.1.2, equation 3.7).

    Against the counts of the start of training it tells how much of the initial structure is left,
    against those of its end how far the structure has converged. The formula compares counts, not
    shares: c' = 2c gives ½ although the distributions agree. So both sides must have the same
    number of evaluations here, or be normalised to shares.

    Args:
        a: one count.
        b: the other, of the same width.
        normalize: compare shares c_i / Σ c, so that the totals may differ.

    Returns:
        From 0 (no pattern in common, also where one side alone is empty) to 1 (equal counts, also
        where both are empty).

    Raises:
        ValueError: the totals differ and ``normalize`` is not set; or as for ``appeared``.

    Cost: one pass through both sorted lists; exact in integers where the totals agree.

    Example:
        >>> from relu_book.patterns import count
        >>> a = count(torch.tensor([[0], [0], [1], [2]]), width=2)
        >>> b = count(torch.tensor([[0], [1], [1], [3]]), width=2)
        >>> round(weighted_jaccard(a, b), 4)
        0.3333
        >>> weighted_jaccard(a, a.merge(a), normalize=True)
        1.0
    """
    shared = _shared_counts(a, b)
    total, other = a.total, b.total
    if total == other:
        least = sum(int(torch.minimum(in_a, in_b).sum()) for in_a, in_b in shared)
        return least / (total + other - least) if total else 1.0
    if not normalize:
        raise ValueError(
            f"{total} evaluations against {other}: the weighted Jaccard index compares equal "
            "numbers of them; count both on the same data, or set normalize=True to compare shares"
        )
    if not total or not other:
        return 0.0
    in_a, in_b = (torch.cat(some) for some in zip(*shared, strict=True))
    p, q = in_a.double() / total, in_b.double() / other
    alone = (total - int(in_a.sum())) / total + (other - int(in_b.sum())) / other
    return float(torch.minimum(p, q).sum()) / (float(torch.maximum(p, q).sum()) + alone)


def retained(a: PatternCounts, b: PatternCounts) -> float:
    """The share of the evaluations in ``a`` whose pattern ``b`` has too, Σ_{i ∈ S'} c_i / Σ c_i.

    Not in the source: it tells an index that is small because patterns are gone from one that is
    small because they are used with other frequencies.

    Returns:
        From 0 to 1; 1 where ``a`` is empty, for then nothing is lost.

    Raises:
        ValueError: as for ``appeared``.

    Example:
        >>> from relu_book.patterns import count
        >>> a = count(torch.tensor([[0], [0], [0], [1]]), width=2)
        >>> retained(a, count(torch.tensor([[0]]), width=2))
        0.75
    """
    kept = sum(int(in_a.sum()) for in_a, _ in _shared_counts(a, b))
    return kept / a.total if a.total else 1.0
