"""Intermediate results as 16-bit fixed point numbers (thesis 4.2.1: "16-bit integers").

The sources give no format. Here a number is a whole multiple of 2^-f with f = 10 of 16 bits behind
the point, Q6.10: from -32 to 32 - 2^-10, rounded to the nearest, halves to even.
"""

from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from types import ModuleType

import numpy as np
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
        return self.rounded_and_largest(x)[0]

    def rounded_and_largest(
        self, x: Float[Tensor, "*shape"], *, in_place: bool = False
    ) -> tuple[Tensor, Tensor | None]:
        """The same, and the largest magnitude in x, ``None`` where nothing had to be rounded.

        Args:
            x: numbers of any floating type.
            in_place: x may be written to, where no gradient needs it.
        """
        in_place &= not (torch.is_grad_enabled() and x.requires_grad)
        with torch.no_grad():
            wide = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
            compiled = _compiled() if wide.is_cpu and wide.dtype == torch.float32 else None
            if compiled is None or not wide.is_contiguous() or type(wide) is not Tensor:
                quantised, largest = self._rounded(wide)
            else:
                quantised, largest = self._rounded_by(compiled, wide.detach(), in_place)
            quantised = quantised.to(x.dtype)
        return straight_through(quantised, x, self.limit), largest

    def _rounded(self, x: Tensor) -> tuple[Tensor, Tensor]:
        steps = (x * 2.0**self.fraction_bits).round_().clamp_(-self._most - 1, self._most)
        largest = x.abs().amax() if x.numel() else x.new_zeros(())
        return steps.mul_(2.0**-self.fraction_bits), largest

    def _rounded_by(
        self, compiled: ModuleType, x: Tensor, in_place: bool
    ) -> tuple[Tensor, Tensor | None]:
        """In one pass over memory in place of five, and without new memory where there is a way."""
        flat, bits = x.view(-1), x.view(-1).view(torch.int32)
        formats = tuple(map(np.float32, (2.0**self.fraction_bits, -self._most - 1, self._most)))
        if not in_place and not compiled.count_rounded(flat.numpy(), *formats):
            return x, None
        quantised = x if in_place else torch.empty_like(x)
        largest = compiled.round_to(
            flat.numpy(), bits.numpy(), *formats, quantised.view(-1).numpy()
        )
        return quantised, torch.tensor(largest, dtype=torch.int32).view(torch.float32)

    @property
    def _most(self) -> int:
        return (1 << (self.bits - 1)) - 1


@cache
def _compiled() -> ModuleType | None:
    """Numba's kernel where it is installed."""
    if find_spec("numba") is None:
        return None
    from relu_book.binarization import fixed_point_compiled

    return fixed_point_compiled
