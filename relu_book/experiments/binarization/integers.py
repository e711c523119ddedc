"""Equation 4.9 of the thesis in whole numbers: products by shifts and additions.

    x w = s (sum over 2^m samples i of x << (e + B_i)) >> m                 (eq 4.9)

As printed a negative shift loses bits of each term, and the last one of the sum. The library's
integers have 12 more bits until the last shift, which rounds to the nearest, halves to even.
"""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import torch
from torch import Tensor, nn

from relu_book.binarization import binarize, encode, sample
from relu_book.binarization.shifts import GUARD_BITS

BITS = 16  # of an integer


def shifted(x: int, places: int) -> int:
    """x << places; negative places shift to the right, rounding down.

    Example:
        >>> shifted(5, 2), shifted(5, -1), shifted(-5, -1), shifted(-5, -20)
        (20, 2, -3, -1)
    """
    return x << places if places >= 0 else x >> -places


def product(x: int, sign: int, exponent: int, ones: int, power: int) -> int:
    """One product as printed, of 2^power samples of which ``ones`` are B = 1.

    Example:
        >>> product(40, -1, -2, ones=1, power=1)  # -(40/2 + 40/4)/2
        -15
    """
    terms = (shifted(x, exponent + (i < ones)) for i in range(1 << power))
    return sign * shifted(sum(terms), -power)


def sum_of_products(
    inputs: Sequence[int],
    signs: Sequence[int],
    exponents: Sequence[int],
    ones: Sequence[int],
    power: int,
) -> int:
    """A filter as the library computes it: 12 bits more, one rounding at the end.

    Args:
        inputs: whole numbers, multiples of the last place.
        signs, exponents: of the weights.
        ones: how many of the samples of each weight are B = 1.
        power: m, of 2^m samples.

    Returns:
        In units of the last place.
    """
    total = 0
    for x, sign, exponent, count in zip(inputs, signs, exponents, ones, strict=True):
        for i in range(1 << power):
            total += sign * shifted(x, exponent + (i < count) + GUARD_BITS)
    return round(Fraction(total, 1 << (power + GUARD_BITS)))  # halves to even


def two_forms(cases: int = 240) -> dict:
    """eq-4.9: equation 4.8 beside shifts, exactly and in integers.

    Weights are drawn by the library from 1 to 64 samples; half of them are 2 to 64 times too large
    for right shifts of a term. A product goes through one right shift if it has samples that are
    shifted to the right, and through one more at its end if it has two samples or more.
    """
    rng = np.random.default_rng(5)
    generator = torch.Generator().manual_seed(5)
    deviation, error, right_shifts = [], [], []
    for case in range(cases):
        power, x = case % 7, int(rng.integers(-(1 << 15), 1 << 15))
        octave = int(rng.integers(0, 6)) if case % 2 else int(rng.integers(-10, 0))
        weight = torch.tensor([rng.choice([-1, 1]) * rng.uniform(1, 2) * 2.0**octave])
        code = encode(weight)
        sign, exponent = int(code.sign), int(code.exponent)
        drawn = Fraction(float(sample(code, 1 << power, generator=generator)))  # equation 4.8
        ones = (drawn / sign / Fraction(2) ** exponent - 1) * (1 << power)
        by_shifts = sum(x * Fraction(2) ** (exponent + (i < ones)) for i in range(1 << power))
        exact = sign * by_shifts / (1 << power)
        deviation.append(float(abs(x * drawn - exact)))
        error.append(float(abs(product(x, sign, exponent, int(ones), power) - exact)))
        terms_lose = exponent + (ones == 1 << power) < 0
        right_shifts.append(int(terms_lose) + int(power > 0))
    return {"deviation": deviation, "integer_error": error, "right_shifts": right_shifts}


def layer_by_shifts(
    layer: nn.Linear, x: Tensor, power: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """A dense layer without biases in the library's integers and by ``sum_of_products``.

    Args:
        layer: float64, weights (out, in).
        x: (n, in), multiples of 2^-10 between -32 and 32.
        power: m.
        seed: of the draws.

    Returns:
        Two arrays (n, out) of whole numbers, in units of 2^-10.
    """

    def network(**given) -> nn.Module:
        generator = torch.Generator().manual_seed(seed)
        return binarize(layer, 1 << power, generator=generator, **given)

    with torch.no_grad():
        result = network(shifts=True)(x)
        unit = torch.eye(layer.in_features, dtype=x.dtype)
        drawn = network(activation_bits=None)(unit).T  # the same draws, seen by themselves
    code = encode(layer.weight)
    ones = ((drawn / code.scale - 1) * (1 << power)).round().int()
    plain = [
        [
            sum_of_products(row, *(part[i].tolist() for part in (code.sign, code.exponent, ones)),
                            power)
            for i in range(layer.out_features)
        ]
        for row in (x * 1024).int().tolist()
    ]  # fmt: skip
    return (result * 1024).numpy(), np.array(plain)


def many_right_shifts() -> dict:
    """fig-4.1.c: what 16 to 31 right shifts make of all 16-bit integers."""
    integers = np.arange(-(1 << (BITS - 1)), 1 << (BITS - 1))
    results = integers >> np.arange(BITS, 2 * BITS)[:, None]
    negative = results[:, integers < 0]
    return {
        "left_over": int((results[:, integers >= 0] != 0).any(0).sum()),
        "negative_results": [int(negative.min()), int(negative.max())],
    }
