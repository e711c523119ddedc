"""Which calls are ReLU-like.

A call counts when its output has a kink at zero of its input: relu, relu6, leaky_relu, prelu,
rrelu, threshold at 0, hardtanh from 0, clamp (clip, clamp_min) from 0; as function, method or
operator, in place or not, on floating-point tensors. Its pattern is x > 0 (thesis 2.2.1, definition
1, with zero inactive; PReLU, LeakyReLU and RReLU by their sign likewise).
"""

from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor, nn

RELU_MODULES = (
    *(nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.PReLU, nn.RReLU),
    *(nn.Threshold, nn.Hardtanh),
)

# Function -> the argument (keyword, position) that must be 0, or None where it always counts.
RELUS: dict[str, tuple[str, int] | None] = {
    "relu": None,
    "relu6": None,
    "leaky_relu": None,
    "prelu": None,
    "rrelu": None,
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
        attribute = getattr(function.__self__, "__name__", "")  # a property has none
        return attribute if name == "__get__" else f"{attribute}="
    return name.partition(".")[0].strip("_")


def is_fused(name: str) -> bool:
    """Whether one call of this plain name does more than a ReLU, which is inside, out of sight.

    Example:
        >>> [is_fused(name) for name in ("rnn_relu_cell", "conv2d_relu", "leaky_relu", "relu")]
        [True, True, False, False]
    """
    words = name.split("_")
    return "relu" in words and name not in RELUS and "backward" not in words


def may_be_relu(name: str) -> bool:
    """Whether a function of this plain name counts, at least with some arguments."""
    return name in RELUS or is_fused(name)


def has_kink_at_zero(name: str, args: Sequence[Any], kwargs: dict[str, Any] | None = None) -> bool:
    """Whether a function in this file's table is ReLU-like with these arguments.

    Example:
        >>> has_kink_at_zero("clamp", [None, 0]), has_kink_at_zero("clamp", [None], {"min": -1})
        (True, False)
    """
    if RELUS[name] is None:
        return True
    keyword, position = RELUS[name]
    bound = args[position] if len(args) > position else (kwargs or {}).get(keyword)
    return not isinstance(bound, Tensor) and bound == 0


def pre_activation_of(name: str, args: tuple, kwargs: dict[str, Any]) -> Tensor | None:
    """The input of a function that may be a ReLU, or ``None`` where the call does not count.

    Example:
        >>> import torch
        >>> x = torch.tensor([[-1.0, 2.0]])
        >>> pre_activation_of("clamp", (x,), {"min": 0})
        tensor([[-1.,  2.]])
        >>> pre_activation_of("clamp", (x, 1.0), {}) is None
        True
    """
    tensor = args[0] if args else kwargs.get("input", kwargs.get("self"))
    if name not in RELUS:  # a fused one
        return tensor
    if not isinstance(tensor, Tensor) or not has_kink_at_zero(name, args, kwargs):
        return None
    number = tensor.is_floating_point() or tensor.is_quantized
    return tensor if number and tensor.dim() else None


def relu_like(function: Callable, args: tuple, kwargs: dict[str, Any]) -> tuple[str, Tensor] | None:
    """The function's plain name and its pre-activation, or ``None`` where the call does not count.

    Example:
        >>> import torch
        >>> x = torch.tensor([[-1.0, 2.0]])
        >>> relu_like(torch.Tensor.clamp_, (x,), {"min": 0})
        ('clamp', tensor([[-1.,  2.]]))
    """
    name = plain_name(function)
    tensor = pre_activation_of(name, args, kwargs) if name in RELUS else None
    return None if tensor is None else (name, tensor)
