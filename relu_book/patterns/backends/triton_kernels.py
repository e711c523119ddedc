"""Packing and counting on a GPU with Triton.

Packing reads every number once, where it lies: pixels together (contiguous images) or channels
together (channels-last images, dense layers) differ in strides alone. As in the Numba kernels signs
are read from the bits of the numbers, seen as signed integers of the same size: x > 0 exactly if
bits > 0 (and x is not NaN), x is NaN exactly if its bits without the sign exceed those of infinity.

Counting up to 64 channels sorts the words themselves, in PyTorch. Beyond, it sorts a 64-bit
fingerprint of each row and compares neighbours word by word, but only where fingerprints are equal;
rows that share a fingerprint and differ are sorted once more by their words, so the result is
always exact.

With TRITON_INTERPRET=1, set before this module is imported, Triton runs the kernels on the CPU:
slow, for tests. What they call of Triton's language are built-in functions alone, so it does not
matter whether something else has imported Triton before.
"""

import math

import torch
import triton
import triton.language as tl
from torch import Tensor

from relu_book.patterns.backends import reference

_SEEN_AS = {1: torch.int8, 2: torch.int16, 4: torch.int32, 8: torch.int64}
_TAKEN = {torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.bool}
_TAKEN |= set(_SEEN_AS.values())
_SIGN = -(1 << 63)
_ROWS = 256  # rows a program


@triton.jit
def _either(a, b):
    return a | b


