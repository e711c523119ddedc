"""What the functions of this room ask of their numbers, each in one sentence."""

import operator
import reprlib

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


def real(values, name: str) -> Tensor:
    """Real numbers of any shape, from a tensor, an array or nested lists; without gradient."""
    try:
        tensor = torch.as_tensor(values).detach()
    except (TypeError, ValueError, RuntimeError):
        tensor = None
    if tensor is None or tensor.is_complex():
        raise ValueError(
            f"{name} must be a tensor, an array or nested lists of real numbers, and this one is "
            f"{reprlib.repr(values)}."
        )
    return tensor


def finite(values, name: str) -> np.ndarray:
    """Real numbers without NaN and infinity, of any shape, as float64."""
    array = real(values, name).cpu().to(torch.float64).numpy()
    if not np.isfinite(array).all():
        raise ValueError(
            f"{name} must hold finite numbers, and this one of shape {array.shape} holds NaN or "
            f"infinity."
        )
    return array
