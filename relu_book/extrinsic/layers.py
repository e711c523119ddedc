"""Extrinsic layers: the movement of a ReLU, applied in the input space itself (thesis A.3.1).

With z the point, W its filters and A = diag(1[zW > 0]) the pattern (definition 10, read as one
formula for all layers),

    z ← z + z W (A − I) diag(s) Wᵀ diag(s')

moves a point by what the filters that are *inactive* there would have zeroed; where all are active
it stays. No gradient flows through A. s is the inner shift, one number a filter, s' the outer
shift, one a coordinate. Wᵀ stands in place of W⁺: for He weights WWᵀ is about 2m/n times the
identity, with n inputs and m filters, so that s begins at n/(2m) and s' at 1. (With s = 1 three
layers of 600 filters on the plane multiply lengths by 10⁷.)

A layer that ``grow``s first appends a coordinate of ones, which takes the place of a bias: the
first of a network does, the others have it already.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from relu_book.patterns.packing import is_whole


class ExtrinsicReLU(nn.Module):
    """The extrinsic ReLU layer on vectors (definition 10).

    Its pattern is seen by ``relu_book.patterns.watch``, with the width ``filters``.

    Args:
        in_features: numbers in a point, without what ``grow`` appends.
        filters: m, how many.
        grow: whether to append a coordinate of ones.
        dtype: of the parameters, by default ``torch.get_default_dtype()``.

    Attributes:
        weight: W, ``(n, m)`` with n = in_features, one more with ``grow``; N(0, 2/n) at the start.
        inner_shift: s, ``(m,)``, n/(2m) at the start.
        outer_shift: s', ``(n,)``, 1 at the start.

    Raises:
        ValueError: a number that is none or not positive; points of another length.
        TypeError: ``grow`` no bool, ``dtype`` or points of no floating-point numbers.

    Parameters: n m + m + n. Of three layers of 600 filters on the plane that do not grow 5,406 (the
    source prints 5,400, without the outer shifts), 5,418 with a read-out of 2 × 4 weights and 4
    biases.

    Example:
        >>> layers = nn.Sequential(ExtrinsicReLU(2, 50), ExtrinsicReLU(3, 50, grow=False))
        >>> layers(torch.randn(10, 2)).shape
        torch.Size([10, 3])
        >>> toy = [ExtrinsicReLU(2, 600, grow=False) for _ in range(3)]
        >>> sum(p.numel() for p in nn.Sequential(*toy, nn.Linear(2, 4)).parameters())
        5418
    """

    def __init__(
        self,
        in_features: int,
        filters: int,
        *,
        grow: bool = True,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.in_features, self.filters = _positive(in_features=in_features, filters=filters)
        self.grow = _growing(grow, dtype)
        size = self.in_features + self.grow
        self.weight = nn.Parameter(torch.empty(size, self.filters, dtype=dtype))
        self.inner_shift = nn.Parameter(torch.empty(self.filters, dtype=dtype))
        self.outer_shift = nn.Parameter(torch.empty(size, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """He weights, and shifts under which Wᵀ is about the inverse of W."""
        size = len(self.outer_shift)
        nn.init.normal_(self.weight, std=math.sqrt(2 / size))
        nn.init.constant_(self.inner_shift, size / (2 * self.filters))
        nn.init.ones_(self.outer_shift)

    def forward(self, points: Float[Tensor, "... in_features"]) -> Float[Tensor, "... size"]:
        _require_floating(self, points)
        if points.ndim == 0 or points.shape[-1] != self.in_features:
            raise ValueError(
                f"{self} takes points (..., {self.in_features}), not of shape "
                f"{tuple(points.shape)}; after a layer that grows, points have one number more"
            )
        if self.grow:
            points = torch.cat([points, torch.ones_like(points[..., :1])], dim=-1)
        pre_activation = points @ self.weight
        moved = functional.relu(pre_activation) - pre_activation  # zW (A − I)
        # Shifting the few weights instead of the many movements takes a third of the time.
        back = (self.weight * self.inner_shift).T * self.outer_shift
        return points + moved @ back

    def extra_repr(self) -> str:
        return f"{self.in_features}, {self.filters}, grow={self.grow}"


class ExtrinsicReLU2d(nn.Module):
    """The extrinsic ReLU layer on images: every patch of them is a point of definition 10.

    zW is a convolution that keeps the size, Wᵀ the transposed one with the same kernels; where
    patches overlap their movements add up. The outer shift has one number for each entry of a
    patch, that is for each kernel position of each channel.

    Args:
        in_channels: of the images, without what ``grow`` appends.
        filters: m, how many.
        kernel_size: side of a patch, odd.
        grow: whether to append a channel of ones.
        dtype: of the parameters, by default ``torch.get_default_dtype()``.

    Attributes:
        weight: ``(m, c, k, k)`` with c = in_channels, one more with ``grow``; N(0, 2/(c k²)) at the
            start.
        inner_shift: s, ``(m,)``, c/(2m) at the start, under which Wᵀ is about the inverse of W.
        outer_shift: s', ``(c, k, k)``, 1 at the start.

    Raises:
        ValueError: a number that is none or not positive, an even kernel size; images with another
            number of channels.
        TypeError: ``grow`` no bool, ``dtype`` or images of no floating-point numbers.

    Parameters: c k² m + m + c k². Of 999 such layers of 64 filters on 3 channels, 3 × 3, and an
    ``ExtrinsicReLU(27, 1000)`` in the end, none of which grow, 1,845,208, the number that thesis
    A.3.1 gives for the extrinsic counterpart of a network of 1,000 layers.

    Example:
        >>> layers = nn.Sequential(ExtrinsicReLU2d(3, 64, 3), ExtrinsicReLU2d(4, 64, 3, grow=False))
        >>> layers(torch.randn(2, 3, 8, 8)).shape
        torch.Size([2, 4, 8, 8])
        >>> layer = ExtrinsicReLU2d(3, 64, 3, grow=False)
        >>> head = ExtrinsicReLU(27, 1000, grow=False)
        >>> inner, last = (sum(p.numel() for p in each.parameters()) for each in (layer, head))
        >>> 999 * inner + last
        1845208
    """

    def __init__(
        self,
        in_channels: int,
        filters: int,
        kernel_size: int,
        *,
        grow: bool = True,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.in_channels, self.filters, self.kernel_size = _positive(
            in_channels=in_channels, filters=filters, kernel_size=kernel_size
        )
        if self.kernel_size % 2 == 0:
            raise ValueError(
                f"kernel_size is odd, so that images keep their size, not {self.kernel_size}"
            )
        self.grow = _growing(grow, dtype)
        patch = self.in_channels + self.grow, self.kernel_size, self.kernel_size
        self.weight = nn.Parameter(torch.empty(self.filters, *patch, dtype=dtype))
        self.inner_shift = nn.Parameter(torch.empty(self.filters, dtype=dtype))
        self.outer_shift = nn.Parameter(torch.empty(patch, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """He weights, and shifts under which Wᵀ is about the inverse of W."""
        nn.init.normal_(self.weight, std=math.sqrt(2 / self.outer_shift.numel()))
        nn.init.constant_(self.inner_shift, len(self.outer_shift) / (2 * self.filters))
        nn.init.ones_(self.outer_shift)

    def forward(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n d h w"]:
        _require_floating(self, images)
        if images.ndim != 4 or images.shape[1] != self.in_channels:
            raise ValueError(
                f"{self} takes images (n, {self.in_channels}, h, w), not of shape "
                f"{tuple(images.shape)}; after a layer that grows, they have one channel more"
            )
        if self.grow:
            images = torch.cat([images, torch.ones_like(images[:, :1])], dim=1)
        half = self.kernel_size // 2
        pre_activation = functional.conv2d(images, self.weight, padding=half)
        moved = functional.relu(pre_activation) - pre_activation
        back = self.weight * self.inner_shift.view(-1, 1, 1, 1) * self.outer_shift
        return images + functional.conv_transpose2d(moved, back, padding=half)

    def extra_repr(self) -> str:
        return f"{self.in_channels}, {self.filters}, {self.kernel_size}, grow={self.grow}"


def _require_floating(layer: nn.Module, inputs: Tensor) -> None:
    """Raises one sentence unless these are a tensor of floating-point numbers."""
    if not isinstance(inputs, Tensor) or not inputs.is_floating_point():
        came = inputs.dtype if isinstance(inputs, Tensor) else type(inputs).__name__
        raise TypeError(f"{layer} takes a tensor of floating-point numbers, not {came}")


def _growing(grow: bool, dtype: torch.dtype | None) -> bool:
    """Raises one sentence unless parameters are floating-point numbers and this is a bool."""
    if not isinstance(grow, bool):
        raise TypeError(f"grow is True or False, not {grow!r}")
    if dtype is not None and not (isinstance(dtype, torch.dtype) and dtype.is_floating_point):
        raise TypeError(f"dtype is one of floating-point numbers, not {dtype!r}")
    return grow


def _positive(**numbers: int) -> list[int]:
    """Raises one sentence unless these are positive whole numbers."""
    for name, number in numbers.items():
        if not is_whole(number) or number < 1:
            raise ValueError(f"{name} is a whole number of at least 1, not {number!r}")
    return [int(number) for number in numbers.values()]
