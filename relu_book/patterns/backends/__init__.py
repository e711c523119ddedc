"""Which code packs and counts: PyTorch everywhere, Numba on the CPU, Triton on a GPU.

All give equal results on every input; ``auto`` takes the fastest that is installed. None is
imported before it is needed.
"""

import sys
import warnings
from functools import cache
from importlib.util import find_spec
from types import ModuleType

import torch
from torch import Tensor

_NAMES = ("auto", "torch", "numba", "triton")
_chosen = "auto"


def set_backend(name: str) -> str:
    """Chooses the code that packs and counts, for the whole process.

    Args:
        name: ``"torch"`` (the reference, any device), ``"numba"`` (tensors on the CPU),
            ``"triton"`` (tensors on a GPU), both with the reference on other devices, or ``"auto"``
            (Numba and Triton, each where it is installed and applies).

    Returns:
        The name chosen before, to go back to it.

    Raises:
        ValueError: no such backend.
        ModuleNotFoundError: Numba or Triton is not installed.
        RuntimeError: Triton without a GPU. With ``TRITON_INTERPRET=1`` in the environment, before
            Python starts, it runs on the CPU: slowly, for tests.

    Example:
        >>> before = set_backend("torch")
        >>> set_backend(before)
        'torch'
    """
    global _chosen
    if name not in _NAMES:
        raise ValueError(f"no backend {name!r}; there are {', '.join(map(repr, _NAMES))}")
    if name in ("numba", "triton") and find_spec(name) is None:
        extra = {"numba": "fast", "triton": "triton"}[name]
        raise ModuleNotFoundError(
            f"the backend {name!r} needs the package {name}: pip install 'relu-book[{extra}]'"
        )
    if name == "triton" and not torch.cuda.is_available() and not _triton().INTERPRETED:
        raise RuntimeError(
            "the backend 'triton' needs a GPU that torch can use, and there is none; on the CPU "
            "choose 'auto', or set TRITON_INTERPRET=1 before Python starts to test the kernels"
        )
    before, _chosen = _chosen, name
    return before


def of(tensor: Tensor) -> ModuleType:
    """The backend's module for this tensor.

    It has functions ``pack`` and ``count``, and perhaps, in place of what the reference does, a
    class ``Tally`` for streams, whose ``add_signs`` needs no packed patterns, and functions of two
    sorted lists of patterns: ``merge``, and ``shared`` for what both have.
    """
    if _chosen != "torch" and _plain(tensor):
        if tensor.is_cpu:
            if _chosen != "triton":
                kernels = _numba()
                if kernels is not None:
                    return kernels
            elif _triton().INTERPRETED:
                return _triton()
        elif tensor.is_cuda and (_chosen == "triton" or _triton_runs_on(tensor.device)):
            return _triton()
    from relu_book.patterns.backends import reference

    return reference


@cache
def _numba() -> ModuleType | None:
    """Numba's kernels where it is installed; to look for it takes longer than many a packing."""
    if find_spec("numba") is None:
        return None
    from relu_book.patterns.backends import numba_kernels

    return numba_kernels


def _triton() -> ModuleType:
    from relu_book.patterns.backends import triton_kernels

    return triton_kernels


@cache
def _triton_runs_on(device: torch.device) -> bool:
    """Whether Triton is installed and its kernels compile and run on this GPU, tried out once."""
    if find_spec("triton") is None:
        return False
    try:
        packed, _ = _triton().pack(torch.tensor([[1.0, -1.0, 1.0]], device=device), 1)
        return packed.tolist() == [[5]] and not _triton().INTERPRETED
    except Exception as error:  # an old GPU, no C compiler, another Triton than torch's, …
        warnings.warn(
            f"patterns on {device} are packed and counted by PyTorch instead of Triton, which "
            f"fails there ({error!r:.300})",
            RuntimeWarning,
            stacklevel=3,
        )
        return False


def _plain(tensor: Tensor) -> bool:
    """Whether the tensor's memory can be read directly, bit 0 first."""
    direct = type(tensor) is Tensor and tensor.layout is torch.strided and not tensor.is_quantized
    return sys.byteorder == "little" and direct
