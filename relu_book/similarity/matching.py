"""How much two layers agree in their activation patterns, filters matched as well as can be.

Thesis 3.1.2, equation 3.7, compares the pattern counts of two states of one network by the weighted
Jaccard index. Two networks that were trained apart may have the same filters in another order, so
here those of one layer are first matched to those of the other: the assignment that maximises the
number of inputs at which matched filters are both active or both inactive (a linear assignment
problem, as Li et al., arXiv 1511.07543, match filters by their correlation).
"""

from typing import Any

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from relu_book.patterns import count, pack, unpack, weighted_jaccard
from relu_book.patterns.packing import check_packed

_CHUNK = 1 << 16  # rows; sums of so many ones are exact in float32


def _signs(given: Any, width: int | None, name: str) -> Tensor:
    """Which filters are active, a row an evaluation, bool."""
    if isinstance(given, np.ndarray):
        given = torch.from_numpy(np.array(given))
    if not isinstance(given, Tensor):
        raise TypeError(f"{name} is a tensor or an array, not {type(given).__name__}")
    if given.dtype == torch.int64:
        if width is None:
            raise ValueError(f"{name} holds packed patterns: say of how many filters, width=")
        check_packed(given, width)
        return unpack(given, width)
    if given.ndim < 2 or not (given.is_floating_point() or given.dtype == torch.bool):
        raise ValueError(
            f"{name} is a floating-point pre-activation (samples, filters, …) or packed patterns, "
            f"not {given.dtype} of shape {tuple(given.shape)}"
        )
    return unpack(pack(given, site=name), given.shape[1])


def _agreements(first: Tensor, second: Tensor) -> Tensor:
    """At how many evaluations each filter of the one agrees with each of the other, float64."""
    total = torch.zeros(first.shape[1], second.shape[1], dtype=torch.float64, device=first.device)
    for one, two in zip(first.split(_CHUNK), second.split(_CHUNK), strict=True):
        # With 1 for active and −1 for inactive a product sums agreements less disagreements.
        sums = (one.float() * 2 - 1).T @ (two.float() * 2 - 1)
        total += (sums.double() + len(one)) / 2
    return total


def match_filters(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """The best matching of two sets of patterns, bool (evaluations, filters) each.

    Returns:
        Numbers of filters of the one, rising, and of those of the other that they are matched to;
        as many as the smaller set has.

    Raises:
        TypeError: no bool tensors.
        ValueError: no matrices of as many evaluations.

    Example:
        >>> signs = torch.tensor([[True, False, True], [True, True, False]])
        >>> match_filters(signs, signs[:, [2, 0, 1]])[1].tolist()
        [1, 2, 0]
    """
    for name, signs in (("first", first), ("second", second)):
        if not isinstance(signs, Tensor) or signs.dtype != torch.bool:
            came = signs.dtype if isinstance(signs, Tensor) else type(signs).__name__
            raise TypeError(f"{name} is a bool tensor of who is active, not {came}; take x > 0")
    if not first.ndim == second.ndim == 2 or len(first) != len(second):
        raise ValueError(
            "patterns to match are (evaluations, filters), of the same evaluations, not of shapes "
            f"{tuple(first.shape)} and {tuple(second.shape)}"
        )
    rows, columns = linear_sum_assignment(_agreements(first, second).cpu(), maximize=True)
    return torch.from_numpy(rows), torch.from_numpy(columns)


def pattern_similarity(
    first: Any, second: Any, *, match: bool = True, width: int | tuple[int, int] | None = None
) -> float:
    """The weighted Jaccard index of two layers' activation patterns for the same inputs.

    A pattern is which of all filters are active (thesis 2.2.1). Counted are the patterns of each
    layer over all inputs, and for a convolution over all places.

    Args:
        first: pre-activation (samples, filters, …), tensor or array; or patterns as
            :func:`relu_book.patterns.pack` packs them.
        second: the other layer's, of the same inputs.
        match: whether filters are first matched one to one. Leave it out for two states of one
            network, or networks that share an initialisation, whose filters have their places.
            Filters of the wider layer that match none are left out.
        width: the number of filters of packed patterns, or a pair of them.

    Returns:
        From 0, no pattern in common, to 1, where every pattern is as frequent in both. Wide layers
        have few patterns twice: look at fewer filters, or say
        :func:`relu_book.similarity.permutation_null` with ``match`` beside it. (Without a matching
        the index compares frequencies, so that the order of the rows is nothing to it.)

    Raises:
        TypeError: neither a tensor nor an array.
        ValueError: NaN; different numbers of evaluations, or none; without a matching, or with
            patterns packed, different or no numbers of filters.

    Cost: a product of signs for every two filters, a matching in the cube of their number, and two
    counts.

    Example:
        >>> x = torch.randn(1000, 6, generator=torch.Generator().manual_seed(0))
        >>> turned = x[:, [3, 0, 5, 1, 2, 4]]
        >>> pattern_similarity(x, 2 * turned), pattern_similarity(x, turned, match=False) < 0.9
        (1.0, True)
    """
    widths = width if isinstance(width, tuple) else (width, width)
    one, two = _signs(first, widths[0], "first"), _signs(second, widths[1], "second")
    two = two.to(one.device)
    if len(one) != len(two) or not len(one):
        raise ValueError(
            f"first has {len(one)} evaluations and second {len(two)}; both must be of the same "
            "inputs and places, one or more"
        )
    if match:
        rows, columns = match_filters(one, two)
        one, two = one[:, rows.to(one.device)], two[:, columns.to(one.device)]
    elif one.shape[1] != two.shape[1]:
        raise ValueError(
            f"first has {one.shape[1]} filters and second {two.shape[1]}, which have no places in "
            "common; match them with match=True"
        )
    counts = (count(pack(signs), signs.shape[1]) for signs in (one, two))
    return weighted_jaccard(*counts)


pattern_similarity.larger_is_more_similar = True
