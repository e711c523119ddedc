"""Matrices of a row a sample and a column a feature: checked once, then read in float64 chunks.

A convolution's maps (samples, filters, height, width) become such a matrix with a row for each
place of each sample (pruning paper 4.4); ``as_rows`` does it. A measure then reads a matrix x as

    (x − middle) · unit − mean,

chunk by chunk in float64: the middle of each column's range and a power of two as its unit keep
squares from overflow and underflow, and large offsets from taking digits away; the mean over the
samples is taken of what is left. A column that is constant, up to the rounding of its own kind of
numbers, gets the unit 0.
"""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from relu_book.patterns.packing import is_whole

LEAST_SAMPLES = 4
CHUNK = 1 << 20  # numbers of a chunk: 8 MiB
_SMALL = 1 << 21  # numbers of a matrix that is converted once and kept: 16 MiB
_KINDS = {torch.float16, torch.bfloat16, torch.float32, torch.float64}
_LEAST_EXPONENT = -1000  # of a column's range: 2^1000 is still a float64


def as_rows(maps: Any, channel_dim: int = 1) -> Any:
    """The matrix of a layer's maps: a row for each place of each sample, a column a filter.

    Args:
        maps: tensor or array of two dimensions or more, samples first.
        channel_dim: the dimension of the filters; negative from the end.

    Returns:
        ``(samples · places, filters)``, places of one sample following each other, the last
        dimension running fastest; a view where there can be one. A matrix comes back as it is.

    Raises:
        TypeError: neither a tensor nor an array, or ``channel_dim`` no number.
        ValueError: less than two dimensions, or none of that number behind the samples.

    Cost: none, or a copy.

    Example:
        >>> as_rows(torch.zeros(10, 3, 4, 5)).shape
        torch.Size([200, 3])
        >>> as_rows(np.zeros((10, 7, 64)), channel_dim=-1).shape  # tokens
        (70, 64)
    """
    if not isinstance(maps, Tensor | np.ndarray):
        raise TypeError(f"as_rows needs a tensor or an array, not {type(maps).__name__}")
    if not is_whole(channel_dim):
        raise TypeError(f"channel_dim is the number of a dimension, not {channel_dim!r}")
    shape = tuple(maps.shape)
    behind = range(1, len(shape))
    if len(shape) < 2 or channel_dim % len(shape) not in behind or channel_dim >= len(shape):
        raise ValueError(
            f"maps have samples as dimension 0 and filters as another, channel_dim={channel_dim}; "
            f"these have the shape {shape}"
        )
    move = torch.movedim if isinstance(maps, Tensor) else np.moveaxis
    return move(maps, channel_dim, -1).reshape(-1, shape[channel_dim])


