"""Dense ReLU networks with He initialisation, and F1, the dense network of the source.

A layer maps rows ``x`` to ``y = x W^T + b`` and, unless it is the head, on to ``max(0, y)`` (thesis
2.2.1). With fan_in inputs of a layer,

    W_ij ~ N(0, 2 / fan_in),        b_i ~ U(-1/sqrt(fan_in), 1/sqrt(fan_in)) or one constant

(thesis 2.1 and 2.2.4). The variance keeps the second moment of the activations from layer to layer.
With batch normalisation between W and the ReLU a bias of the linear layer would be subtracted
again, so that layer has none, and the additive parameter beta of the normalisation is the bias.
"""

import math
import operator
from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import nn

from relu_book.models.layers import linear, made


def mlp(
    widths: Sequence[int],
    batch_norm: bool = False,
    activation: Callable[[], nn.Module] = nn.ReLU,
    *,
    head: bool = True,
    bias: str | float = "default",
    seed: int | None = None,
    dtype: torch.dtype | None = None,
) -> nn.Sequential:
    """A dense network: linear layers with an activation after each one but the last.

    Args:
        widths: Number of inputs, then the width of every linear layer: ``(2, 16, 16, 1)`` is a
            network of three layers on two inputs.
        batch_norm: Put batch normalisation between each linear layer and its activation.
        activation: Called without arguments once a layer; returns a module.
        head: Whether the last layer is a head, that is, without batch normalisation and activation.
            With ``head=False`` every layer is a hidden one: ``mlp((2, 128), head=False)`` is the
            one hidden layer whose cells the figures of thesis 2.2.4 draw.
        bias: ``"default"``, or the constant that every bias starts from. With ``batch_norm`` the
            bias of a hidden layer is the beta of its normalisation, whose default is 0.
        seed: Draws the parameters from a generator of their own and leaves torch's global random
            numbers alone. Equal seeds and widths give equal weights whatever the other arguments,
            up to the rounding of the dtype. Without a seed the global generator is used, as by
            the layers of torch. Data drawn by ``torch.randn`` from the same seed would repeat the
            weights: give them another one.
        dtype: Type of the parameters, by default ``torch.get_default_dtype()``.

    Returns:
        A flat sequence of modules on the CPU, taking ``(n, widths[0])`` to ``(n, widths[-1])``.

    Raises:
        ValueError: Fewer than two widths, a width below 1, or a bias that is neither
            ``"default"`` nor a finite number.
        TypeError: Widths that are not whole numbers, or an activation that makes no module.

    Cost: one normal number a weight; 512 x 512 weights take about 10 ms.

    Example:
        >>> from relu_book.models import mlp
        >>> mlp((2, 16, 1), seed=0)
        Sequential(
          (0): Linear(in_features=2, out_features=16, bias=True)
          (1): ReLU()
          (2): Linear(in_features=16, out_features=1, bias=True)
        )
        >>> [type(layer).__name__ for layer in mlp((2, 128), batch_norm=True, head=False)]
        ['Linear', 'BatchNorm1d', 'ReLU']
    """
    widths = _checked_widths(widths)
    constant = _checked_bias(bias)
    dtype = torch.get_default_dtype() if dtype is None else dtype
    generator = None if seed is None else torch.Generator().manual_seed(operator.index(seed))
    layers: list[nn.Module] = []
    for number, (fan_in, fan_out) in enumerate(pairwise(widths), start=1):
        hidden = number < len(widths) - 1 or not head
        normalised = hidden and batch_norm
        layers.append(linear(fan_in, fan_out, not normalised, constant, generator, dtype))
        if normalised:
            layers.append(nn.BatchNorm1d(fan_out, device="cpu", dtype=dtype))
            nn.init.constant_(layers[-1].bias, constant or 0.0)
        if hidden:
            layers.append(made(activation).to(dtype))
    return nn.Sequential(*layers)


def f1(
    batch_norm: bool = False,
    *,
    bias: str | float = "default",
    seed: int | None = None,
    dtype: torch.dtype | None = None,
) -> nn.Sequential:
    """F1: five hidden ReLU layers of 512 on the 784 pixels of a grey image, ten classes.

    The dense network that thesis 2.1.1 defines and 2.2.4 trains on FashionMNIST.

    Args:
        batch_norm: Put batch normalisation before each ReLU.
        bias: As for ``mlp``.
        seed: As for ``mlp``.
        dtype: As for ``mlp``.

    Returns:
        A flat sequence of modules that begins with ``nn.Flatten`` and takes ``(n, 1, 28, 28)`` or
        ``(n, 784)`` to ``(n, 10)``; 1 457 674 parameters, 1 460 234 with batch normalisation.

    Raises:
        ValueError: A bias that is neither ``"default"`` nor a finite number.

    Cost: about 40 ms.

    Example:
        >>> import torch
        >>> from relu_book.models import f1
        >>> f1(seed=0)(torch.zeros(3, 1, 28, 28)).shape
        torch.Size([3, 10])
    """
    widths = (28 * 28, *5 * (512,), 10)
    return nn.Sequential(nn.Flatten(), *mlp(widths, batch_norm, bias=bias, seed=seed, dtype=dtype))


def _checked_widths(widths: Sequence[int]) -> tuple[int, ...]:
    try:
        checked = tuple(operator.index(width) for width in widths)
    except TypeError:
        raise TypeError(
            f"widths must be a sequence of whole numbers such as (2, 16, 1), but got {widths!r}"
        ) from None
    if len(checked) < 2 or min(checked) < 1:
        raise ValueError(
            f"widths must name the inputs and at least one layer, each at least 1 wide, "
            f"as in (2, 16, 1), but got {widths!r}"
        )
    return checked


def _checked_bias(bias: str | float) -> float | None:
    """The constant, or None for the default."""
    if isinstance(bias, str) and bias == "default":
        return None
    # Elsewhere in torch True and False mean with and without a bias; here they would be 1 and 0.
    if isinstance(bias, (str, bool)) or not _is_finite_number(bias):
        raise ValueError(
            f"bias must be 'default' or a finite number such as 0.25, but got {bias!r}"
        )
    return float(bias)


def _is_finite_number(value: object) -> bool:
    try:
        return math.isfinite(value)
    except TypeError:
        return False
