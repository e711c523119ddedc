"""Algorithm 4 of the thesis (A.1.2): how often each pattern occurs, and which is whose.

The source fills a table whose key is a pattern. Here a pattern is the words that ``patterns.pack``
makes of it. Few filters have a table with a place for each of 2^d patterns; where it would be much
longer than the list of points, a sort takes its place: equal rows get equal numbers, word by word.
"""

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from relu_book.patterns import pack

_PLACES_A_ROW = 4  # of a table with a place for each of 2^d patterns; a larger one costs the sort


def count_activations(
    pre_activation: Float[Tensor, "..."], channel_dim: int = 1
) -> tuple[Int64[Tensor, " m"], Int64[Tensor, " n"]]:
    """Counts the distinct patterns, and says for every row which count is its own.

    Args:
        pre_activation: as ``relu_book.patterns.pack`` takes it; a filter is active above zero.
        channel_dim: the dimension along which a pattern lies.

    Returns:
        Counts ``(m,)``, one for each distinct pattern, in no order that means anything; and the
        number of its count ``(n,)`` for each row, with the rows as ``pack`` orders them.

    Raises:
        ValueError, TypeError: as ``pack``.

    Cost: linear while 2^d is at most 4 n; else a sort of n numbers for up to 64 filters, and two
    for every 64 more.

    Example:
        >>> counts, ids = count_activations(torch.tensor([[1.0, -1], [2, 2], [3, -1]]))
        >>> counts[ids].tolist()
        [2, 1, 2]
    """
    packed = pack(pre_activation, channel_dim)
    if not packed.shape[1]:  # patterns of no filters are all equal
        ids = torch.zeros(len(packed), dtype=torch.int64, device=packed.device)
        return ids.new_full((min(len(packed), 1),), len(packed)), ids
    width = pre_activation.shape[channel_dim]
    key = packed[:, 0]
    if 2**width <= _PLACES_A_ROW * len(packed):
        table = key.bincount(minlength=2**width)
        there = table > 0
        return table[there], (there.cumsum(0) - 1)[key]
    for word in packed.T[1:]:
        words, of_word = word.unique(return_inverse=True)
        key = key.unique(return_inverse=True)[1] * len(words) + of_word
    _, ids, counts = key.unique(return_inverse=True, return_counts=True)
    return counts, ids