@triton.jit
def _pack_kernel(
    bits,
    out,
    has_nan,
    rows,
    inner,
    channels,
    outer_stride,
    channel_stride,
    inner_stride,
    words,
    INFINITY: tl.constexpr,
    LARGEST: tl.constexpr,
    INDEX: tl.constexpr,
    ROWS: tl.constexpr,
    TILE: tl.constexpr,
    HALVES: tl.constexpr,
):
    """One word of ``ROWS`` rows, from ``TILE`` channels at a time, in halves of 32 bits.

    Row r is index r // inner of the dimensions before the channels and r % inner of those after.
    """
    row = tl.program_id(0).to(INDEX) * ROWS + tl.arange(0, ROWS)
    word = tl.program_id(1)
    before = (row // inner).to(tl.int64) * outer_stride
    start = before + (row % inner).to(tl.int64) * inner_stride
    lane = tl.arange(0, TILE)
    packed = tl.full([ROWS], 0, tl.int64)
    nan = tl.full([ROWS, TILE], 0, tl.int32)
    for half in tl.static_range(HALVES):
        signs = tl.full([ROWS, TILE], 0, tl.int32)
        for first in range(0, 32, TILE):
            channel = word * 64 + half * 32 + first + lane
            offset = start[:, None] + (channel.to(tl.int64) * channel_stride)[None, :]
            valid = (row < rows)[:, None] & (channel < channels)[None, :]
            number = tl.load(bits + offset, mask=valid, other=0)
            signs |= (number > 0).to(tl.int32) << (first + lane)[None, :]
            nan |= ((number & LARGEST) > INFINITY).to(tl.int32)
        # unsigned first: bit 31 of the lower half must not spread over the upper one
        unsigned = tl.reduce(signs, 1, _either).to(tl.uint32, bitcast=True)
        packed |= unsigned.to(tl.int64) << (32 * half)
    tl.store(out + row.to(tl.int64) * words + word, packed, mask=row < rows)
    tl.store(has_nan + tl.full([ROWS], 0, tl.int32), 1, mask=tl.reduce(nan, 1, _either) != 0)


@triton.jit
def _fingerprint_kernel(words, prints, rows, words_a_row, ROWS: tl.constexpr):
    """A well mixed 64-bit number for each row; equal rows have equal ones."""
    row = tl.program_id(0).to(tl.int64) * ROWS + tl.arange(0, ROWS)
    mixed = tl.full([ROWS], 0x9E3779B97F4A7C15, tl.uint64)
    for k in range(words_a_row):
        word = tl.load(words + row * words_a_row + k, mask=row < rows, other=0)
        mixed = (mixed ^ word.to(tl.uint64, bitcast=True)) * 0xFF51AFD7ED558CCD
        mixed ^= mixed >> 32
    tl.store(prints + row, mixed.to(tl.int64, bitcast=True), mask=row < rows)


@triton.jit
def _starts_kernel(
    words, prints, order, starts, has_collision, rows, words_a_row, ROWS: tl.constexpr
):
    """Where, in this order, a row differs from the one before, and whether any two such rows share
    a fingerprint. ``prints`` are in this order, ``words`` are not."""
    place = tl.program_id(0).to(tl.int64) * ROWS + tl.arange(0, ROWS)
    inside = (place > 0) & (place < rows)
    alike = tl.load(prints + place, mask=inside, other=0)
    alike = inside & (alike == tl.load(prints + place - 1, mask=inside, other=0))
    here = tl.load(order + place, mask=alike, other=0) * words_a_row
    before = tl.load(order + place - 1, mask=alike, other=0) * words_a_row
    equal = alike
    for k in range(words_a_row):
        word = tl.load(words + here + k, mask=equal, other=0)
        equal = equal & (word == tl.load(words + before + k, mask=equal, other=0))
    differs = alike ^ equal
    tl.store(starts + place, 1 - equal.to(tl.int8), mask=place < rows)
    tl.store(has_collision + tl.full([ROWS], 0, tl.int32), 1, mask=differs)


INTERPRETED = not isinstance(_pack_kernel, triton.JITFunction)


def _launch(kernel, grid: tuple[int, ...], on: Tensor, *arguments, **constants) -> None:
    with torch.cuda.device_of(on):  # Triton launches on the current device
        # There is no floating-point arithmetic; Triton 3.9 warns unless one chooses.
        kernel[grid](*arguments, **constants, enable_fp_fusion=False)


def pack(pre_activation: Tensor, channel_dim: int) -> tuple[Tensor, bool]:
    """Words of the signs along ``channel_dim``, and whether a NaN was met."""
    dtype = pre_activation.dtype
    if dtype not in _TAKEN:  # 8-bit floats, unsigned integers
        return reference.pack(pre_activation, channel_dim)
    shape = pre_activation.shape
    width, inner = shape[channel_dim], shape[channel_dim + 1 :].numel()
    rows, words = shape[:channel_dim].numel() * inner, -(-width // 64)
    packed = torch.empty(rows, words, dtype=torch.int64, device=pre_activation.device)
    if not packed.numel():
        return packed, False

    integer = _SEEN_AS[dtype.itemsize]
    largest = torch.iinfo(integer).max
    infinity = largest  # integers and bools have no NaN: nothing exceeds their largest number
    if dtype.is_floating_point:
        infinity = torch.tensor(math.inf, dtype=dtype).view(integer).item()
    # A copy only where the dimensions before or after the channels do not lie evenly in memory.
    bits = pre_activation.view(integer).reshape(-1, width, inner)
    outer_stride, channel_stride, inner_stride = bits.stride()
    together = channel_stride < (inner_stride if inner > 1 else outer_stride)
    has_nan = packed.new_zeros((), dtype=torch.int32)
    block = _ROWS // 2 if together else 2 * _ROWS
    _launch(
        _pack_kernel,
        (triton.cdiv(rows, block), words),
        packed,
        bits,
        packed,
        has_nan,
        rows,
        inner,
        width,
        outer_stride,
        channel_stride,
        inner_stride,
        words,
        INFINITY=infinity,
        LARGEST=largest,
        INDEX=tl.int32 if rows < 2**31 - block else tl.int64,  # 64-bit division is slow
        ROWS=block,
        TILE=32 if together else 8,
        HALVES=1 if width <= 32 else 2,
    )
    return packed, bool(has_nan)


def fingerprints(words: Tensor) -> Tensor:
    """A well mixed 64-bit number for each row of words; equal rows have equal ones."""
    prints = words.new_empty(len(words))
    grid = (triton.cdiv(len(words), _ROWS),)
    _launch(_fingerprint_kernel, grid, words, words, prints, *words.shape, ROWS=_ROWS)
    return prints


def _starts(words: Tensor, prints: Tensor, order: Tensor) -> tuple[Tensor, bool]:
    starts = words.new_empty(len(words), dtype=torch.int8)
    has_collision = words.new_zeros((), dtype=torch.int32)
    grid = (triton.cdiv(len(words), _ROWS),)
    arguments = (words, prints, order, starts, has_collision, *words.shape)
    _launch(_starts_kernel, grid, words, *arguments, ROWS=_ROWS)
    return starts.view(torch.bool), bool(has_collision)


def _lexicographic(words: Tensor) -> Tensor:
    """The order of rows by word 0, then word 1, …, as unsigned numbers.

    The later words are read at ties only.
    """
    first, order = (words[:, 0] ^ _SIGN).sort()
    same = first[1:] == first[:-1]
    tied = torch.nn.functional.pad(same, (1, 0)) | torch.nn.functional.pad(same, (0, 1))
    tied = tied.nonzero()[:, 0]
    rows = order[tied]
    for k in reversed(range(words.shape[1])):
        rows = rows[(words[rows, k] ^ _SIGN).argsort(stable=True)]
    order[tied] = rows
    return order


def count(packed: Tensor, width: int, counts: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Distinct rows, in the order of their words as unsigned numbers, and how often each occurs.

    With ``counts`` a row counts that often.
    """
    if not packed.numel():
        return reference.count(packed, width, counts)
    if width <= 64 and counts is None:
        # The sort of a GPU takes a pass for every few bits of the type, so the type is narrow.
        narrow = torch.int16 if width < 16 else torch.int32 if width < 32 else torch.int64
        sign = _SIGN if width == 64 else 0
        keys, counts = torch.unique((packed[:, 0] ^ sign).to(narrow), return_counts=True)
        return (keys.to(torch.int64) ^ sign)[:, None], counts

    words = packed.contiguous()
    one_word = words.shape[1] == 1
    prints, order = (words[:, 0] ^ _SIGN if one_word else fingerprints(words)).sort()
    starts, has_collision = _starts(words, prints, order)
    if has_collision:  # by their words, all rows of the fingerprints concerned
        inside = starts.clone()
        inside[0] = False
        inside[1:] &= prints[1:] == prints[:-1]
        places = torch.isin(prints, prints[inside].unique()).nonzero()[:, 0]
        rows = order[places]
        # The sign flipped twice: by fingerprint first, in the order that they have already.
        keys = torch.cat([prints[places, None] ^ _SIGN, words[rows]], 1)
        order[places] = rows[_lexicographic(keys)]
        starts, _ = _starts(words, prints, order)
    first = starts.nonzero()[:, 0]
    ends = torch.cat([first[1:], first.new_tensor([len(words)])])
    if counts is None:
        counts = ends - first
    else:
        until = torch.nn.functional.pad(counts[order].cumsum(0), (1, 0))
        counts = until[ends] - until[first]
    patterns = words[order[first]]
    if one_word:
        return patterns, counts
    rank = _lexicographic(patterns)
    return patterns[rank], counts[rank]
