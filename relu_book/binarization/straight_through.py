"""Gradients through what has none: the straight-through estimators (thesis 4.1, eq 4.1 and 4.2).

A quantiser q has steps, so its derivative is zero or undefined. Trainings take another one,

    dq/dx := 1                                (4.1)
    dq/dx := 1 where |x| < r, 0 elsewhere     (4.2, with r = 1)

The text calls r the magnitude of a gradient, its formula compares r with 1. Here it is the value of
x that is compared, as in Hubara et al. 2016 (arXiv:1602.02830): beyond the outermost state a larger
x changes nothing. For drawn weights eq 4.1 is the derivative of the mean, as E[w̄] = w.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from relu_book.binarization.stream import check_generator


def straight_through(
    quantised: Float[Tensor, "*shape"], x: Float[Tensor, "*shape"], limit: float | None = None
) -> Float[Tensor, "*shape"]:
    """The quantised numbers, with the gradient of x (eq 4.1), cut off beyond a limit (eq 4.2).

    Args:
        quantised: what x has become, bit by bit the result.
        x: what the gradient goes to.
        limit: from this magnitude of x on the gradient is 0; ``None`` cuts nothing off.

    Example:
        >>> x = torch.tensor([0.4, 1.7], requires_grad=True)
        >>> straight_through(x.round(), x, limit=1.0).sum().backward()
        >>> x.grad.tolist()
        [1.0, 0.0]
    """
    if not (torch.is_grad_enabled() and x.requires_grad):
        return quantised
    return _StraightThrough.apply(quantised.detach(), x, limit)


def bernoulli(
    probability: Float[Tensor, "*shape"],
    *,
    clipped: bool = False,
    generator: torch.Generator | None = None,
) -> Float[Tensor, "*shape"]:
    """B_w of eq 4.3: 1 with probability w, else 0, with a straight-through gradient to w.

    Args:
        probability: w, from 0 to 1.
        clipped: equation 4.2 in place of 4.1: no gradient at w = 1.
        generator: draws; without one torch's global generator does.

    Returns:
        Zeros and ones of the same shape and dtype; their mean is w, so B_w·x has the mean w·x.

    Raises:
        TypeError: no such generator.
        ValueError: a probability outside of 0 to 1.

    Example:
        >>> w = torch.tensor([0.0, 1.0], requires_grad=True)
        >>> drawn = bernoulli(w)
        >>> drawn.sum().backward()
        >>> drawn.tolist(), w.grad.tolist()
        ([0.0, 1.0], [1.0, 1.0])
    """
    check_generator(generator)
    with torch.no_grad():
        outside = ~((probability >= 0) & (probability <= 1))
        if outside.any():
            raise ValueError(
                "probabilities lie from 0 to 1, but in a tensor of shape "
                f"{tuple(probability.shape)} one is {probability[outside][0].item()}; clamp them"
            )
        drawn = torch.bernoulli(probability, generator=generator)
    return straight_through(drawn, probability, 1.0 if clipped else None)


class _StraightThrough(torch.autograd.Function):
    @staticmethod
    def forward(ctx, quantised: Tensor, x: Tensor, limit: float | None) -> Tensor:
        ctx.limit = limit
        if limit is not None:
            ctx.save_for_backward(x)
        return quantised.clone()  # no view, so that a ReLU in place may write to it

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[None, Tensor, None]:
        if ctx.limit is not None:
            (x,) = ctx.saved_tensors
            gradient = gradient * (x.abs() < ctx.limit)
        return None, gradient, None
