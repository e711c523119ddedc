"""Networks for ImageNet whose convolutions are separable: MobileNet v1 and EfficientNet-Lite0.

A separable convolution is one of each channel by itself (depthwise) and one of single pixels that
mixes channels (pointwise), each with batch normalisation and, but for a block's last one, ReLU6:

    MobileNet v1 (Howard et al. 2017, arXiv:1704.04861)
        x' = r(bn(pointwise(r(bn(depthwise(x))))))
    EfficientNet-Lite0 (Tan and Le 2019, arXiv:1905.11946, without squeeze-and-excitation)
        x' = bn(pointwise(r(bn(depthwise(r(bn(pointwise(x)))))))) + x, where shapes agree

Both are TensorFlow's: a window of stride 2 begins at the first pixel of an even side (padding
"SAME"), and the variance of a batch norm is 1e-3 larger. Names are those of timm.
"""

import math

import torch
from torch import nn
from torch.nn import functional

from relu_book.models.layers import Layers, whole

_EPS = 1e-3
# Filters at full width, blocks, and stride of the first block of each stage.
_MOBILENET = ((64, 1, 1), (128, 2, 2), (256, 2, 2), (512, 6, 2), (1024, 2, 2))
# Filters, blocks, stride, window.
_LITE0 = (
    *((24, 2, 2, 3), (40, 2, 2, 5), (80, 3, 2, 3)),
    *((112, 3, 1, 5), (192, 4, 2, 5), (320, 1, 1, 3)),
)
_EXPANSION = 6


class SameConv2d(nn.Conv2d):
    """A convolution of ceil(side / stride) windows, with the odd zero behind and below.

    Example:
        >>> SameConv2d(1, 1, 3, stride=2)(torch.zeros(1, 1, 7, 8)).shape
        torch.Size([1, 1, 4, 4])
    """

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, inputs, h, w) to (n, filters, ceil(h / stride), ceil(w / stride))."""
        zeros: list[int] = []
        for dim in (-1, -2):
            side, window, stride = x.shape[dim], self.kernel_size[dim], self.stride[dim]
            missing = max((math.ceil(side / stride) - 1) * stride + window - side, 0)
            zeros += [missing // 2, missing - missing // 2]
        return super().forward(functional.pad(x, zeros) if any(zeros) else x)


class SeparableUnit(nn.Module):
    """A depthwise and a pointwise convolution; ``last`` says whether a ReLU6 ends it."""

    def __init__(self, layers: Layers, inputs: int, filters: int, stride: int, last: bool) -> None:
        super().__init__()
        self.conv_dw = _convolution(layers, inputs, inputs, 3, stride, groups=inputs)
        self.bn1 = _normalisation(layers, inputs)
        self.relu1 = layers.relu()
        self.conv_pw = _convolution(layers, inputs, filters, 1)
        self.bn2 = _normalisation(layers, filters)
        self.relu2 = layers.relu() if last else nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, inputs, h, w) to (n, filters, ceil(h / stride), ceil(w / stride))."""
        x = self.relu1(self.bn1(self.conv_dw(x)))
        return self.relu2(self.bn2(self.conv_pw(x)))


class InvertedUnit(nn.Module):
    """Pointwise to six times the channels, depthwise, pointwise back; a skip if shapes agree."""

    def __init__(self, layers: Layers, inputs: int, filters: int, stride: int, window: int) -> None:
        super().__init__()
        inner = _EXPANSION * inputs
        self.conv_pw = _convolution(layers, inputs, inner, 1)
        self.bn1 = _normalisation(layers, inner)
        self.relu1 = layers.relu()
        self.conv_dw = _convolution(layers, inner, inner, window, stride, groups=inner)
        self.bn2 = _normalisation(layers, inner)
        self.relu2 = layers.relu()
        self.conv_pwl = _convolution(layers, inner, filters, 1)
        self.bn3 = _normalisation(layers, filters)
        self.skip = stride == 1 and inputs == filters

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, inputs, h, w) to (n, filters, ceil(h / stride), ceil(w / stride))."""
        branch = self.relu1(self.bn1(self.conv_pw(x)))
        branch = self.relu2(self.bn2(self.conv_dw(branch)))
        branch = self.bn3(self.conv_pwl(branch))
        return branch + x if self.skip else branch


class MobileNetV1(nn.Module):
    """A convolution, stages of separable units, average pooling, a dense layer."""

    def __init__(self, layers: Layers, width: float, in_channels: int, classes: int) -> None:
        super().__init__()
        channels = round(32 * width)
        self.conv_stem = _convolution(layers, in_channels, channels, 3, 2)
        self.bn1 = _normalisation(layers, channels)
        self.relu = layers.relu()
        stages = []
        for filters, many, stride in _MOBILENET:
            units = []
            for number in range(many):
                step = 1 if number else stride
                units.append(SeparableUnit(layers, channels, round(filters * width), step, True))
                channels = round(filters * width)
            stages.append(nn.Sequential(*units))
        self.blocks = nn.Sequential(*stages)
        self.classifier = layers.linear(channels, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, in_channels, h, w) to (n, classes)."""
        x = self.blocks(self.relu(self.bn1(self.conv_stem(x))))
        return self.classifier(x.mean((2, 3)))


