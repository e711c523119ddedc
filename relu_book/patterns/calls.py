"""Which calls are ReLU-like, and along which dimension their channels lie.

A call counts when its output has a kink at zero of its input: relu, relu6, leaky_relu, prelu,
rrelu, threshold at 0, hardtanh from 0, clamp (clip, clamp_min) from 0; as function, method or
operator, in place or not, on floating-point tensors. Its pattern is x > 0 (thesis 2.2.1, definition
1, with zero inactive; PReLU, LeakyReLU and RReLU by their sign likewise).
"""

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd

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

_CHANNELS_SECOND_IN_3D = (
    *(nn.Conv1d, nn.ConvTranspose1d),
    *(nn.MaxPool1d, nn.AvgPool1d, nn.LPPool1d, nn.MaxUnpool1d),
    *(nn.AdaptiveMaxPool1d, nn.AdaptiveAvgPool1d),
    *(nn.BatchNorm1d, nn.SyncBatchNorm, nn.InstanceNorm1d, nn.GroupNorm),
)
_POOLS = (
    *(nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d, nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d),
    *(nn.AdaptiveMaxPool1d, nn.AdaptiveMaxPool2d, nn.AdaptiveMaxPool3d),
    *(nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool3d),
)
# Leaves that hand their input's layout on, so that the leaf before them still decides.
_LAYOUT_KEPT = (
    *RELU_MODULES,
    *(nn.Identity, nn.Dropout, nn.AlphaDropout, nn.FeatureAlphaDropout),
    *(nn.Dropout1d, nn.Dropout2d, nn.Dropout3d),
)


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
    # "relu_", "_threshold" and the operator "relu.default" are relu, threshold and relu.
    name = getattr(function, "__name__", "").partition(".")[0].strip("_")
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


def decides_layout(module: nn.Module) -> bool:
    """Whether a leaf module's run says where the channels of what follows lie."""
    return not module._modules and not isinstance(module, _LAYOUT_KEPT)


def single_sample(module: nn.Module, output: Any, before: int | None) -> int | None:
    """The dimensions of a layer's output, if it is one sample without a batch dimension.

    A convolution tells (what it takes besides is one dimension fewer), pooling layers hand it on.

    Args:
        module: a leaf module that has run.
        output: what it returned.
        before: what this function gave for the leaf before it.

    Example:
        >>> import torch
        >>> layer = nn.Conv2d(1, 3, 1)
        >>> [single_sample(layer, torch.zeros(shape), None) for shape in [(3, 8, 8), (2, 3, 8, 8)]]
        [3, None]
    """
    dimensions = output.ndim if isinstance(output, Tensor) else None
    if isinstance(module, _ConvNd):
        return dimensions if dimensions == len(module.kernel_size) + 1 else None
    return before if isinstance(module, _POOLS) and dimensions == before else None


def channel_dimension(tensor: Tensor, last_leaf: nn.Module | None) -> int:
    """The channel dimension of a pre-activation, counted from the front.

    1 for two and for more than three dimensions; for three dimensions (batch, channel, time) 1
    after a 1-D convolution, pooling or normalisation, else (batch, token, channel) the last.

    Example:
        >>> import torch
        >>> channel_dimension(torch.zeros(2, 3, 5), nn.Conv1d(1, 3, 1))
        1
        >>> channel_dimension(torch.zeros(2, 3, 5), nn.Linear(1, 5))
        2
    """
    if tensor.ndim == 1:
        return 0
    if tensor.ndim == 3 and not isinstance(last_leaf, _CHANNELS_SECOND_IN_3D):
        return 2
    return 1
