"""The number system: a weight as sign, exponent and probability (thesis 4.2, eq 4.4 to 4.11).

A weight w != 0 is

    w = s 2^e (1 + p),    s = sign(w),   e = floor(log2 |w|),   p = |w| / 2^e - 1,   0 <= p < 1,

and is drawn as s 2^e (1 + B/n), where B counts the successes of n Bernoulli trials of probability
p. Its mean is w and its variance

    Var = 2^(2e) p (1 - p) / n <= w^2 / (8 n),

with equality at p = 1/3. The logarithm is not taken: in float32 floor(log2 w) is one too large just
below powers of two, where p would be negative. The binary exponent of the float is exact. The
sources leave w = 0 open; here its sign is 0.
"""

from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float, Int
from torch import Tensor

FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)


@dataclass(frozen=True, eq=False, repr=False)
class Encoding:
    """Weights as signs, exponents and probabilities, all of the weights' shape.

    Attributes:
        sign: −1, 1, or 0 for a weight of zero; int8.
        exponent: e, int16; 0 for a weight of zero.
        probability: p, of the dtype of the weights, 0 ≤ p < 1; for a weight of zero it is that zero
            with its sign.

    Example:
        >>> encode(torch.tensor([3.0, -0.25, 0.0]))
        Encoding(weights=3, zero=1, exponents=-2 to 1)
    """

    sign: Int[Tensor, "..."]
    exponent: Int[Tensor, "..."]
    probability: Float[Tensor, "..."]

    @cached_property
    def scale(self) -> Float[Tensor, "*shape"]:
        """s·2^e, the weight as it is drawn without a success."""
        return self.sign * _power_of_two(self.exponent, self.probability.dtype)

    def __repr__(self) -> str:
        drawn = self.exponent[self.sign != 0]
        what = f"weights={self.sign.numel()}, zero={self.sign.numel() - drawn.numel()}"
        if drawn.numel():
            what += f", exponents={int(drawn.min())} to {int(drawn.max())}"
        return f"Encoding({what})"


def encode(weights: Float[Tensor, "*shape"]) -> Encoding:
    """Sign, exponent and probability of each weight, exactly.

    Args:
        weights: finite real numbers of any shape, float16, bfloat16, float32 or float64, denormal
            ones included.

    Raises:
        TypeError: no tensor of such numbers.
        ValueError: a weight is infinite or NaN.

    Cost: some ten passes over the weights.

    Example:
        >>> encoding = encode(torch.tensor([3.0, -0.75, 1.0]))
        >>> encoding.sign.tolist(), encoding.exponent.tolist(), encoding.probability.tolist()
        ([1, -1, 1], [1, -1, 0], [0.5, 0.5, 0.0])
    """
    if not (isinstance(weights, Tensor) and weights.dtype in FLOATS):
        what = f"a tensor of {weights.dtype}" if isinstance(weights, Tensor) else repr(weights)
        raise TypeError(f"weights are a tensor of floats, not {what:.100}; convert them first")
    weights = weights.detach()
    if not weights.isfinite().all():
        bad = weights[~weights.isfinite()]
        raise ValueError(
            f"weights are finite, but {len(bad)} of {weights.numel()} in a tensor of shape "
            f"{tuple(weights.shape)} are not, such as {bad[0].item()}"
        )
    fraction, exponent = torch.frexp(weights.abs())  # |w| = fraction 2^exponent, from 1/2 to 1
    zero = weights == 0
    return Encoding(
        weights.sign().to(torch.int8),
        torch.where(zero, 0, exponent - 1).to(torch.int16),
        torch.where(zero, weights, 2 * fraction - 1),
    )


def decode(encoding: Encoding) -> Float[Tensor, "*shape"]:
    """The weights that were encoded, bit by bit.

    Args:
        encoding: as :func:`encode` gives it, or changed.

    Returns:
        s·2^e·(1 + p), of the dtype of the probabilities.

    Cost: some five passes over the weights.

    Example:
        >>> decode(encode(torch.tensor([3.0, -0.1, -0.0]))).tolist()
        [3.0, -0.10000000149011612, -0.0]
    """
    weights = encoding.scale * (1 + encoding.probability)
    return torch.where(encoding.sign == 0, encoding.probability, weights)


def variance(weights: Float[Tensor, "*shape"] | Encoding, samples: int) -> Float[Tensor, "*shape"]:
    """The variance 2^(2e) p(1 − p)/n of a weight that is drawn with n samples (thesis 4.2.1).

    Args:
        weights: as :func:`encode` takes them, or encoded.
        samples: n, at least 1.

    Returns:
        Of the weights' shape and dtype, computed in float64; at most w²/(8n) (eq 4.10), at p = 1/3.

    Raises:
        TypeError, ValueError: as :func:`encode`; ``samples`` is no whole number of at least 1.

    Example:
        >>> variance(torch.tensor([3.0, 4.0]), 1).tolist()
        [1.0, 0.0]
    """
    n = checked_samples(samples)
    encoding = weights if isinstance(weights, Encoding) else encode(weights)
    p = encoding.probability.double()
    scale = encoding.scale.double()
    return ((scale * p) * (scale * (1 - p)) / n).to(encoding.probability.dtype)


def checked_samples(samples: object, name: str = "samples", least: int = 1) -> int:
    """A number of samples as an int.

    Raises:
        TypeError: it is no whole number.
        ValueError: it is below ``least`` or above 2^30, which the random numbers are made for.

    Example:
        >>> checked_samples(16)
        16
    """
    try:
        n = None if isinstance(samples, bool) else samples.__index__()
    except AttributeError:
        n = None
    if n is None:
        raise TypeError(f"{name} is a whole number of samples, not {samples!r:.100}")
    if not least <= n <= 1 << 30:
        raise ValueError(f"{name} is a number of samples from {least} to 2^30, not {n}")
    return n


def _power_of_two(exponent: Tensor, dtype: torch.dtype) -> Tensor:
    """2^e exactly, denormal where it has to be."""
    return torch.exp2(exponent.double()).to(dtype)
