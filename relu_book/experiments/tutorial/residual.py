"""What x + f(x) passes on when f has collapsed to one value (thesis 2.1)."""

import torch
from torch import Tensor

from relu_book.experiments.random_cases import distance, normals


def collapsed_block(seed: int) -> dict[str, float]:
    """Dimension and distances of random samples before and behind a block with constant output.

    12 samples in 8 dimensions span a space of 1 to 8 of them.
    """
    normal, dimensions = normals(seed), 1 + seed % 8
    x, collapsed = normal(12, dimensions) @ normal(dimensions, 8), normal(8).expand(12, 8)
    return {
        "ranks_in": affine_dimension(x),
        "ranks_out": affine_dimension(x + collapsed),
        "ranks_collapsed": affine_dimension(collapsed),
        "deviation": distance(torch.pdist(x + collapsed), torch.pdist(x)),
    }


def affine_dimension(points: Tensor) -> int:
    """Dimension of the space that points (n, d) span around their mean.

    Example:
        >>> affine_dimension(torch.tensor([[1.0, 1.0], [2.0, 2.0], [5.0, 5.0]]))
        1
    """
    points = points.double()
    centred = points - points.mean(0)
    # Relative to the points themselves, so that the rounding of the mean counts as nothing.
    return int(torch.linalg.matrix_rank(centred, atol=1e-9 * points.abs().max().item()))
