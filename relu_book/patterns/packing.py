"""Patterns as words: 64 signs of a pre-activation in one 64-bit integer.

Bit j of word k of a row is 1 where channel 64 k + j is active, a_{64k+j} = [x_{64k+j} > 0] (thesis
2.2.1, definition 1; zero is inactive). Unused bits of the last word are 0. The sign bit of a word,
bit 63, is channel 64 k + 63 like any other: a float64 dot product with powers of two, the obvious
other way, rounds words above 2^53 and merges patterns.
"""

import numpy as np
import torch
from jaxtyping import Bool, Int64, Shaped
from torch import Tensor

from relu_book.patterns import backends


def words_of(width: int) -> int:
    """The number of 64-bit words of a pattern of ``width`` channels."""
    return -(-width // 64)


def pack(
    pre_activation: Shaped[Tensor, "..."], channel_dim: int = 1, *, site: str | None = None
) -> Int64[Tensor, "n words"]:
    """Packs the signs along the channel dimension into 64-bit words.

    Every index of the other dimensions is one row, in their order: ``(n, height, width)`` of an
    image batch, the last running fastest.

    Args:
        pre_activation: real tensor of any shape, layout and device. Active is what is greater than
            zero: +inf is, −inf, 0 and −0 are not. A bool tensor is packed as it is.
        channel_dim: the dimension along which a pattern lies; negative from the end.
        site: a name for the error messages.

    Returns:
        ``(n, ceil(channels / 64))`` int64 on the input's device; no rows for an empty batch.

    Raises:
        ValueError: NaN in the input, no numbers (meta device), or no such dimension.
        TypeError: not a tensor, a sparse or nested one, or complex numbers.

    Cost: one read of the input, near the bandwidth of memory on the CPU with Numba, there in as
    many threads as torch has where the input is large. No copy for contiguous and channels-last
    tensors.

    Example:
        >>> pack(torch.tensor([[0.5, -1.0, 0.0, 2.0], [1.0, 1.0, -0.0, float("-inf")]]))
        tensor([[9],
                [3]])
        >>> pack(torch.ones(2, 65, 4, 4)).shape
        torch.Size([32, 2])
    """
    where = f" at site {site!r}" if site is not None else ""
    if not isinstance(pre_activation, Tensor):
        raise TypeError(f"pack needs a tensor{where}, not {type(pre_activation).__name__}")
    if pre_activation.is_complex():
        raise TypeError(f"complex numbers have no sign{where}; pack their real part")
    if pre_activation.is_nested or pre_activation.layout is not torch.strided:
        kind = "nested" if pre_activation.is_nested else str(pre_activation.layout)
        raise TypeError(
            f"pack needs an ordinary tensor{where}, not a {kind} one; make it one with "
            "to_padded_tensor or to_dense"
        )
    if pre_activation.is_meta:
        raise ValueError(f"a tensor on the meta device has no numbers to pack{where}")
    shape = tuple(pre_activation.shape)
    if not is_whole(channel_dim):
        raise TypeError(f"channel_dim is the number of a dimension, not {channel_dim!r}")
    if not -len(shape) <= channel_dim < len(shape):
        raise ValueError(f"no channel dimension {channel_dim} in the shape {shape}{where}")
    pre_activation = pre_activation.detach().resolve_neg()
    packed, has_nan = backends.of(pre_activation).pack(pre_activation, channel_dim % len(shape))
    if has_nan:
        nans = pre_activation.isnan()
        first = tuple(nans.nonzero()[0].tolist())
        raise ValueError(
            f"NaN has no sign: {int(nans.sum())} of {nans.numel()} pre-activations{where} "
            f"are NaN, the first at index {first} of shape {shape}"
        )
    return packed


def unpack(packed: Int64[Tensor, "n words"], width: int) -> Bool[Tensor, "n width"]:
    """The signs that :func:`relu_book.patterns.pack` packed: True where the channel is active.

    Raises:
        ValueError: ``packed`` is not int64 of shape ``(n, ceil(width / 64))``.

    Example:
        >>> unpack(torch.tensor([[9]]), 4)
        tensor([[ True, False, False,  True]])
    """
    check_width(width)
    check_packed(packed, width)
    bits = torch.arange(64, device=packed.device)
    active = (packed.unsqueeze(-1) >> bits & 1).bool()
    return active.flatten(1)[:, :width]


def is_whole(number: object) -> bool:
    """Whether this is an integer, of Python or of NumPy; True and False are none."""
    return isinstance(number, int | np.integer) and not isinstance(number, bool)


def check_width(width: int) -> None:
    """Raises one sentence unless ``width`` is a number of channels."""
    if not is_whole(width) or width < 0:
        raise ValueError(f"the width is a number of channels, not {width!r}")


def check_packed(packed: Tensor, width: int | None = None) -> None:
    """Raises one sentence unless ``packed`` holds patterns, of ``width`` channels where given."""
    if not isinstance(packed, Tensor) or packed.dtype != torch.int64 or packed.ndim != 2:
        came = (
            f"{packed.dtype} of shape {tuple(packed.shape)}"
            if isinstance(packed, Tensor)
            else type(packed).__name__
        )
        raise ValueError(
            f"packed patterns are int64 of shape (n, words), as pack gives, not {came}"
        )
    if width is None:
        return
    check_width(width)
    words = packed.shape[1]
    if words != words_of(width):
        raise ValueError(
            f"patterns of width {width} take {words_of(width)} words, packed has {words}"
        )
    if width % 64 and len(packed):
        last = packed[:, -1]
        if last.device.type == "cpu":  # torch has no reduction by "or"
            beyond = int(np.bitwise_or.reduce(last.numpy())) >> width % 64
        else:
            beyond = any(int(extreme) >> width % 64 for extreme in last.aminmax())
        if beyond:
            raise ValueError(f"packed has active bits beyond its width of {width}")
