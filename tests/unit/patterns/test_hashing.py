"""Algorithm 1 bit for bit, against a loop over Python integers."""

import pytest
import torch

from relu_book.patterns import hash_patterns, pack
from relu_book.patterns.hashing import OFFSET, P, Q


def loop(words: list[int]) -> int:
    """The thesis's loop in Python integers, taken modulo 2^64, as two's complement."""
    h = OFFSET
    for word in words:
        h = ((word * Q) % 2**64) ^ ((h * P) % 2**64)
    return h - 2**64 if h >= 2**63 else h


def random_patterns(rows: int, width: int) -> torch.Tensor:
    return pack(torch.rand(rows, width, generator=torch.Generator().manual_seed(width)) - 0.5)


@pytest.mark.parametrize("width", [1, 16, 35, 63, 64, 65, 128, 130, 512])
def test_equals_the_loop(width):
    packed = random_patterns(500, width)
    packed[0] = 0
    packed[1] = pack(torch.ones(1, width))
    assert hash_patterns(packed).tolist() == [loop(row) for row in packed.tolist()]


def test_the_printed_example():
    pattern = torch.tensor([[1.0, -1.0, 1.0, 1.0] + [-1.0] * 12])
    assert hash_patterns(pack(pattern)).item() % 30000 == 29180


def test_constants_are_primes():
    for number in (OFFSET, P, Q):
        assert all(number % divisor for divisor in range(2, int(number**0.5) + 1))


def test_bit_63_changes_the_hash():
    with_bit, without = torch.tensor([[-(2**63)]]), torch.tensor([[0]])
    assert hash_patterns(with_bit) != hash_patterns(without)


def test_all_patterns_of_16_channels_have_their_own_hash():
    assert hash_patterns(torch.arange(2**16)[:, None]).unique().numel() == 2**16


def test_shape_type_and_empty_input():
    assert hash_patterns(torch.empty(0, 3, dtype=torch.int64)).shape == (0,)
    assert hash_patterns(torch.empty(2, 0, dtype=torch.int64)).tolist() == [OFFSET, OFFSET]
    packed = random_patterns(4, 65)
    before = packed.clone()
    assert hash_patterns(packed).dtype == torch.int64
    assert torch.equal(packed, before)
    with pytest.raises(ValueError, match="int64 of shape"):
        hash_patterns(packed.double())
    with pytest.raises(ValueError, match="int64 of shape"):
        hash_patterns(packed[0])
