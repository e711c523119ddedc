"""What this room takes, floats, sequences, arrays or tensors alike, as checked float64."""

from __future__ import annotations

from math import pi, sqrt

import numpy as np
from numpy.typing import ArrayLike
from torch import Tensor


def numbers(values: ArrayLike, name: str) -> np.ndarray:
    """As a float64 array of any shape.

    Raises:
        TypeError: they are no real numbers.

    Example:
        >>> numbers([1, 2], "rates")
        array([1., 2.])
    """
    if isinstance(values, Tensor):
        values = values.detach().cpu()
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"{name} are real numbers, not {values!r}") from None


def within(values: ArrayLike, name: str, low: float, high: float) -> np.ndarray:
    """As a float64 array, all from ``low`` to ``high``.

    Raises:
        ValueError: one lies outside, or is NaN.

    Example:
        >>> within([0.5, 2], "probability", 0, 1)
        Traceback (most recent call last):
        ValueError: probability lies between 0 and 1, not 2.0
    """
    array = numbers(values, name)
    wrong = ~((array >= low) & (array <= high))
    if wrong.any():
        raise ValueError(f"{name} lies between {low} and {high}, not {array[wrong][0]}")
    return array


def as_it_came(array: np.ndarray) -> float | np.ndarray:
    """A float for one number, else the array.

    Example:
        >>> as_it_came(np.array(0.5))
        0.5
    """
    return float(array) if array.ndim == 0 else array


def normal_density(z: np.ndarray) -> np.ndarray:
    """The density of the standard normal distribution."""
    return np.exp(-0.5 * z * z) / sqrt(2 * pi)