class EfficientNetLite0(nn.Module):
    """A convolution, a separable unit, stages of inverted units, a pointwise and a dense layer."""

    def __init__(self, layers: Layers, classes: int) -> None:
        super().__init__()
        self.conv_stem = _convolution(layers, 3, 32, 3, 2)
        self.bn1 = _normalisation(layers, 32)
        self.relu = layers.relu()
        channels, stages = 16, [nn.Sequential(SeparableUnit(layers, 32, 16, 1, False))]
        for filters, many, stride, window in _LITE0:
            units = []
            for number in range(many):
                step = 1 if number else stride
                units.append(InvertedUnit(layers, channels, filters, step, window))
                channels = filters
            stages.append(nn.Sequential(*units))
        self.blocks = nn.Sequential(*stages)
        self.conv_head = _convolution(layers, channels, 1280, 1)
        self.bn2 = _normalisation(layers, 1280)
        self.relu_head = layers.relu()
        self.classifier = layers.linear(1280, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, 3, h, w) to (n, classes)."""
        x = self.blocks(self.relu(self.bn1(self.conv_stem(x))))
        x = self.relu_head(self.bn2(self.conv_head(x)))
        return self.classifier(x.mean((2, 3)))


def mobilenet_v1(
    width: float = 1.0,
    *,
    in_channels: int = 3,
    classes: int = 1000,
    seed: int | None = None,
    dtype: torch.dtype | None = None,
) -> nn.Module:
    """MobileNet v1: 13 separable convolutions without skips.

    Args:
        width: Factor of all numbers of filters; 0.25, 0.5, 0.75 and 1 were published.
        in_channels: Channels of the images.
        classes: Number of outputs.
        seed: As for ``cifar_resnet``.
        dtype: As for ``cifar_resnet``.

    Returns:
        A network on the CPU from ``(n, in_channels, h, w)`` to ``(n, classes)`` with 27 sites; its
        images have values from -1 to 1. Keras's weights load under timm's names.

    Raises:
        ValueError: A width with which a layer has no filter, or no class.

    Cost: of width 0.25 0.47 million parameters and 41 million multiplications an image of
    224 x 224 pixels.

    Example:
        >>> model = mobilenet_v1(0.25, classes=10, seed=0).eval()
        >>> model(torch.zeros(2, 3, 32, 32)).shape
        torch.Size([2, 10])
    """
    if not round(32 * width) >= 1:
        raise ValueError(f"width must leave 32 * width filters or more, at least 1, not {width!r}")
    layers = Layers(nn.ReLU6, True, seed, dtype)
    channels, classes = whole("in_channels", in_channels), whole("classes", classes)
    return MobileNetV1(layers, width, channels, classes)


def efficientnet_lite0(
    *, classes: int = 1000, seed: int | None = None, dtype: torch.dtype | None = None
) -> nn.Module:
    """EfficientNet-Lite0: 15 inverted units, nine of which have skips.

    Args:
        classes: Number of outputs.
        seed: As for ``cifar_resnet``.
        dtype: As for ``cifar_resnet``.

    Returns:
        A network on the CPU from ``(n, 3, h, w)`` to ``(n, classes)`` with 33 sites; its images
        are ``(255 x - 127) / 128`` for values x from 0 to 1. Published weights load under timm's
        names.

    Raises:
        ValueError: No class.

    Cost: 4.65 million parameters and 0.39 billion multiplications an image of 224 x 224 pixels.

    Example:
        >>> model = efficientnet_lite0(seed=0)
        >>> sum(parameter.numel() for parameter in model.parameters())
        4652008
    """
    return EfficientNetLite0(Layers(nn.ReLU6, True, seed, dtype), whole("classes", classes))


def _convolution(
    layers: Layers, inputs: int, filters: int, window: int, stride: int = 1, groups: int = 1
) -> SameConv2d:
    drawn = layers.convolution(inputs // groups, filters, window, stride)
    made = SameConv2d(inputs, filters, window, stride, groups=groups, bias=False, device="meta")
    made.weight = drawn.weight
    return made


def _normalisation(layers: Layers, channels: int) -> nn.Module:
    made = layers.normalisation(channels)
    made.eps = _EPS
    return made
