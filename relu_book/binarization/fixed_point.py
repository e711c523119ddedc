"""Intermediate results as 16-bit fixed point numbers (thesis 4.2.1: "16-bit integers").

The sources give no format. Here a number is a whole multiple of 2^-f with f = 10 of 16 bits behind
the point, Q6.10: from -32 to 32 - 2^-10, rounded to the nearest, halves to even.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from relu_book.binarization.straight_through import straight_through


@dataclass(frozen=True)
class FixedPoint:
    """A format of fixed point numbers.

    Args:
        bits: of a number, with its sign.
        fraction_bits: f, of them behind the point.

    Raises:
        ValueError: fewer than 2 or more than 24 bits, which a float32 holds exactly, or a fraction
            of no such number of bits.

    Example:
        >>> form = FixedPoint(bits=4, fraction_bits=1)
        >>> form.rounded(torch.tensor([0.3, -0.25, 0.75, 9.0])).tolist(), form.limit
        ([0.5, -0.0, 1.0, 3.5], 4.0)
    """

    bits: int = 16
    fraction_bits: int = 10

    def __post_init__(self) -> None:
        for name, value, low, high in (
            ("activation_bits", self.bits, 2, 24),
            ("fraction_bits", self.fraction_bits, 0, self.bits - 1),
        ):
            if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
                raise ValueError(f"{name} is a whole number from {low} to {high}, not {value!r}")

    @property
    def limit(self) -> float:
        """The numbers lie from minus this one to just below it."""
        return 2.0 ** (self.bits - 1 - self.fraction_bits)

    def rounded(self, x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """The nearest number of the format; gradients pass where |x| is within it (eq 4.2)."""
        low, high = -(1 << (self.bits - 1)), (1 << (self.bits - 1)) - 1
        with torch.no_grad():
            wide = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
            steps = (wide * 2.0**self.fraction_bits).round_().clamp_(low, high)
            quantised = steps.mul_(2.0**-self.fraction_bits).to(x.dtype)
        return straight_through(quantised, x, self.limit)

    def largest(self, x: Tensor) -> Tensor:
        """The largest magnitude in x, 0 without any."""
        if not x.numel():
            return x.new_zeros(())
        low, high = x.detach().aminmax()
        return torch.maximum(-low, high)
