"""Planes through an input space of any dimension (thesis 2.2.4, figures 2.11 and 2.12).

Three inputs x0, x1, x2, three images say, span the plane

    (u, v)  ->  x0 + u (x1 - x0) + v (x2 - x0),

so that they lie at (0, 0), (1, 0) and (0, 1). The two directions keep their lengths and their
angle: they are not orthonormalised, and a circle in (u, v) is in general none in the input space.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from relu_book.cells.checks import real

# Sine of the angle between the directions below which float32 corners lie on one line.
_FLATTEST = 1e-6


@dataclass(frozen=True, eq=False)
class Slice:
    """The plane through three inputs of one shape; made by ``Slice.through``.

    Attributes:
        origin: The input at (0, 0), float64.
        along_u: The step from the input at (0, 0) to the one at (1, 0), float64.
        along_v: The step from the input at (0, 0) to the one at (0, 1), float64.
        dtype: Type of the inputs, and of the points that ``points`` returns.
    """

    origin: Tensor
    along_u: Tensor
    along_v: Tensor
    dtype: torch.dtype

    @classmethod
    def through(cls, x0, x1, x2) -> Slice:
        """The plane in which x0 lies at (0, 0), x1 at (1, 0) and x2 at (0, 1).

        Args:
            x0: One input without a batch dimension, such as ``(784,)`` or ``(3, 32, 32)``; a
                tensor, an array or nested lists. Whole numbers are taken in the default dtype.
            x1: An input of the same shape.
            x2: An input of the same shape.

        Returns:
            The slice; it keeps copies in float64.

        Raises:
            ValueError: Shapes that differ, a single number, values that are not real or not finite,
                or three inputs on one line, which span no plane.

        Cost: a few passes over the three inputs.

        Example:
            >>> import torch
            >>> black, white, line = torch.zeros(1, 28, 28), torch.ones(1, 28, 28), torch.eye(28)
            >>> plane = Slice.through(black, white, line[None])
            >>> plane.points([[0, 0], [1, 0], [0.5, 2]]).shape
            torch.Size([3, 1, 28, 28])
        """
        corners = [real(corner, f"x{number}") for number, corner in enumerate((x0, x1, x2))]
        shapes = [tuple(corner.shape) for corner in corners]
        if len(set(shapes)) > 1 or not shapes[0]:
            raise ValueError(
                f"Slice.through needs three inputs of one shape, such as (784,) or (1, 28, 28), "
                f"and got shapes {shapes[0]}, {shapes[1]} and {shapes[2]}."
            )
        dtype = corners[0].dtype
        if not dtype.is_floating_point:
            dtype = torch.get_default_dtype()
        origin, first, second = (
            corner.to(corners[0].device, torch.float64, copy=True) for corner in corners
        )
        for number, corner in enumerate((origin, first, second)):
            if not corner.isfinite().all():
                raise ValueError(
                    f"Slice.through needs finite inputs, and x{number} of shape {shapes[0]} holds "
                    f"NaN or infinity; replace those values."
                )
        along_u, along_v = first - origin, second - origin
        if _flat(along_u, along_v):
            raise ValueError(
                f"Slice.through needs three inputs that span a plane, and the three of shape "
                f"{shapes[0]} lie on one line; take three different ones."
            )
        return cls(origin, along_u, along_v, dtype)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one input."""
        return tuple(self.origin.shape)

    def points(self, uv, dtype: torch.dtype | None = None) -> Tensor:
        """The inputs at the given places of the plane.

        Args:
            uv: Coordinates ``(n, 2)``; a tensor, an array or nested lists.
            dtype: Type of the result, by default the type of the three inputs.

        Returns:
            ``(n, *shape)``, computed in float64 and rounded once.

        Raises:
            ValueError: Coordinates that are no finite real numbers of shape ``(n, 2)``.

        Cost: O(n size of an input).

        Example:
            >>> plane = Slice.through([0.0, 0, 1], [1.0, 0, 1], [0.0, 2, 1])
            >>> plane.points([[0.5, 0.5]])
            tensor([[0.5000, 1.0000, 1.0000]])
        """
        uv = real(uv, "uv", torch.float64).to(self.origin.device)
        if uv.ndim != 2 or uv.shape[1] != 2:
            raise ValueError(
                f"Slice.points needs coordinates of shape (n, 2), one (u, v) a row, and got shape "
                f"{tuple(uv.shape)}."
            )
        if not uv.isfinite().all():
            raise ValueError(
                f"Slice.points needs finite coordinates, and those of shape {tuple(uv.shape)} hold "
                f"NaN or infinity."
            )
        directions = torch.stack([self.along_u.flatten(), self.along_v.flatten()])
        points = torch.addmm(self.origin.flatten(), uv, directions)
        return points.to(self.dtype if dtype is None else dtype).reshape(len(uv), *self.shape)


def _flat(a: Tensor, b: Tensor) -> bool:
    """Whether two directions are parallel as far as float32 inputs can tell."""
    a, b = a.flatten(), b.flatten()
    if not (a.any() and b.any()):
        return True
    # Scaled first, so that directions of length 1e-200 or 1e200 neither vanish nor overflow.
    a, b = a / a.abs().max(), b / b.abs().max()
    a, b = a / a.norm(), b / b.norm()
    return float((b - (a @ b) * a).norm()) < _FLATTEST
