"""Packing: every bit where it belongs, for any shape, type, layout and backend."""

import numpy as np
import pytest
import torch

from relu_book.patterns import pack, set_backend, unpack
from relu_book.patterns.backends import numba_packing

WIDTHS = [1, 2, 15, 16, 17, 63, 64, 65, 127, 128, 130, 512]
DTYPES = [torch.float16, torch.bfloat16, torch.float32, torch.float64]


@pytest.fixture(params=["torch", "numba"], autouse=True)
def backend(request):
    before = set_backend(request.param)
    yield request.param
    set_backend(before)


def bit_by_bit(x: torch.Tensor, channel_dim: int) -> list[list[int]]:
    """Python integers, one sign at a time; words as two's complement."""
    rows = x.movedim(channel_dim, -1)
    rows = rows.reshape(-1, rows.shape[-1]).tolist() if rows.numel() else []
    packed = []
    for row in rows:
        words = [0] * -(-len(row) // 64)
        for channel, value in enumerate(row):
            words[channel // 64] |= (value > 0) << channel % 64
        packed.append([word - 2**64 if word >= 2**63 else word for word in words])
    return packed


def values(*shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """Positive, negative, zero, minus zero, infinite and the smallest subnormal numbers."""
    generator = torch.Generator().manual_seed(sum(shape))
    x = torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype)
    kind = torch.randint(0, 12, shape, generator=generator)
    tiny = torch.finfo(dtype).smallest_normal
    special = [0.0, -0.0, float("inf"), -float("inf"), tiny, -tiny]
    for number, value in enumerate(special):
        x[kind == number] = value
    return x


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("width", WIDTHS)
def test_rows_of_every_width_and_type(width, dtype):
    x = values(37, width, dtype=dtype)
    packed = pack(x)
    assert packed.dtype == torch.int64
    assert packed.shape == (37, -(-width // 64))
    assert packed.tolist() == bit_by_bit(x, 1)
    assert torch.equal(unpack(packed, width), x > 0)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(2, 65, 5, 7), (3, 17, 4), (1, 130, 1, 1), (2, 3, 2, 3, 4)])
def test_every_channel_dimension(shape, dtype):
    x = values(*shape, dtype=dtype)
    for channel_dim in range(-len(shape), len(shape)):
        assert pack(x, channel_dim).tolist() == bit_by_bit(x, channel_dim)


@pytest.mark.parametrize("pixels", [1, 3, 15, 16, 17, 4095, 4096, 4097])
def test_blocks_of_pixels_fit_together(pixels):
    x = values(2, 33, pixels)
    assert pack(x).tolist() == bit_by_bit(x, 1)


@pytest.mark.parametrize("rows", [63, 64, 65, 200])
def test_blocks_of_rows_fit_together(rows):
    for width in (3, 64, 5000):
        x = values(rows, width)
        assert pack(x).tolist() == bit_by_bit(x, 1)


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("images", [1, 2, 7])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_parts_of_several_threads_fit_together(layout, images, threads, monkeypatch):
    monkeypatch.setattr(numba_packing, "_MANY_NUMBERS", 100)
    x = values(images, 70, 3, 5).contiguous(memory_format=layout)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        assert pack(x).tolist() == bit_by_bit(x, 1)
        x[-1, -1, -1, -1] = float("nan")
        with pytest.raises(ValueError, match="NaN has no sign: 1 of"):
            pack(x)
    finally:
        torch.set_num_threads(before)


def test_rows_follow_image_height_width():
    x = -torch.ones(2, 3, 4, 5)
    x[1, 2, 3, 0] = 1
    packed = pack(x)
    assert packed.nonzero().tolist() == [[1 * 4 * 5 + 3 * 5 + 0, 0]]
    assert packed.max() == 4


def test_any_memory_layout():
    x = values(3, 20, 6, 5)
    expected = bit_by_bit(x, 1)
    flipped_twice = x.flip(3).flip(3)
    padded = torch.zeros(3, 40, 12, 7)
    padded[:, ::2, ::2, 1:6] = x
    views = [
        x.contiguous(memory_format=torch.channels_last),
        x.transpose(0, 3).contiguous().transpose(0, 3),
        flipped_twice,
        padded[:, ::2, ::2, 1:6],
        x.requires_grad_(),
        torch.nn.Parameter(x.detach()),
        torch.complex(torch.zeros_like(x), -x.detach()).conj().imag,
    ]
    for view in views:
        assert pack(view).tolist() == expected
    row = values(1, 9, 1, 1)
    assert pack(row.expand(4, 9, 3, 2)).tolist() == bit_by_bit(row, 1) * 24


def test_bit_63_is_a_channel_like_any_other():
    x = -torch.ones(2, 64, dtype=torch.float64)
    x[0, 63] = 1
    assert pack(x).tolist() == [[-(2**63)], [0]]
    # A dot product with powers of two, in float64, merges what pack keeps apart.
    x[:, 63] = 1
    x[1, 0] = 1
    powers = 2.0 ** torch.arange(64, dtype=torch.float64)
    merged = (x > 0).double() @ powers
    assert merged[0] == merged[1]
    assert pack(x)[0] != pack(x)[1]


def test_unused_bits_are_zero():
    for width in (1, 63, 65, 100):
        last = pack(torch.ones(1, width))[0, -1].item()
        assert last == 2 ** (width % 64) - 1


@pytest.mark.parametrize("shape", [(0, 5), (0, 70, 4, 4), (3, 70, 0, 4)])
def test_no_evaluations_give_no_rows(shape):
    assert pack(torch.empty(shape)).shape == (0, -(-shape[1] // 64))


def test_no_channels_give_rows_without_words():
    assert pack(torch.empty(3, 0)).shape == (3, 0)
    assert unpack(pack(torch.empty(3, 0)), 0).shape == (3, 0)


def test_one_dimension_is_one_pattern():
    assert pack(torch.tensor([1.0, -1.0, 2.0]), 0).tolist() == [[5]]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(6, 70), (2, 70, 4, 4), (2, 70, 1, 1), (2, 5, 70)])
@pytest.mark.parametrize("negative", [False, True])
def test_nan_is_an_error_that_names_the_site(shape, dtype, negative):
    x = torch.randn(shape).to(dtype)
    x.view(-1)[-1] = float("nan")
    if negative:
        x = x.neg()
    with pytest.raises(ValueError, match=r"1 of \d+ .*'layer1.relu'.*first at index"):
        pack(x, site="layer1.relu")
    with pytest.raises(ValueError, match="NaN"):
        pack(x, -1)


def test_bool_and_integers_are_packed_by_their_sign():
    flags = torch.rand(20, 70) > 0.5
    assert pack(flags).tolist() == bit_by_bit(flags.int(), 1)
    for dtype in (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64):
        info = torch.iinfo(dtype)
        numbers = torch.tensor([[info.min, 0, 1, info.max]], dtype=dtype)
        assert pack(numbers).tolist() == [[12]]


def test_numbers_of_8_bits():
    x = values(5, 20, dtype=torch.bfloat16).clamp(-10, 10).to(torch.float8_e5m2)
    assert pack(x).tolist() == bit_by_bit(x.float(), 1)


@pytest.mark.parametrize("channel_dim", [2, -3])
def test_a_missing_dimension_is_named(channel_dim):
    with pytest.raises(ValueError, match=rf"{channel_dim} in the shape \(2, 3\) at site 'fc'"):
        pack(torch.zeros(2, 3), channel_dim, site="fc")


def test_what_cannot_be_packed():
    with pytest.raises(TypeError, match="list"):
        pack([[1.0]])
    with pytest.raises(TypeError, match="complex"):
        pack(torch.zeros(2, 3, dtype=torch.complex64))
    with pytest.raises(ValueError, match=r"\(\)"):
        pack(torch.tensor(1.0), 0)
    with pytest.raises(TypeError, match="channel_dim is the number of a dimension, not 'x'"):
        pack(torch.zeros(2, 3), "x")
    with pytest.raises(ValueError, match="meta device has no numbers to pack at site 'fc'"):
        pack(torch.zeros(2, 3, device="meta"), site="fc")
    assert torch.equal(pack(torch.ones(2, 3), np.int64(1)), pack(torch.ones(2, 3)))


def test_unpack_refuses_what_is_not_packed():
    with pytest.raises(ValueError, match="take 2 words, packed has 1"):
        unpack(torch.zeros(3, 1, dtype=torch.int64), 65)
    with pytest.raises(ValueError, match="float32"):
        unpack(torch.zeros(3, 1), 5)
    with pytest.raises(ValueError, match="beyond its width of 3"):
        unpack(torch.tensor([[8]]), 3)
    with pytest.raises(ValueError, match="-1"):
        unpack(torch.zeros(3, 1, dtype=torch.int64), -1)


def test_the_input_is_not_written_to():
    x = values(4, 20, 5, 5)
    before = x.clone()
    pack(x)
    assert torch.equal(x, before)
    assert x._version == 0 or not x.requires_grad


def test_inside_inference_mode_and_autocast():
    x = values(4, 20)
    with torch.inference_mode():
        assert pack(x * 1).tolist() == bit_by_bit(x, 1)
    with torch.autocast("cpu"):
        assert pack(x).tolist() == bit_by_bit(x, 1)
