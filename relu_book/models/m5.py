"""M5: four convolutions along time, for raw sound.

Dai, Dai, Qu, Li and Das (2017, arXiv:1610.00087, table 1), used in thesis 2.1.1 and 3.3.2 for
Speech Commands. Each convolution is followed by batch normalisation, the activation and a maximum
over 4 moments; the last maps are averaged over time, and a dense layer gives the classes:

    convolution   window 80, stride 4    3      3      3
    filters       128                    128    256    512

The published network takes four seconds at 8 kHz, 32,000 values; the average takes any length. The
thesis does not print the form that it trained.
"""

from collections.abc import Callable

import torch
from torch import nn

from relu_book.models.layers import Layers, linear, whole

_FACTORS = (1, 1, 2, 4)  # filters of the convolutions, in units of the width
_FIRST = 80  # values in a window of the first one
_POOL = 4


class M5(nn.Module):
    """The convolutions in ``features``, the dense layer in ``classifier``."""

    def __init__(self, features: nn.Sequential, classifier: nn.Linear) -> None:
        super().__init__()
        self.features = features
        self.classifier = classifier

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, in_channels, time) to (n, classes)."""
        if x.dim() != 3:
            raise ValueError(
                "M5 takes sounds of the shape (n, in_channels, time), but got "
                f"{tuple(x.shape)}; add the missing dimensions with unsqueeze"
            )
        return self.classifier(self.features(x).mean(2))


def m5(
    width: int = 128,
    *,
    stride: int = 4,
    batch_norm: bool = True,
    activation: Callable[[], nn.Module] = nn.ReLU,
    in_channels: int = 1,
    classes: int = 10,
    seed: int | None = None,
    dtype: torch.dtype | None = None,
) -> nn.Module:
    """M5, a network for sounds of any length.

    Args:
        width: Filters of the first two convolutions, 128 in the original; the third has twice, the
            fourth four times as many.
        stride: Of the first convolution, 1 to 80; 4 in the original, for 8 kHz.
        batch_norm: Without it nothing is normalised and the convolutions have biases.
        activation: As for ``cifar_resnet``.
        in_channels: Channels of the sound.
        classes: Number of outputs.
        seed: As for ``cifar_resnet``.
        dtype: As for ``cifar_resnet``.

    Returns:
        A network on the CPU from ``(n, in_channels, time)`` to ``(n, classes)`` with the four
        sites ``features.2``, ``.6``, ``.10`` and ``.14``. The first map has ``time / stride``
        moments, rounded down, each maximum takes four and rounds up.

    Raises:
        ValueError: A count below 1, a stride above 80, or, from the network, another shape.
        TypeError: A count that is no whole number, or an activation that makes no module.

    Cost: 558,090 parameters at the full width and with ten classes, and 0.14 billion
    multiplications for a second at 16 kHz.

    Example:
        >>> import torch
        >>> from relu_book.models import m5
        >>> model = m5(width=8, classes=35, seed=0)
        >>> model(torch.zeros(2, 1, 16_000)).shape
        torch.Size([2, 35])
    """
    width, stride = whole("width", width), whole("stride", stride)
    inputs, classes = whole("in_channels", in_channels), whole("classes", classes)
    if stride > _FIRST:
        raise ValueError(
            f"a stride above {_FIRST} leaves out values of the sound, but got {stride}"
        )
    layers = Layers(activation, batch_norm, seed, dtype)
    features: list[nn.Module] = []
    for place, factor in enumerate(_FACTORS):
        filters, first = factor * width, place == 0
        window, step = (_FIRST, stride) if first else (3, 1)
        features += [
            _convolution(layers, inputs, filters, window, step),
            nn.BatchNorm1d(filters, device="cpu", dtype=layers.dtype)
            if batch_norm
            else nn.Identity(),
            layers.relu(),
            nn.MaxPool1d(_POOL, ceil_mode=True),
        ]
        inputs = filters
    return M5(nn.Sequential(*features), layers.linear(inputs, classes))


def _convolution(layers: Layers, inputs: int, filters: int, window: int, stride: int) -> nn.Conv1d:
    """Along time, from the numbers of a dense layer on windows; zeros on both sides."""
    bias = not layers.batch_norm
    dense = linear(inputs * window, filters, bias, None, layers.generator, layers.dtype)
    padding = -(-(window - stride) // 2)
    layer = nn.Conv1d(inputs, filters, window, stride, padding, bias=bias, device="meta")
    layer.weight = nn.Parameter(dense.weight.detach().view(layer.weight.shape))
    if bias:
        layer.bias = dense.bias
    return layer
