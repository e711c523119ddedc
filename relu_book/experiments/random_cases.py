"""Random cases in float64: what a seed draws, and how far two results lie apart."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor


def normals(seed: int) -> Callable[..., Tensor]:
    """Draws standard normal tensors of given shapes, one after another, from a stream of its own.

    Example:
        >>> normal = normals(seed=0)
        >>> normal(2, 3).shape, normal(4).dtype
        (torch.Size([2, 3]), torch.float64)
    """
    generator = torch.Generator().manual_seed(seed)
    return partial(torch.randn, generator=generator, dtype=torch.float64)


def distance(first: Tensor, second: Tensor) -> float:
    """Largest absolute difference of two tensors of one shape."""
    return (first - second).abs().max().item()
