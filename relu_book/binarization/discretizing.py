"""Probabilities and exponents in a few bits, and the smallest weights gone (thesis 4.2.4).

A probability of b bits is a multiple of 2^-b below 1. The sources leave open how it is rounded;
here to the nearest, halves to even, where 1 carries into the exponent (e + 1, p = 0), or down. In
one bit rounding down makes weights 16 % smaller in the mean, rounding with a carry 1 %.

Exponents of b bits are the 2^b that end with the largest one of the tensor. What lies below is the
smallest of these powers or zero, whichever is nearer.
"""

from collections.abc import Sequence
from typing import Literal

import torch
from jaxtyping import Bool
from torch import Tensor

from relu_book.binarization.encoding import Encoding
from relu_book.spelling import did_you_mean

Rounding = Literal["nearest", "floor"]
ROUNDINGS = ("nearest", "floor")
_MOST_PLACES = 1000  # more than any p has, and 2.0**1000 is finite
_MOST_EXPONENT_BITS = 16  # of int16, which holds every exponent


def discretize(
    encoding: Encoding,
    *,
    probability_bits: int | None = None,
    exponent_bits: int | None = None,
    rounding: Rounding = "nearest",
) -> Encoding:
    """The encoding with fewer bits.

    Args:
        encoding: of any weights.
        probability_bits: of p, at least 0: without any, weights are powers of two; ``None``, or as
            many as a p has, leave it as it is.
        exponent_bits: of e, at least 1; ``None``, or as many as span all of them, leave e as it is.
        rounding: of p, ``"nearest"`` with a carry or ``"floor"``.

    Raises:
        ValueError: a number of bits that is none, or no such rounding.

    Example:
        >>> from relu_book.binarization import decode, encode
        >>> encoding = encode(torch.tensor([1.7, -1.8, 0.001]))
        >>> [decode(discretize(encoding, probability_bits=bits)).tolist()[:2] for bits in (1, 2)]
        [[1.5, -2.0], [1.75, -1.75]]
        >>> decode(discretize(encoding, probability_bits=1, rounding="floor")).tolist()[:2]
        [1.5, -1.5]
        >>> discretize(encoding, exponent_bits=2)
        Encoding(weights=3, zero=1, exponents=0 to 0)
    """
    check_bits(probability_bits, exponent_bits, rounding)
    sign, exponent, p = encoding.sign, encoding.exponent, encoding.probability
    if probability_bits is not None:
        places = min(probability_bits, _MOST_PLACES)
        steps = p.double() * 2.0**places
        steps = steps.round() if rounding == "nearest" else steps.floor()
        carried = steps == 2.0**places
        exponent = torch.where(carried, exponent + 1, exponent)
        p = torch.where(carried | (sign == 0), 0 * p, (steps * 2.0**-places).to(p.dtype))
    if exponent_bits is not None and (sign != 0).any():
        exponent = exponent.long()  # in int16 the lowest one may wrap around
        lowest = exponent[sign != 0].max() - ((1 << min(exponent_bits, _MOST_EXPONENT_BITS)) - 1)
        below = exponent < lowest
        # A half of the smallest power and more is nearer to it than to zero.
        sign = torch.where(below & (exponent < lowest - 1), 0, sign)
        exponent = torch.where(below, torch.where(sign == 0, 0, lowest), exponent)
        p = torch.where(below, 0 * p, p)
    return Encoding(sign, exponent.to(torch.int16), p)


def check_bits(probability_bits: object, exponent_bits: object, rounding: object) -> None:
    """Raises what :func:`discretize` raises."""
    for name, bits, least in (
        ("probability_bits", probability_bits, 0),
        ("exponent_bits", exponent_bits, 1),
    ):
        is_number = isinstance(bits, int) and not isinstance(bits, bool)
        if bits is not None and not (is_number and bits >= least):
            raise ValueError(f"{name} is a whole number from {least} or None, not {bits!r:.100}")
    if rounding not in ROUNDINGS:
        hint = did_you_mean(rounding, ROUNDINGS, "there are 'nearest' and 'floor'")
        raise ValueError(f"no rounding {rounding!r:.100} of probabilities; {hint}")


def smallest(weights: Sequence[Tensor], share: float) -> list[Bool[Tensor, "..."]]:
    """Which weights are the share closest to zero, of all tensors together.

    Args:
        weights: tensors of any shapes, on one device.
        share: of all weights, from 0 to 1; of equal magnitudes the earlier ones go first.

    Returns:
        A mask for each tensor.

    Raises:
        ValueError: no such share.

    Cost: a sort of all weights.

    Example:
        >>> layers = [torch.tensor([3.0, -1.0]), torch.tensor([2.0, 5.0])]
        >>> [mask.tolist() for mask in smallest(layers, 0.5)]
        [[False, True], [True, False]]
    """
    check_share(share)
    magnitudes = torch.cat([tensor.detach().abs().flatten() for tensor in weights])
    order = magnitudes.argsort(stable=True)
    gone = torch.zeros_like(magnitudes, dtype=torch.bool)
    gone[order[: round(share * len(order))]] = True
    parts = gone.split([tensor.numel() for tensor in weights])
    return [part.view(tensor.shape) for part, tensor in zip(parts, weights, strict=True)]


def check_share(share: object) -> None:
    """Raises what :func:`smallest` raises."""
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
        raise ValueError(f"a share of the weights lies from 0 to 1, and is not {share!r:.100}")
