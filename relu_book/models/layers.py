"""What the convolutional networks share: layers that begin as He proposed, skips, and arguments.

A convolution whose windows cover ``fan_in = inputs * window**2`` values, and a dense layer of
``fan_in`` inputs, begin as the dense networks do (thesis 2.1),

    W ~ N(0, 2 / fan_in),        b ~ U(-1/sqrt(fan_in), 1/sqrt(fan_in)),

and have no bias where batch normalisation follows, which would subtract it again.
"""

import math
import operator
from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional


class Layers:
    """Makes the layers of one network, all from one stream of random numbers.

    Args:
        activation: Called without arguments once a site; returns a module.
        batch_norm: Without it ``normalisation`` gives ``nn.Identity`` and convolutions get biases.
        seed: Of a generator of the network's own; ``None`` draws from torch's global one.
        dtype: Type of the parameters, by default ``torch.get_default_dtype()``.
    """

    def __init__(
        self,
        activation: Callable[[], nn.Module],
        batch_norm: bool = True,
        seed: int | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        self.activation = activation
        self.batch_norm = batch_norm
        self.dtype = torch.get_default_dtype() if dtype is None else dtype
        self.generator = (
            None if seed is None else torch.Generator().manual_seed(whole("seed", seed, None))
        )

    def convolution(
        self,
        inputs: int,
        filters: int,
        window: int = 3,
        stride: int = 1,
        bias: bool | None = None,
        gain: float = 1.0,
    ) -> nn.Conv2d:
        """A convolution that keeps height and width but for its stride, weights times ``gain``."""
        bias = not self.batch_norm if bias is None else bias
        # A convolution is a dense layer on windows, and its numbers are drawn as such.
        dense = linear(inputs * window**2, filters, bias, None, self.generator, torch.float64)
        layer = nn.Conv2d(
            inputs, filters, window, stride, padding=window // 2, bias=bias, device="meta"
        )
        weight = (gain * dense.weight.detach()).view(layer.weight.shape)
        layer.weight = nn.Parameter(weight.to(self.dtype))
        if bias:
            layer.bias = nn.Parameter(dense.bias.detach().to(self.dtype))
        return layer

    def linear(self, inputs: int, outputs: int) -> nn.Linear:
        """A dense layer with a bias."""
        return linear(inputs, outputs, True, None, self.generator, self.dtype)

    def normalisation(self, channels: int) -> nn.Module:
        """Batch normalisation, or nothing in a network without."""
        if not self.batch_norm:
            return nn.Identity()
        return nn.BatchNorm2d(channels, device="cpu", dtype=self.dtype)

    def relu(self) -> nn.Module:
        """The network's activation."""
        return made(self.activation).to(self.dtype)


class PaddedSkip(nn.Module):
    """A skip without weights: every ``stride``-th pixel, and zeros for the channels that are new.

    Option A of the first ResNet paper, with half of the zeros on either side of the channels.
    PyramidNet (``average=True``) takes means of ``stride x stride`` pixels instead and puts all
    zeros behind.
    """

    def __init__(self, inputs: int, outputs: int, stride: int, average: bool = False) -> None:
        super().__init__()
        self.stride = stride
        self.before = 0 if average else (outputs - inputs) // 2
        self.after = outputs - inputs - self.before
        self.average = average

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, inputs, h, w) to (n, outputs, ceil(h / stride), ceil(w / stride))."""
        if self.stride > 1:
            if self.average:
                x = functional.avg_pool2d(x, self.stride, ceil_mode=True)
            else:
                x = x[:, :, :: self.stride, :: self.stride]
        if self.before or self.after:
            x = functional.pad(x, (0, 0, 0, 0, self.before, self.after))
        return x

    def extra_repr(self) -> str:
        """What ``print`` shows between the brackets."""
        return f"stride={self.stride}, zeros=({self.before}, {self.after}), average={self.average}"


def whole(name: str, value: int, least: int | None = 1) -> int:
    """``value`` as an ``int`` of at least ``least``; ``name`` is what the error calls it."""
    try:
        checked = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be a whole number, but got {value!r}") from None
    if least is not None and checked < least:
        raise ValueError(f"{name} must be at least {least}, but got {value!r}")
    return checked


def units_per_stage(family: str, depth: int, also: str = "") -> int:
    """The ``n`` of a depth ``6n + 2``: three stages of ``n`` units of two convolutions each."""
    depth = whole("depth", depth, None)
    if depth < 8 or depth % 6 != 2:
        below = max(8, depth - (depth - 2) % 6)
        near = f"{below} or {below + 6}" if depth > 8 else "8"
        raise ValueError(
            f"{family} has a depth of 6n + 2 layers{also}, such as 8, 14, 20, 32, 44, 56 or 110, "
            f"but got {depth}; the nearest is {near}"
        )
    return (depth - 2) // 6


def linear(
    fan_in: int,
    fan_out: int,
    with_bias: bool,
    constant: float | None,
    generator: torch.Generator | None,
    dtype: torch.dtype,
) -> nn.Linear:
    """A dense layer on the CPU, as this file's beginning says, or with one constant as bias."""
    # Drawn in float64 whatever the dtype: the same network at every precision and on every CPU.
    draw = {"dtype": torch.float64, "device": "cpu", "generator": generator}
    weight = torch.randn(fan_out, fan_in, **draw) * math.sqrt(2 / fan_in)
    # On the meta device torch's own initialisation, which is replaced here, draws nothing.
    layer = nn.Linear(fan_in, fan_out, with_bias, device="meta")
    layer.weight = nn.Parameter(weight.to(dtype))
    # Drawn in any case, so that a change of the bias or of batch_norm alone keeps all weights.
    shift = (2 * torch.rand(fan_out, **draw) - 1) / math.sqrt(fan_in)
    if with_bias:
        shift = shift if constant is None else torch.full_like(shift, constant)
        layer.bias = nn.Parameter(shift.to(dtype))
    return layer


def made(activation: Callable[[], nn.Module]) -> nn.Module:
    """What ``activation`` makes."""
    if not isinstance(activation, nn.Module):
        try:
            with torch.device("cpu"):
                module = activation()
        except TypeError:
            module = None
        if isinstance(module, nn.Module):
            return module
    raise TypeError(
        f"activation must be a class or function that makes a module when it is called without "
        f"arguments, such as nn.ReLU, but {activation!r} does not"
    )
