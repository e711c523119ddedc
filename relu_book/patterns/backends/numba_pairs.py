"""One pass through two sorted lists of patterns with Numba, without the interpreter's lock."""

import numpy as np
import torch
from numba import njit
from torch import Tensor


@njit(nogil=True, cache=True)
def _shared(a, b, in_a, in_b):
    """Writes down where equal rows stand in both lists; returns how many there are."""
    i = j = found = 0
    while i < len(a) and j < len(b):
        order = 0
        for k in range(a.shape[1]):
            if a[i, k] != b[j, k]:
                order = -1 if a[i, k] < b[j, k] else 1
                break
        if order == 0:
            in_a[found] = i
            in_b[found] = j
            found += 1
        i += order <= 0
        j += order >= 0
    return found


def shared(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """The indices in ``a`` and in ``b`` of the rows that both have; both sorted as unsigned."""
    in_a, in_b = np.empty((2, min(len(a), len(b))), np.int64)
    words = (patterns.contiguous().numpy().view(np.uint64) for patterns in (a, b))
    found = _shared(*words, in_a, in_b)
    return torch.from_numpy(in_a[:found]), torch.from_numpy(in_b[:found])
