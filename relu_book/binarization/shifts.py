"""Equation 4.9 as integer arithmetic: products by shifts and additions alone.

With n = 2^m samples, 16-bit numbers x = X 2^-f and F guard bits a layer computes

    A = sum over weights s sum over samples (X << (e + B + F)) + bias << m,
    result = A >> (F + m),

in integers. A negative shift goes to the right and brings copies of the sign, so it rounds down:
one term loses less than one unit of 2^-F of the last place, and nothing where e >= -F. Without
guard bits (F = 0), as eq 4.9 has it, nearly every weight of a network would lose a part of what it
adds, since |w| < 1. The last shift rounds to the nearest, halves to even, as the simulation does.
So both give the same bits where all weights are 2^-F or larger and biases are whole units of the
accumulator.

A shift by k is the same for all samples that have it. So the terms are counted by k, and for each k
the layer runs once on X << k with counts in the place of its weights: in float64, where whole
numbers up to 2^53 are exact. That is a simulation of the integers, not of their speed.
"""

from collections.abc import Callable

from torch import Tensor

from relu_book.binarization.encoding import Encoding
from relu_book.binarization.fixed_point import FixedPoint

GUARD_BITS = 12
_EXACT = 2.0**53


def shifted(x: Tensor, places: int) -> Tensor:
    """x << places of whole numbers in a float64; negative places shift right, rounding down.

    Example:
        >>> import torch
        >>> shifted(torch.tensor([5.0, -5.0], dtype=torch.float64), -1).tolist()
        [2.0, -3.0]
        >>> shifted(torch.tensor([5.0, -5.0], dtype=torch.float64), -20).tolist()
        [0.0, -1.0]
    """
    return (x * 2.0**places).floor()


def by_shifts(
    run: Callable[..., Tensor],
    x: Tensor,
    encoding: Encoding,
    counts: Tensor,
    samples: int,
    bias: Tensor | None,
    form: FixedPoint,
    guard_bits: int = GUARD_BITS,
) -> Tensor:
    """What a layer computes in shifts and additions.

    Args:
        run: the layer, a function of weights, biases and ``of=`` input, linear in each.
        x: its input, numbers of ``form``.
        encoding: of its weights.
        counts: how many of the samples of each weight are 1.
        samples: n, a power of two.
        bias: one for each filter, or ``None``.
        form: of intermediate results.
        guard_bits: F.

    Returns:
        Of the dtype of x, numbers of ``form`` where they lie within it.

    Raises:
        ValueError: n is no power of two; ``run`` adds up numbers of more than 53 bits.

    Cost: a pass of the layer in float64 for each exponent that its weights have, and one.
    """
    n = samples
    if n & (n - 1):
        raise ValueError(
            f"shifts divide by the number of samples, so it has to be a power of two, not {samples}"
        )
    whole = x.double() * 2.0**form.fraction_bits
    sign, exponent = encoding.sign.double(), encoding.exponent
    total: Tensor | float = 0.0
    drawn = exponent[encoding.sign != 0]
    if drawn.numel():
        for e in range(int(drawn.min()), int(drawn.max()) + 2):
            # A sample of exponent e shifts by e where B = 0, one of e - 1 where B = 1.
            terms = (n - counts) * (exponent == e) + counts * (exponent == e - 1)
            if terms.any():
                total = total + run(sign * terms, of=shifted(whole, e + guard_bits))
    else:
        total = run(0.0 * sign, of=whole)
    if bias is not None:
        units = (bias.double() * 2.0 ** (form.fraction_bits + guard_bits)).round() * n
        total = total + run(0.0 * sign, units, of=whole)
    if not (total.abs() < _EXACT).all():
        raise ValueError(
            f"sums of {n} samples are not finite, or need more than the 53 bits that are "
            "simulated; take fewer samples"
        )
    result = (total / (n * 2.0**guard_bits)).round()
    return (result * 2.0**-form.fraction_bits).to(x.dtype)
