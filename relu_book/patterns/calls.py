"""Which calls are ReLU-like.

A call counts when its output has a kink at zero of its input: relu, relu6, leaky_relu, prelu,
rrelu, threshold at 0, hardtanh from 0, clamp (clip, clamp_min) from 0; as function, method or
operator, in place or not, on floating-point tensors. Its pattern is x > 0 (thesis 2.2.1, definition
1, with zero inactive; PReLU, LeakyReLU and RReLU by their sign likewise).
"""

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn

RELU_MODULES = (
    *(nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.PReLU, nn.RReLU),
    *(nn.Threshold, nn.Hardtanh),
)

# One call for all steps of a recurrent layer: its ReLUs are inside, out of sight.
RECURRENT = ("rnn_relu", "rnn_relu_cell")

# Function -> the argument (keyword, position) that must be 0, or None where it always counts.
_KINK: dict[str, tuple[str, int] | None] = {
    "relu": None,
    "relu6": None,
    "leaky_relu": None,
    "prelu": None,
    "rrelu": None,
    **dict.fromkeys(RECURRENT),
    "threshold": ("threshold", 1),
    "hardtanh": ("min_val", 1),
    "clamp": ("min", 1),
    "clip": ("min", 1),
    "clamp_min": ("min", 1),
}


def plain_name(function: Callable) -> str:
    """The name of a torch function without what tells its forms apart.

    Example:
        >>> import torch
        >>> functions = torch.relu_, torch.ops.aten.relu.default, torch.Tensor.T.__get__
        >>> [plain_name(function) for function in functions]
        ['relu', 'relu', 'T']
    """
    name = getattr(function, "__name__", "")
    if name in ("__get__", "__set__"):
        attribute = function.__self__.__name__
        return attribute if name == "__get__" else f"{attribute}="
    return name.partition(".")[0].strip("_")


def may_be_relu(name: str) -> bool:
    """Whether a function of this plain name counts, at least with some arguments."""
    return name in _KINK


def relu_like(function: Callable, args: tuple, kwargs: dict[str, Any]) -> tuple[str, Tensor] | None:
    """The function's plain name and its pre-activation, or ``None`` where the call does not count.

    Example:
        >>> import torch
        >>> x = torch.tensor([[-1.0, 2.0]])
        >>> relu_like(torch.Tensor.clamp_, (x,), {"min": 0})
        ('clamp', tensor([[-1.,  2.]]))
        >>> relu_like(torch.clamp, (x, 1.0), {}) is None
        True
    """
    name = plain_name(function)
    if name not in _KINK:
        return None
    kink = _KINK[name]
    if kink is not None:
        keyword, position = kink
        bound = args[position] if len(args) > position else kwargs.get(keyword)
        if isinstance(bound, Tensor) or bound != 0:
            return None
    tensor = args[0] if args else kwargs.get("input", kwargs.get("self"))
    if not isinstance(tensor, Tensor) or not tensor.is_floating_point() or tensor.ndim == 0:
        return None
    return name, tensor
