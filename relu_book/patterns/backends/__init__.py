"""Which code packs and counts: PyTorch everywhere, Numba on the CPU where it is installed.

Both give equal results on every input; ``auto`` takes the faster one.
"""

import sys
from importlib.util import find_spec
from types import ModuleType

import torch
from torch import Tensor

_NAMES = ("auto", "torch", "numba")
_chosen = "auto"


def set_backend(name: str) -> str:
    """Chooses the code that packs and counts, for the whole process.

    Args:
        name: ``"torch"`` (the reference, any device), ``"numba"`` (tensors on the CPU; on others
            the reference), or ``"auto"`` (Numba where it is installed and applies).

    Returns:
        The name chosen before, to go back to it.

    Raises:
        ValueError: no such backend.
        ModuleNotFoundError: Numba is not installed.

    Example:
        >>> before = set_backend("torch")
        >>> set_backend(before)
        'torch'
    """
    global _chosen
    if name == "triton":
        raise ValueError(
            "there are no Triton kernels yet; on CUDA tensors 'auto' and 'torch' both run there"
        )
    if name not in _NAMES:
        raise ValueError(f"no backend {name!r}; there are {', '.join(map(repr, _NAMES))}")
    if name == "numba" and find_spec("numba") is None:
        raise ModuleNotFoundError(
            "the backend 'numba' needs the package numba: pip install 'relu-book[fast]'"
        )
    before, _chosen = _chosen, name
    return before


def of(tensor: Tensor) -> ModuleType:
    """The backend's module for this tensor, with functions ``pack`` and ``count``."""
    from relu_book.patterns.backends import reference

    if _chosen == "torch" or tensor.device.type != "cpu" or not _plain(tensor):
        return reference
    if _chosen == "auto" and find_spec("numba") is None:
        return reference
    from relu_book.patterns.backends import numba_kernels

    return numba_kernels


def _plain(tensor: Tensor) -> bool:
    """Whether the tensor's memory can be read directly, bit 0 first."""
    direct = type(tensor) is Tensor and tensor.layout is torch.strided and not tensor.is_quantized
    return sys.byteorder == "little" and direct
