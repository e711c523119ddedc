"""Residual networks for small images: ResNet v1 and v2 of any depth 6n + 2, and ResNet-18.

A unit adds what its branch of two 3 x 3 convolutions computes to what came in,

    v1:  x' = relu(x + bn(conv(relu(bn(conv(x))))))     (He et al. 2015, arXiv:1512.03385)
    v2:  x' = x + conv(relu(bn(conv(relu(bn(x))))))     (He et al. 2016, arXiv:1603.05027)

and v2 ends with one more normalisation and activation. Three stages of n units have 16, 32 and 64
filters; the first unit of stages 2 and 3 halves height and width by the stride of its first
convolution. Global average pooling and one dense layer follow (thesis 2.1.1 and 3.1.3). Where the
shape changes, the skip takes every second pixel and adds channels of zeros ("option A"), in v2 too,
as in the code that the article published: no skip has weights.

The names of activations tell where they stand: ``relu_after`` works directly on a sum of branch and
skip, ``relu_before`` is the last one of a branch, so that one convolution lies between it and the
next sum, and a plain ``relu`` has no sum in front of it. ``watch(model, sites="*relu_after")``
sees those directly after an addition.
"""

from collections.abc import Callable, Sequence

import torch
from torch import nn

from relu_book.models.layers import Layers, PaddedSkip, units_per_stage, whole


class UnitV1(nn.Module):
    """Convolution, activation, convolution; the sum with the skip; activation."""

    def __init__(
        self,
        layers: Layers,
        inputs: int,
        filters: int,
        stride: int,
        skip: bool = True,
        projection: bool = False,
    ) -> None:
        super().__init__()
        self.conv1 = layers.convolution(inputs, filters, stride=stride)
        self.bn1 = layers.normalisation(filters)
        self.relu_before = layers.relu()
        self.conv2 = layers.convolution(filters, filters)
        self.bn2 = layers.normalisation(filters)
        if projection and (stride > 1 or inputs != filters):
            # Drawn with and without skips, so that both networks begin with equal weights.
            window = layers.convolution(inputs, filters, window=1, stride=stride)
            shortcut = nn.Sequential(window, layers.normalisation(filters))
        else:
            shortcut = PaddedSkip(inputs, filters, stride)
        self.shortcut = shortcut if skip else None
        self.relu_after = layers.relu()

    def branch(self, x: torch.Tensor) -> torch.Tensor:
        """What is added to the skip."""
        return self.bn2(self.conv2(self.relu_before(self.bn1(self.conv1(x)))))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, inputs, h, w) to (n, filters, ceil(h / stride), ceil(w / stride))."""
        total = self.branch(x)
        if self.shortcut is not None:
            total = total + self.shortcut(x)
        return self.relu_after(total)


class UnitV2(nn.Module):
    """Activation, convolution, activation, convolution; then the sum with the skip."""

    def __init__(
        self,
        layers: Layers,
        inputs: int,
        filters: int,
        stride: int,
        skip: bool = True,
        first: bool = False,
    ) -> None:
        super().__init__()
        self.bn1 = layers.normalisation(inputs)
        # The first unit of a network has a convolution in front of it, every other one a sum.
        self.entry = "relu" if first else "relu_after"
        self.add_module(self.entry, layers.relu())
        self.conv1 = layers.convolution(inputs, filters, stride=stride)
        self.bn2 = layers.normalisation(filters)
        self.relu_before = layers.relu()
        self.conv2 = layers.convolution(filters, filters)
        self.shortcut = PaddedSkip(inputs, filters, stride) if skip else None

    def branch(self, x: torch.Tensor) -> torch.Tensor:
        """What is added to the skip."""
        entered = getattr(self, self.entry)(self.bn1(x))
        return self.conv2(self.relu_before(self.bn2(self.conv1(entered))))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, inputs, h, w) to (n, filters, ceil(h / stride), ceil(w / stride))."""
        total = self.branch(x)
        return total if self.shortcut is None else total + self.shortcut(x)


