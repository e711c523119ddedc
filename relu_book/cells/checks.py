"""What the functions of this room ask of their numbers, each in one sentence."""

import operator
import reprlib
from contextlib import suppress

import numpy as np
import torch
from torch import Tensor


def whole(value: int, name: str, least: int) -> int:
    """A whole number of at least ``least``: NumPy's are whole numbers, truth values are not.

    Example:
        >>> whole(np.int64(3), "tests", 0)
        3
        >>> whole(2.5, "tests", 0)
        Traceback (most recent call last):
        ValueError: tests must be a whole number of at least 0, and this one is 2.5.
    """
    try:
        number = operator.index(value)
    except TypeError:
        number = least - 1
    if number < least or isinstance(value, bool):
        raise ValueError(
            f"{name} must be a whole number of at least {least}, and this one is {value!r}."
        )
    return number


def real(values, name: str, dtype: torch.dtype | None = None) -> Tensor:
    """Real numbers of any shape as a tensor without gradient, of a type as ``as_tensor`` has it."""
    with suppress(TypeError, ValueError, RuntimeError):
        if not torch.as_tensor(values).is_complex():
            return torch.as_tensor(values, dtype=dtype).detach()
    raise _not_real(values, name)


def finite(values, name: str) -> np.ndarray:
    """Real numbers of any shape, without NaN and infinity, as a float64 array."""
    if torch.is_tensor(values):
        values = real(values, name, torch.float64).cpu().numpy()
    try:
        array = np.asarray(values)
        if array.dtype.kind not in "buifO":  # text and complex numbers
            raise TypeError
        array = array.astype(np.float64)
    except (TypeError, ValueError):
        raise _not_real(values, name) from None
    if not np.isfinite(array).all():
        raise ValueError(
            f"{name} must hold finite numbers, and this one of shape {array.shape} holds NaN or "
            f"infinity."
        )
    return array


def _not_real(values, name: str) -> ValueError:
    return ValueError(
        f"{name} must be a tensor, an array or nested lists of real numbers, and this one is "
        f"{reprlib.repr(values)}."
    )
