"""What x + f(x) passes on when f has collapsed to one value (thesis 2.1)."""

import torch
from torch import Tensor


def collapsed_block(cases: int = 100) -> dict[str, list]:
    """Dimension and distances of random samples before and behind a block with constant output.

    Each case has 12 samples in 8 dimensions that span a space of 1 to 8 of them, and a constant.

    Returns:
        What the claim on collapsed blocks judges, one value a case.
    """
    found: dict[str, list] = {
        "ranks_in": [], "ranks_out": [], "ranks_collapsed": [], "deviation": [],
    }  # fmt: skip
    for seed in range(cases):
        generator = torch.Generator().manual_seed(seed)

        def normal(*shape: int, generator: torch.Generator = generator) -> Tensor:
            return torch.randn(*shape, generator=generator, dtype=torch.float64)

        dimensions = 1 + seed % 8
        x = normal(12, dimensions) @ normal(dimensions, 8)
        collapsed = normal(8).expand(12, 8)
        found["ranks_in"].append(affine_dimension(x))
        found["ranks_out"].append(affine_dimension(x + collapsed))
        found["ranks_collapsed"].append(affine_dimension(collapsed))
        change = torch.pdist(x + collapsed) - torch.pdist(x)
        found["deviation"].append(change.abs().max().item())
    return found


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