class Matrix:
    """A checked matrix, read in centred chunks of float64.

    Args:
        given: tensor or array (samples, features), float16, bfloat16, float32 or float64.
        name: what error sentences call it.
        by_column: each column has a unit of its own, else all have the same.

    Attributes:
        samples, features: its shape.
        varies: ``(features,)`` bool, False where a column is constant.
        unit: ``(features,)`` float64, by which ``x − middle`` is multiplied.
        rounding: the machine epsilon of the given numbers.
    """

    def __init__(self, given: Any, name: str = "x", by_column: bool = False) -> None:
        self.name = name
        self._given = _checked(given, name)
        self.samples, self.features = self._given.shape
        kind = self._given.dtype
        tensor = isinstance(given, Tensor)
        self.rounding = float((torch if tensor else np).finfo(kind).eps)
        on_mps = tensor and given.device.type == "mps"  # which has no float64
        self.device = given.device if tensor and not on_mps else torch.device("cpu")
        lowest, highest = self._range()
        reach = highest / 2 - lowest / 2
        self.varies = reach > self.rounding * torch.maximum(lowest.abs(), highest.abs())
        _, exponent = torch.frexp(reach if by_column else reach.max().expand_as(reach))
        one = torch.ones_like(reach)
        self.unit = torch.ldexp(one, -exponent.clamp(min=_LEAST_EXPONENT)) * self.varies
        self._middle = lowest / 2 + highest / 2

    def _range(self) -> tuple[Tensor, Tensor]:
        """The least and the greatest number of each column, all of which are finite."""
        lowest = highest = None
        for chunk in self._raw():
            low, high = chunk.amin(0), chunk.amax(0)
            lowest = low if lowest is None else torch.minimum(lowest, low)
            highest = high if highest is None else torch.maximum(highest, high)
        if not (lowest.isfinite() & highest.isfinite()).all():
            wrong = sum(int((~chunk.isfinite()).sum()) for chunk in self._raw())
            raise ValueError(
                f"{self.name} has {wrong} entries that are NaN or infinite, of "
                f"{self.samples * self.features}; find where they arise, or leave those samples out"
            )
        return lowest, highest

    @cached_property
    def _mean(self) -> Tensor:
        return sum(self._in_units(chunk).sum(0) for chunk in self._raw()) / self.samples

    def _in_units(self, chunk: Tensor) -> Tensor:
        return chunk.sub_(self._middle).mul_(self.unit)

    def _raw(self, order: Tensor | None = None) -> Iterator[Tensor]:
        # A QR of the triangle so far with a chunk below it wants more rows than columns.
        rows = max(CHUNK // self.features, min(2 * self.features, self.samples), 1)
        for start in range(0, self.samples, rows):
            which = slice(start, start + rows)
            if order is not None:
                which = order[which]
                which = which.to(self._given.device) if isinstance(self._given, Tensor) else which
            yield self._float64(self._given[which])

    def _float64(self, part: Any) -> Tensor:
        """A copy of a part of the matrix."""
        if isinstance(part, Tensor):
            return part.detach().to(self.device, torch.float64, copy=True)
        return torch.from_numpy(np.array(part, dtype=np.float64))

    def chunks(self, order: Tensor | None = None) -> Iterator[Tensor]:
        """The centred rows, float64, some at a time; in another order if one is given."""
        if self.samples * self.features <= _SMALL:
            yield self._centred if order is None else self._centred[order.to(self.device)]
            return
        for chunk in self._raw(order):
            yield self._in_units(chunk).sub_(self._mean)

    @cached_property
    def _centred(self) -> Tensor:
        return self._in_units(self._float64(self._given)).sub_(self._mean)

    def columns(self) -> Iterator[Tensor]:
        """The centred columns, float64, (samples, some) at a time."""
        width = max(CHUNK // self.samples, 1)
        for start in range(0, self.features, width):
            which = slice(start, start + width)
            block = self._float64(self._given[:, which])
            yield block.sub_(self._middle[which]).mul_(self.unit[which]).sub_(self._mean[which])


def _checked(given: Any, name: str) -> Any:
    """A matrix of floating-point numbers, or one sentence."""
    if not isinstance(given, Tensor | np.ndarray):
        raise TypeError(f"{name} is a tensor or an array, not {type(given).__name__}")
    shape = tuple(given.shape)
    if isinstance(given, np.ma.MaskedArray):
        raise TypeError(f"{name} is a masked array, whose gaps no measure fills; leave them out")
    if isinstance(given, Tensor) and (given.is_nested or given.layout is not torch.strided):
        raise TypeError(f"{name} is a {given.layout} tensor; make it an ordinary one")
    if isinstance(given, Tensor) and given.is_meta:
        raise TypeError(f"{name} is on the meta device and has no numbers")
    if given.dtype not in _KINDS and given.dtype not in (np.float16, np.float32, np.float64):
        raise TypeError(
            f"{name} holds float16, bfloat16, float32 or float64, not {given.dtype}; convert it "
            "first"
        )
    if len(shape) != 2:
        raise ValueError(
            f"{name} is a matrix (samples, features), not of shape {shape}; as_rows makes one of a "
            "convolution's maps"
        )
    if not shape[1]:
        raise ValueError(f"{name} of shape {shape} has no features")
    if shape[0] < LEAST_SAMPLES:
        raise ValueError(
            f"{name} of shape {shape} has {shape[0]} samples, from which nothing can be said; take "
            f"{LEAST_SAMPLES} or more, many more than features if you can"
        )
    return given


def require_same_samples(first: Matrix, second: Matrix) -> None:
    """Raises one sentence unless both have as many samples."""
    if first.samples != second.samples:
        raise ValueError(
            f"{first.name} has {first.samples} samples and {second.name} {second.samples}; row i "
            "of both must be of the same input"
        )