class ResNet(nn.Module):
    """A convolution, stages ``layer1``, ``layer2``, … of units, average pooling, a dense layer.

    Args:
        layers: Makes the layers.
        units: Number of units of each stage.
        filters: Filters of each stage.
        version: 1 or 2.
        skip: Without skips a unit is its branch alone.
        projection: Whether skips that change the shape are 1 x 1 convolutions (version 1 only).
        in_channels: Channels of the images.
        classes: Number of outputs.
    """

    def __init__(
        self,
        layers: Layers,
        units: Sequence[int],
        filters: Sequence[int],
        *,
        version: int,
        skip: bool = True,
        projection: bool = False,
        in_channels: int = 3,
        classes: int = 10,
    ) -> None:
        super().__init__()
        self.version = version
        channels = filters[0]
        self.conv1 = layers.convolution(in_channels, channels)
        if version == 1:
            self.bn1 = layers.normalisation(channels)
            self.relu = layers.relu()
        self.stages: list[str] = []
        for stage, (many, width) in enumerate(zip(units, filters, strict=True), start=1):
            made = []
            for number in range(many):
                stride = 2 if stage > 1 and number == 0 else 1
                shape = (layers, channels, width, stride, skip)
                first = stage == 1 and number == 0
                made.append(UnitV1(*shape, projection) if version == 1 else UnitV2(*shape, first))
                channels = width
            self.stages.append(f"layer{stage}")
            self.add_module(self.stages[-1], nn.Sequential(*made))
        if version == 2:
            self.bn = layers.normalisation(channels)
            self.relu_after = layers.relu()
        self.linear = layers.linear(channels, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, in_channels, h, w) to (n, classes)."""
        x = self.conv1(x)
        if self.version == 1:
            x = self.relu(self.bn1(x))
        for stage in self.stages:
            x = getattr(self, stage)(x)
        if self.version == 2:
            x = self.relu_after(self.bn(x))
        return self.linear(x.mean(dim=(2, 3)))


def cifar_resnet(
    depth: int,
    version: int = 2,
    width: int = 16,
    *,
    batch_norm: bool = True,
    activation: Callable[[], nn.Module] = nn.ReLU,
    in_channels: int = 3,
    classes: int = 10,
    seed: int | None = None,
    dtype: torch.dtype | None = None,
) -> nn.Module:
    """ResNet for small images: three stages of ``(depth - 2) / 6`` units.

    Args:
        depth: Layers with weights, 6n + 2: 8, 14, 20, 26, 32, 44, 56, 110 and so on.
        version: 1, or 2 with its activations in front of the convolutions.
        width: Filters of the first stage; the second has twice, the third four times as many.
        batch_norm: Without it nothing is normalised and the convolutions have biases.
        activation: Called without arguments once a site; returns a module: ``nn.ReLU``,
            ``nn.PReLU``, ``functools.partial(nn.LeakyReLU, 0.1)``.
        in_channels: Channels of the images, 1 for grey ones.
        classes: Number of outputs.
        seed: Draws the weights, in float64, from a generator of their own; equal seeds and shapes
            give equal weights whatever the other arguments, up to the rounding of the dtype.
            Without a seed torch's global generator is used.
        dtype: Type of the parameters, by default ``torch.get_default_dtype()``.

    Returns:
        A network on the CPU from ``(n, in_channels, h, w)`` to ``(n, classes)``, for images of any
        size. Its ``depth - 1`` activations are named as this file's beginning says, its parameters
        in version 1 as the published CIFAR-10 weights are.

    Raises:
        ValueError: A depth that is not 6n + 2, a version other than 1 and 2, or a count below 1.
        TypeError: A count that is no whole number, or an activation that makes no module.

    Cost: depth 20 has 0.27 million parameters and takes 41 million multiplications an image of
    32 x 32 pixels.

    Example:
        >>> import torch
        >>> from relu_book.models import cifar_resnet
        >>> from relu_book.patterns import watch
        >>> model = cifar_resnet(8, seed=0)
        >>> with watch(model) as watched:
        ...     model(torch.zeros(2, 3, 32, 32)).shape
        torch.Size([2, 10])
        >>> list(watched.sites)[:4]
        ['layer1.0.relu', 'layer1.0.relu_before', 'layer2.0.relu_after', 'layer2.0.relu_before']
    """
    units = units_per_stage("cifar_resnet", depth)
    if version not in (1, 2):
        raise ValueError(f"version must be 1 or 2 (pre-activation), but got {version!r}")
    width = whole("width", width)
    return ResNet(
        Layers(activation, batch_norm, seed, dtype),
        3 * [units],
        (width, 2 * width, 4 * width),
        version=version,
        in_channels=whole("in_channels", in_channels),
        classes=whole("classes", classes),
    )


def resnet18(
    width: int = 64,
    *,
    skip: bool = True,
    batch_norm: bool = True,
    activation: Callable[[], nn.Module] = nn.ReLU,
    in_channels: int = 3,
    classes: int = 10,
    seed: int | None = None,
    dtype: torch.dtype | None = None,
) -> nn.Module:
    """ResNet-18 for small images: four stages of two units of version 1.

    The ImageNet network with the changes that are usual for CIFAR: a first convolution of 3 x 3
    with stride 1, and no pooling behind it. A skip whose shape changes is a 1 x 1 convolution with
    normalisation ("option B"). The layout is a choice of this book: thesis figure 3.15 and
    supplement G name only the network.

    Args:
        width: Filters of the first stage; each later one has twice as many as the one before.
        skip: ``False`` removes the skips (thesis figure 3.15) and keeps everything else.
        batch_norm: As for ``cifar_resnet``.
        activation: As for ``cifar_resnet``.
        in_channels: As for ``cifar_resnet``.
        classes: As for ``cifar_resnet``.
        seed: As for ``cifar_resnet``.
        dtype: As for ``cifar_resnet``.

    Returns:
        A network on the CPU from ``(n, in_channels, h, w)`` to ``(n, classes)`` with 17
        activations, named as in ``cifar_resnet``.

    Raises:
        ValueError: A count below 1.
        TypeError: A count that is no whole number, or an activation that makes no module.

    Cost: 11.2 million parameters, 0.56 billion multiplications an image of 32 x 32 pixels.

    Example:
        >>> from relu_book.models import resnet18
        >>> sum(parameter.numel() for parameter in resnet18(width=8, seed=0).parameters())
        176402
    """
    width = whole("width", width)
    return ResNet(
        Layers(activation, batch_norm, seed, dtype),
        4 * [2],
        (width, 2 * width, 4 * width, 8 * width),
        version=1,
        skip=skip,
        projection=True,
        in_channels=whole("in_channels", in_channels),
        classes=whole("classes", classes),
    )
