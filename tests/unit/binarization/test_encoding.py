"""Encoding is exact for every float, and its variance is what equations 4.10 and 4.11 bound."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from relu_book.binarization import Encoding, decode, encode, variance

BITS = {torch.float16: torch.int16, torch.bfloat16: torch.int16}
BITS |= {torch.float32: torch.int32, torch.float64: torch.int64}


def bits(tensor):
    return tensor.view(BITS[tensor.dtype])


def finite(integers, dtype):
    weights = integers.to(BITS[dtype]).view(dtype)
    return weights[weights.isfinite()]


def assert_is_exact(weights):
    encoding = encode(weights)
    p = encoding.probability
    assert p.dtype == weights.dtype and bool(((p >= 0) & (p < 1)).all())
    assert torch.equal(bits(decode(encoding)), bits(weights))
    assert torch.equal(encoding.sign.double(), weights.double().sign())
    other = weights != 0
    exponents = np.frexp(weights[other].double().numpy())[1] - 1
    assert np.array_equal(encoding.exponent[other].numpy(), exponents)
    # |w| = 2^e (1 + p), in exact arithmetic: float64 has room for all but its own denormals.
    if weights.dtype != torch.float64:
        made = torch.exp2(encoding.exponent.double()) * (1 + p.double()) * encoding.sign
        assert torch.equal(made, weights.double())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_every_number_of_16_bits_comes_back(dtype):
    weights = finite(torch.arange(-(1 << 15), 1 << 15), dtype)
    assert len(weights) > 63000
    assert_is_exact(weights)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_random_bit_patterns_come_back(dtype):
    width = torch.iinfo(BITS[dtype])
    generator = torch.Generator().manual_seed(0)
    numbers = torch.randint(width.min, width.max, (200_000,), generator=generator)
    denormal = torch.arange(1, 1000)
    assert_is_exact(finite(torch.cat([numbers, denormal, denormal + width.min]), dtype))


@pytest.mark.parametrize("dtype", list(BITS))
def test_the_edges_come_back(dtype):
    info = torch.finfo(dtype)
    powers = [2.0**k for k in range(-14, 15)]
    below = [p * (1 - info.eps / 2) for p in powers]
    special = [0.0, -0.0, info.max, info.min, info.smallest_normal]
    weights = torch.tensor([*powers, *below, *special], dtype=torch.float64).to(dtype)
    assert_is_exact(torch.cat([weights, -weights]))
    just_below = torch.tensor(8.0, dtype=dtype) * (1 - info.eps / 2)
    assert encode(just_below).exponent.item() == 2


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_float_comes_back(number):
    assert_is_exact(torch.tensor([number], dtype=torch.float64))


def test_the_formulas_of_the_thesis():
    encoding = encode(torch.tensor([3.0, -0.75, 0.0, 1.0, 8 / 3]))
    assert encoding.sign.tolist() == [1, -1, 0, 1, 1]
    assert encoding.exponent.tolist() == [1, -1, 0, 0, 1]
    assert encoding.probability.tolist() == pytest.approx([0.5, 0.5, 0, 0, 1 / 3])
    assert encoding.scale.tolist() == [2, -0.5, 0, 1, 2]
    assert repr(encoding) == "Encoding(weights=5, zero=1, exponents=-1 to 1)"


@pytest.mark.parametrize("n", [1, 2, 5, 16, 64])
def test_the_variance_is_the_printed_one_and_within_its_bound(n):
    w = torch.randn(100_000, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    e = encode(w).exponent.double()
    printed = 3 * 2**e * w.abs() - 2 ** (2 * e + 1) - w**2
    found = variance(w, n)
    assert torch.allclose(found, printed / n, rtol=1e-9, atol=1e-12)
    assert bool((found <= w**2 / (8 * n) * (1 + 1e-12)).all())


def test_the_bound_is_met_at_a_third_and_zeros_are_powers_of_two():
    w = torch.tensor([8 / 3, 4.0, 0.0, -0.5], dtype=torch.float64)
    found = variance(w, 1)
    assert found[0].item() == pytest.approx(w[0].item() ** 2 / 8, rel=1e-12)
    assert found[1:].tolist() == [0, 0, 0]
    # At p = 1/2 it is largest for this exponent, but not in units of the weight.
    assert variance(torch.tensor(3.0), 1).item() == 1 and 1 / 9 < 1 / 8


def test_an_encoding_gives_its_variance():
    w = torch.tensor([1.7, -0.3])
    assert torch.equal(variance(encode(w), 3), variance(w, 3))


@pytest.mark.parametrize(
    ("weights", "kind", "words"),
    [
        ([1.0], TypeError, r"weights are a tensor of floats, not \[1.0\]"),
        (torch.tensor([1]), TypeError, "a tensor of torch.int64"),
        (torch.tensor([1j]), TypeError, "a tensor of torch.complex64"),
        (torch.tensor([1.0, math.nan]), ValueError, r"1 of 2 in a tensor of shape \(2,\)"),
        (torch.tensor([[-math.inf]]), ValueError, "such as -inf"),
    ],
)
def test_what_is_no_weight_is_named(weights, kind, words):
    with pytest.raises(kind, match=words):
        encode(weights)


@pytest.mark.parametrize("samples", [0, -1, 2.0, True, "4", 1 << 31])
def test_what_is_no_number_of_samples_is_named(samples):
    with pytest.raises((TypeError, ValueError), match="samples is a"):
        variance(torch.ones(1), samples)


def test_an_empty_tensor_has_an_encoding():
    assert isinstance(encode(torch.zeros(0, 3)), Encoding)
    assert decode(encode(torch.zeros(0, 3))).shape == (0, 3)
