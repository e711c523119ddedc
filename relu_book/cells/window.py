"""The rectangle that is looked at, and the inputs that its points stand for."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from relu_book.cells.slices import Slice


@dataclass(frozen=True)
class Window:
    """A rectangle ``[x0, x1] x [y0, y1]``."""

    x0: float
    x1: float
    y0: float
    y1: float

    @classmethod
    def of(cls, window) -> Window:
        """From ``(low, high)`` for both axes or ``((x0, x1), (y0, y1))``.

        Raises:
            ValueError: Neither form, a bound that is not finite, or an empty interval.

        Example:
            >>> Window.of((-5, 5)).area
            100.0
        """
        if isinstance(window, Window):
            return window
        try:
            bounds = np.asarray(window)
            bounds = np.empty(0) if bounds.dtype.kind in "bc" else bounds.astype(np.float64)
        except (TypeError, ValueError):
            bounds = np.empty(0)
        if bounds.shape == (2,):
            bounds = np.stack([bounds, bounds])
        if bounds.shape != (2, 2):
            raise ValueError(
                f"A window is (low, high) for both axes or ((x0, x1), (y0, y1)), and this one is "
                f"{window!r}."
            )
        if not (np.isfinite(bounds).all() and (bounds[:, 0] < bounds[:, 1]).all()):
            raise ValueError(
                f"A window needs finite bounds, the lower one first, and this one is {window!r}."
            )
        return cls(*bounds.ravel().tolist())

    @property
    def bounds(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """``((x0, x1), (y0, y1))``."""
        return (self.x0, self.x1), (self.y0, self.y1)

    @property
    def area(self) -> float:
        """Width times height."""
        return (self.x1 - self.x0) * (self.y1 - self.y0)

    @property
    def centre(self) -> np.ndarray:
        """``(2,)``."""
        return np.array([self.x0 / 2 + self.x1 / 2, self.y0 / 2 + self.y1 / 2])

    @property
    def half(self) -> np.ndarray:
        """Half the width and half the height, ``(2,)``."""
        return np.array([self.x1 / 2 - self.x0 / 2, self.y1 / 2 - self.y0 / 2])

    def from_local(self, local: np.ndarray) -> np.ndarray:
        """Points ``(n, 2)`` of ``[-1, 1]^2`` as points of the window; borders go to borders."""
        points = self.centre + self.half * local
        for axis, (low, high) in enumerate(self.bounds):
            points[local[:, axis] == -1, axis] = low
            points[local[:, axis] == 1, axis] = high
        return points


class Plane:
    """The inputs behind the points of a window: the points themselves, or those of a slice."""

    def __init__(self, slice: Slice | None):
        if slice is not None and not isinstance(slice, Slice):
            raise TypeError(
                f"slice must be a Slice, as Slice.through(x0, x1, x2) makes it, and this one is a "
                f"{type(slice).__name__}."
            )
        self.slice = slice
        self.shape = (2,) if slice is None else slice.shape

    def inputs(self, points, dtype: torch.dtype, device: torch.device) -> Tensor:
        """``(n, *shape)`` for points ``(n, 2)``: made in float64, then rounded to ``dtype``."""
        points = torch.as_tensor(points)
        if self.slice is not None:
            points = self.slice.points(points, torch.float64)
        return points.to(device, dtype)

    def coefficients(self, window: Window) -> np.ndarray:
        """``(3, size)``: the input as an affine function of the local coordinates."""
        if self.slice is None:
            along, origin = np.eye(2), np.zeros(2)
        else:
            steps = torch.stack([self.slice.along_u.flatten(), self.slice.along_v.flatten()])
            along = steps.cpu().numpy()
            origin = self.slice.origin.flatten().cpu().numpy()
        return np.vstack([along * window.half[:, None], origin + window.centre @ along])

    @property
    def size(self) -> int:
        """Numbers in one input."""
        return math.prod(self.shape)
