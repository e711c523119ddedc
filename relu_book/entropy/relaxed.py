"""The entropy of activation patterns with a gradient: algorithms 3 and 5 of the thesis (A.1.2).

Of n points let c_p have the pattern p, and T = Σ c. The entropy H = −Σ (c_p/T) log2 (c_p/T) is
counted, so that its true gradient by the points is zero almost everywhere. Its derivative by the
counts is not,

    ∂H/∂c_p = −(log2 (c_p/T) + H)/T ,

and equation A.2 chains it with that of a relaxed count: the point y_i with the pattern p gets
∂H/∂c_p · ∇g(y_i), g a potential of ``potentials``. The derivative by a count is negative where the
pattern is frequent, and ∇g points into the cell, so that it raises the count (the text has it lower
it): ascent on H moves the points of frequent patterns to the border of their cell and beyond, those
of rare ones inwards. Where all patterns are equally frequent the gradient is zero.

Algorithm 5 takes the natural logarithm, equation A.1, as here, the one of base 2: bits.
"""

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.autograd.function import once_differentiable

from relu_book.entropy.counting import count_activations
from relu_book.entropy.nearest import nearest_filter
from relu_book.entropy.potentials import check_channel_dim, check_relaxation


class _ApplyDerivative(torch.autograd.Function):
    @staticmethod
    def forward(ctx, counts, ids, pre_activation, relaxation, channel_dim):
        # The pre-activation itself is not kept: a ReLU in place may write to it next.
        if relaxation == "quadratic" or not pre_activation.numel():
            ctx.save_for_backward(ids, pre_activation.clone())
        else:
            nearest = nearest_filter(pre_activation, channel_dim)
            sign = pre_activation.gather(channel_dim, nearest).sign()
            ctx.save_for_backward(ids, sign, nearest)
        ctx.channel_dim, ctx.width = channel_dim, pre_activation.shape[channel_dim]
        return counts.view_as(counts)

    @staticmethod
    @once_differentiable
    def backward(ctx, of_counts):
        ids, direction, *nearest = ctx.saved_tensors
        points = list(direction.shape)
        points[ctx.channel_dim] = 1
        gradient = direction * of_counts[ids].view(points).to(direction.dtype)
        if nearest:
            points[ctx.channel_dim] = ctx.width
            gradient = gradient.new_zeros(points).scatter_(ctx.channel_dim, *nearest, gradient)
        return of_counts, None, gradient, None, None


def apply_derivative(
    counts: Float[Tensor, " m"],
    ids: Int64[Tensor, " n"],
    pre_activation: Float[Tensor, "..."],
    relaxation: str = "linear",
    channel_dim: int = 1,
) -> Float[Tensor, " m"]:
    """Algorithm 3: the counts as they are, with a gradient by the points that were counted.

    In the backward pass point i gets Δcounts[ids_i] · ∇g(y_i). The source prints it with X in place
    of ∇g(y), which is the quadratic potential; what enters it in algorithm 5 is not defined.

    Args:
        counts: of the distinct patterns, as floating-point numbers.
        ids: for each point the number of its count, as ``count_activations`` gives both.
        pre_activation: the points y; filters along ``channel_dim``.
        relaxation: the potential g, ``"linear"`` or ``"quadratic"``.
        channel_dim: the dimension of the filters.

    Returns:
        ``counts``, differentiable once.

    Raises:
        ValueError: no such relaxation or dimension.
        TypeError: points that are no tensor, or a dimension that is no number.

    Cost: linear, memory for one number and one index a point; quadratic, for a copy of the points.

    Example:
        >>> points = torch.tensor([[0.5, -2.0], [3.0, -1.0]], requires_grad=True)
        >>> counts, ids = count_activations(points)
        >>> apply_derivative(counts.float(), ids, points).sum().backward()
        >>> points.grad
        tensor([[ 1.,  0.],
                [ 0., -1.]])
    """
    check_relaxation(relaxation)
    channel_dim = check_channel_dim(pre_activation, channel_dim)
    return _ApplyDerivative.apply(counts, ids, pre_activation, relaxation, channel_dim)


def pattern_entropy(
    pre_activation: Float[Tensor, "..."], *, relaxation: str = "linear", channel_dim: int = 1
) -> Float[Tensor, ""]:
    """The entropy of the activation patterns of a batch in bits, with a gradient (algorithm 5).

    Its value is counted exactly, as ``relu_book.patterns.PatternCounts.entropy``; its gradient is
    that of the stated relaxation, which says where to move the points so that the entropy rises.
    Train with ``loss - strength * pattern_entropy(...)``, in small steps: one that moves all points
    over a border at once lowers the entropy. The linear one moves points over borders. The
    quadratic one only stretches points that are free to move, away from the origin or towards it,
    without limit; it changes patterns where weights are shared.

    A point exactly on its nearest border gets no linear gradient.

    Args:
        pre_activation: real tensor of any shape; every index of the other dimensions is a point.
        relaxation: ``"linear"`` (equation A.3) or ``"quadratic"`` (A.4), see ``potential``.
        channel_dim: the dimension of the filters; negative from the end.

    Returns:
        From 0 to min(filters, log2 points); of the type of the input, at least float32.

    Raises:
        ValueError: no such relaxation; NaN in the input, or no such dimension.
        TypeError: not an ordinary tensor of real numbers.

    Cost: that of ``count_activations`` and ``apply_derivative``; nothing of the size 2^filters is
    made. 1 million points of 64 filters, all patterns different, took 2 s forwards and 1 s
    backwards in one thread of a busy CPU.

    Example:
        >>> points = torch.tensor([[3.0, 1.0], [1.0, 2.0], [-1.0, -2.0]], requires_grad=True)
        >>> entropy = pattern_entropy(points)
        >>> round(entropy.item(), 4)
        0.9183
        >>> entropy.backward()
        >>> points.grad.round(decimals=3)  # frequent: towards the border, rare: away from it
        tensor([[ 0.0000, -0.1110],
                [-0.1110,  0.0000],
                [-0.2220,  0.0000]])
    """
    check_relaxation(relaxation)
    counts, ids = count_activations(pre_activation, channel_dim)
    counts = apply_derivative(counts.double(), ids, pre_activation, relaxation, channel_dim)
    shares = counts / counts.sum()
    entropy = (shares * shares.reciprocal().log2()).sum()
    return entropy.to(torch.promote_types(pre_activation.dtype, torch.float32))
