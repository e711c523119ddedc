"""Algorithm 1 of the thesis (2.2.3): one 64-bit hash of each pattern.

With the words A_1 … A_m of a pattern, offset = 1610612741, P = 805306457, Q = 402653189 (primes):

    h = offset;   for each word:  h = (A_j · Q) xor (h · P)      modulo 2^64, two's complement.

The thesis leaves the order of the bits open; here it is that of :func:`relu_book.patterns.pack`. Up
to 64 channels the hash is injective, since Q is odd; beyond, equal hashes of different patterns
are possible and counting by hash would lose them.
"""

from jaxtyping import Int64
from torch import Tensor

from relu_book.patterns.packing import check_packed

OFFSET = 1610612741
P = 805306457
Q = 402653189


def hash_patterns(packed: Int64[Tensor, "n words"]) -> Int64[Tensor, " n"]:
    """Hashes packed patterns by algorithm 1 of the thesis.

    Half of the hashes of wide patterns are negative. For a key into a table of ``size`` slots take
    ``hashes.remainder(size)``, which is never negative.

    Args:
        packed: words as :func:`relu_book.patterns.pack` gives.

    Returns:
        One int64 a pattern.

    Raises:
        ValueError: ``packed`` is not int64 of shape (n, words).

    Cost: two multiplications and one xor a word.

    Example:
        >>> import torch
        >>> hash_patterns(torch.tensor([[13], [-1]])) % 30000
        tensor([29180,  9094])
    """
    check_packed(packed)
    hashes = packed.new_full((len(packed),), OFFSET)
    for word in packed.unbind(1):
        hashes = (word * Q) ^ (hashes * P)
    return hashes
