"""Packing on the CPU with Numba, without the interpreter's lock, large inputs in several threads.

Signs are read from the bits of the numbers, seen as signed integers of the same size: x > 0 exactly
if bits > 0 (and x is not NaN), x is NaN exactly if its bits without the sign exceed those of
infinity. So one kernel serves every floating-point type, integers and bools, and costs one
comparison and one maximum a number; it is bound by memory, not by arithmetic.
"""

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from math import prod

import numpy as np
import torch
from torch import Tensor

from relu_book.compiled import kernel
from relu_book.patterns.backends import reference
from relu_book.patterns.backends.threads import together

BLOCK = 4096  # pixels (or bytes) at a time, so that what accumulates stays in the first cache
_MANY_NUMBERS = 1 << 19  # worth a thread of their own
_FEW_PIXELS = 8  # below, a row of pixels is too short for the processor's vector units

# The bits of infinity; integers and bools have no NaN, so nothing exceeds their largest number.
_INFINITY = {
    torch.float16: np.int16(0x7C00),
    torch.bfloat16: np.int16(0x7F80),
    torch.float32: np.int32(0x7F800000),
    torch.float64: np.int64(0x7FF0000000000000),
    torch.bool: np.int8(0x7F),
    torch.int8: np.int8(0x7F),
    torch.int16: np.int16(0x7FFF),
    torch.int32: np.int32(0x7FFFFFFF),
    torch.int64: np.int64(0x7FFFFFFFFFFFFFFF),
}
# With it, as the mask that takes off the sign, the largest number of the same size.
LIMITS = {
    dtype: (infinity, type(infinity)(np.iinfo(infinity).max))
    for dtype, infinity in _INFINITY.items()
}


@kernel
def signs_of(bits, outer, first, start, end, largest, top, signs):
    """Writes the signs of up to 16 channels, from ``first`` on, into uint16, one for each pixel.

    Returns the largest number without its sign, of these and ``top``.
    """
    signs[: end - start] = 0
    inactive = np.uint16(0)
    for j in range(min(16, bits.shape[1] - first)):
        plane = bits[outer, first + j, start:end]
        active = np.uint16(1 << j)
        for p in range(end - start):
            signs[p] |= active if plane[p] > 0 else inactive
            # the conversion keeps Numba from widening to 64 bits
            magnitude = bits.dtype.type(plane[p] & largest)
            top = magnitude if magnitude > top else top
    return top


@kernel
def pack_planes(bits, infinity, largest, out):
    """Channels apart, pixels together: ``bits (outer, channels, pixels)``, 16 channels at a time.

    ``out (outer * pixels, words)``
    """
    outer, channels, pixels = bits.shape
    signs = np.empty(BLOCK, np.uint16)
    top = infinity
    for o in range(outer):
        for start in range(0, pixels, BLOCK):
            end = min(start + BLOCK, pixels)
            row = o * pixels + start
            for first in range(0, channels, 16):
                top = signs_of(bits, o, first, start, end, largest, top, signs)
                word, shift = first // 64, first % 64
                if shift == 0:  # the first to write to this word
                    for p in range(end - start):
                        out[row + p, word] = signs[p]
                else:
                    for p in range(end - start):
                        out[row + p, word] |= np.int64(signs[p]) << shift
    return top > infinity


@kernel
def _pack_rows(bits, infinity, largest, out):
    """Channels together: ``bits (rows, channels)``, ``out (rows, words)``.

    A byte a channel is its flag; a multiplication gathers the eight flags of a word into one byte.
    """
    rows, channels = bits.shape
    words = out.shape[1]
    flags_a_row = 64 * words
    flags = np.zeros(max(BLOCK, flags_a_row), np.uint8)
    flag_words = flags.view(np.uint64)
    rows_a_block = flags.size // flags_a_row
    bytes_a_word = 8 if words > 1 else (channels + 7) // 8
    gather = np.uint64(0x0102040810204080)
    top = infinity
    for first in range(0, rows, rows_a_block):
        count = min(rows_a_block, rows - first)
        for r in range(count):
            row = bits[first + r]
            row_flags = flags[r * flags_a_row : r * flags_a_row + channels]
            for j in range(channels):
                row_flags[j] = row[j] > 0
                magnitude = bits.dtype.type(row[j] & largest)
                top = magnitude if magnitude > top else top
        for r in range(count):
            for k in range(words):
                word = np.uint64(0)
                for j in range(bytes_a_word):
                    eight = flag_words[(r * words + k) * 8 + j]
                    word |= ((eight * gather) >> np.uint64(56)) << np.uint64(8 * j)
                out[first + r, k] = word
    return top > infinity


def _in_parts(kernel: Callable, bits: np.ndarray, infinity, largest, out: np.ndarray) -> bool:
    """Whether the kernel met a NaN while it packed ``bits`` into ``out``."""
    parts = min(torch.get_num_threads(), bits.size // _MANY_NUMBERS, len(bits))
    if parts < 2:
        return kernel(bits, infinity, largest, out)
    rows = len(out) // len(bits)
    cuts = pairwise(len(bits) * part // parts for part in range(parts + 1))
    calls = [
        partial(kernel, bits[start:end], infinity, largest, out[rows * start : rows * end])
        for start, end in cuts
    ]
    return any(together(calls))


def pack(pre_activation: Tensor, channel_dim: int) -> tuple[Tensor, bool]:
    """Words of the signs along ``channel_dim``, and whether a NaN was met."""
    if pre_activation.dtype not in LIMITS:  # 8-bit floats, unsigned integers
        return reference.pack(pre_activation, channel_dim)
    width = pre_activation.shape[channel_dim]
    rows = prod(n for d, n in enumerate(pre_activation.shape) if d != channel_dim)
    packed = np.empty((rows, -(-width // 64)), np.int64)
    has_nan = False
    if packed.size:
        limits = LIMITS[pre_activation.dtype]
        planes = planes_of(pre_activation, channel_dim)
        if planes is not None:
            has_nan = _in_parts(pack_planes, planes, *limits, packed)
        else:
            side_by_side = pre_activation.movedim(channel_dim, -1).reshape(rows, width).contiguous()
            has_nan = _in_parts(_pack_rows, _bits(side_by_side), *limits, packed)
    return torch.from_numpy(packed), has_nan


def planes_of(pre_activation: Tensor, channel_dim: int) -> np.ndarray | None:
    """The bits as ``(outer, channels, pixels)``; ``None`` where the channels do not lie apart."""
    shape = pre_activation.shape
    pixels = prod(shape[channel_dim + 1 :])
    if pixels < _FEW_PIXELS or not pre_activation.is_contiguous():
        return None
    return _bits(pre_activation).reshape(prod(shape[:channel_dim]), shape[channel_dim], pixels)


def _bits(numbers: Tensor) -> np.ndarray:
    dtype = numbers.dtype
    if dtype is torch.bfloat16:  # which NumPy does not know
        numbers = numbers.view(torch.int16)
    return numbers.numpy().view(_INFINITY[dtype].dtype)
