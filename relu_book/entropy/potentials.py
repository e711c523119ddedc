"""Relaxed counts (thesis A.1.2): functions of a point whose gradient stands for that of a count.

    linear      g(y) = min_i |y_i|      distance to the nearest border of the cell   (equation A.3)
    quadratic   g(y) = 1/2 Σ_i y_i²                                                  (equation A.4)

The printed maximum of A.3 with 0 does nothing. Both gradients point into the cell, so that a rising
count pulls its points inwards: the linear one moves a point at right angles to the nearest border,
with one entry, sign(y_j) at the smallest |y_j|; the quadratic one, y, away from the origin.
"""

from jaxtyping import Float
from torch import Tensor

from relu_book.patterns.packing import is_whole

RELAXATIONS = ("linear", "quadratic")


def check_relaxation(relaxation: str) -> None:
    """Raises one sentence unless there is such a relaxation."""
    if relaxation not in RELAXATIONS:
        raise ValueError(f"the relaxation is 'linear' or 'quadratic', not {relaxation!r}")


def check_channel_dim(pre_activation: Tensor, channel_dim: int) -> int:
    """The dimension from 0; raises one sentence unless this is a tensor that has it."""
    if not isinstance(pre_activation, Tensor):
        raise TypeError(
            f"the pre-activation is a tensor of points, not {type(pre_activation).__name__}"
        )
    shape = tuple(pre_activation.shape)
    if not is_whole(channel_dim):
        raise TypeError(f"channel_dim is the number of a dimension, not {channel_dim!r}")
    if not -len(shape) <= channel_dim < len(shape):
        raise ValueError(f"no channel dimension {channel_dim} in the shape {shape}")
    return channel_dim % len(shape)


def potential(
    pre_activation: Float[Tensor, "..."], relaxation: str = "linear", channel_dim: int = 1
) -> Float[Tensor, "..."]:
    """The relaxed count g at every point, differentiable as it stands.

    Args:
        pre_activation: of one or more filters.
        relaxation: ``"linear"`` or ``"quadratic"``.
        channel_dim: the dimension of the filters.

    Returns:
        Of the shape without ``channel_dim``, never negative.

    Raises:
        ValueError: no such relaxation or dimension.
        TypeError: no tensor, or a dimension that is no number.

    Example:
        >>> points = Tensor([[0.5, -2.0], [0.0, 3.0]])
        >>> potential(points).tolist(), potential(points, "quadratic").tolist()
        ([0.5, 0.0], [2.125, 4.5])
    """
    check_relaxation(relaxation)
    channel_dim = check_channel_dim(pre_activation, channel_dim)
    if relaxation == "linear":
        return pre_activation.abs().min(channel_dim).values
    return pre_activation.square().sum(channel_dim) / 2
