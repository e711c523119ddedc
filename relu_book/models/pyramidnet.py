"""PyramidNet: residual units that grow wider one by one instead of stage by stage.

Han et al. (2017, arXiv:1610.02915), used in thesis 2.1.1, 3.1.3 and 3.1.6. With N units in all,

    filters of unit k = width + widening * k / N, rounded,     k = 1 … N

and a unit adds to what came in

    bn(conv(relu(bn(conv(bn(x))))))                                 3 x 3, 3 x 3
    bn(conv(relu(bn(conv(relu(bn(conv(bn(x)))))))))                 1 x 1, 3 x 3, 1 x 1 (bottleneck)

where the last convolution of a bottleneck has four times the filters. With one activation a unit,
and none directly after an addition but the network's last, there are fewer than in ResNet, as the
article says. A skip averages over 2 x 2 pixels where a stage begins and adds channels of zeros.

The sources print no layouts. This file follows the code that the article published: 16 + 84
filters for the networks on CIFAR, and for PyramidNet-41, on Tiny ImageNet, a first convolution of
5 x 5 with max pooling, stages of 3, 4 and 6 bottlenecks, and 32 + 96 filters.
"""

from collections.abc import Callable, Sequence

import torch
from torch import nn

from relu_book.models.layers import Layers, PaddedSkip, units_per_stage, whole


class PyramidUnit(nn.Module):
    """Two convolutions with an activation between them; only additions in front and behind."""

    expansion = 1

    def __init__(self, layers: Layers, inputs: int, filters: int, stride: int) -> None:
        super().__init__()
        self.bn1 = layers.normalisation(inputs)
        self.conv1 = layers.convolution(inputs, filters, stride=stride)
        self.bn2 = layers.normalisation(filters)
        self.relu_before = layers.relu()
        self.conv2 = layers.convolution(filters, filters)
        self.bn3 = layers.normalisation(filters)
        self.shortcut = PaddedSkip(inputs, filters, stride, average=True)

    def branch(self, x: torch.Tensor) -> torch.Tensor:
        """What is added to the skip."""
        x = self.relu_before(self.bn2(self.conv1(self.bn1(x))))
        return self.bn3(self.conv2(x))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, inputs, h, w) to (n, filters, ceil(h / stride), ceil(w / stride))."""
        return self.branch(x) + self.shortcut(x)


class PyramidBottleneck(nn.Module):
    """Three convolutions, the outer ones 1 x 1, with activations between them."""

    expansion = 4

    def __init__(self, layers: Layers, inputs: int, filters: int, stride: int) -> None:
        super().__init__()
        outputs = self.expansion * filters
        self.bn1 = layers.normalisation(inputs)
        self.conv1 = layers.convolution(inputs, filters, window=1)
        self.bn2 = layers.normalisation(filters)
        self.relu = layers.relu()
        self.conv2 = layers.convolution(filters, filters, stride=stride)
        self.bn3 = layers.normalisation(filters)
        self.relu_before = layers.relu()
        self.conv3 = layers.convolution(filters, outputs, window=1)
        self.bn4 = layers.normalisation(outputs)
        self.shortcut = PaddedSkip(inputs, outputs, stride, average=True)

    def branch(self, x: torch.Tensor) -> torch.Tensor:
        """What is added to the skip."""
        x = self.relu(self.bn2(self.conv1(self.bn1(x))))
        x = self.relu_before(self.bn3(self.conv2(x)))
        return self.bn4(self.conv3(x))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, inputs, h, w) to (n, 4 * filters, ceil(h / stride), ceil(w / stride))."""
        return self.branch(x) + self.shortcut(x)


class PyramidNet(nn.Module):
    """A convolution, stages ``layer1``, ``layer2``, … of units, average pooling, a dense layer.

    Args:
        layers: Makes the layers.
        units: Number of units of each stage.
        width: Filters before the first unit, by which the growth begins.
        widening: How many filters the last unit has more than that.
        bottleneck: Whether units are bottlenecks.
        pooled: Whether the network begins as for larger images: 5 x 5 windows, twice the filters,
            an activation, and max pooling that halves height and width.
        in_channels: Channels of the images.
        classes: Number of outputs.
    """

    def __init__(
        self,
        layers: Layers,
        units: Sequence[int],
        width: int,
        widening: int,
        *,
        bottleneck: bool = False,
        pooled: bool = False,
        in_channels: int = 3,
        classes: int = 10,
    ) -> None:
        super().__init__()
        unit = PyramidBottleneck if bottleneck else PyramidUnit
        channels = 2 * width if pooled else width
        self.conv1 = layers.convolution(in_channels, channels, window=5 if pooled else 3)
        self.bn1 = layers.normalisation(channels)
        self.relu = layers.relu() if pooled else None
        self.pool = nn.MaxPool2d(3, stride=2, padding=1) if pooled else None
        self.stages: list[str] = []
        built = 0
        for stage, many in enumerate(units, start=1):
            made = []
            for number in range(many):
                built += 1
                filters = round(width + widening * built / sum(units))
                stride = 2 if stage > 1 and number == 0 else 1
                made.append(unit(layers, channels, filters, stride))
                channels = filters * unit.expansion
            self.stages.append(f"layer{stage}")
            self.add_module(self.stages[-1], nn.Sequential(*made))
        self.bn = layers.normalisation(channels)
        self.relu_after = layers.relu()
        self.linear = layers.linear(channels, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, in_channels, h, w) to (n, classes)."""
        x = self.bn1(self.conv1(x))
        if self.pool is not None:
            x = self.pool(self.relu(x))
        for stage in self.stages:
            x = getattr(self, stage)(x)
        x = self.relu_after(self.bn(x))
        return self.linear(x.mean(dim=(2, 3)))


def pyramidnet(
    depth: int,
    width: int | None = None,
    widening: int | None = None,
    *,
    activation: Callable[[], nn.Module] = nn.ReLU,
    in_channels: int = 3,
    classes: int = 10,
    seed: int | None = None,
    dtype: torch.dtype | None = None,
) -> nn.Module:
    """PyramidNet: 20, 32 or 110 layers for small images, 41 for those of Tiny ImageNet.

    Args:
        depth: Layers with weights: 6n + 2, that is 8, 14, 20, 32, 110 and so on, or 41, whose units
            are bottlenecks.
        width: Filters by which the growth begins; by default 16, and 32 for 41 layers.
        widening: How many filters the last unit has more than ``width``; by default 5.25 times
            ``width``, that is 84, and 3 times ``width``, that is 96, for 41 layers.
        activation: As for ``cifar_resnet``.
        in_channels: As for ``cifar_resnet``.
        classes: As for ``cifar_resnet``.
        seed: As for ``cifar_resnet``.
        dtype: As for ``cifar_resnet``.

    Returns:
        A network on the CPU from ``(n, in_channels, h, w)`` to ``(n, classes)``, for images of any
        size. Sites are named as in ``cifar_resnet``: a ``relu_before`` in every unit, a ``relu`` in
        front of it in every bottleneck, and one ``relu_after`` at the end. Depth 20 has 10.

    Raises:
        ValueError: Another depth, a count below 1, or a widening below 0.
        TypeError: A count that is no whole number, or an activation that makes no module.

    Cost: depth 20 has 0.69 million parameters, depth 110 has 3.9 million.

    Example:
        >>> from relu_book.models import pyramidnet
        >>> model = pyramidnet(20, seed=0)
        >>> [unit.conv2.out_channels for unit in [*model.layer1, *model.layer2, *model.layer3]]
        [25, 35, 44, 53, 63, 72, 81, 91, 100]
    """
    tiny = whole("depth", depth, None) == 41
    if tiny:
        units = [3, 4, 6]
    else:
        units = 3 * [units_per_stage("pyramidnet", depth, ", or of 41 with bottlenecks")]
    width = (32 if tiny else 16) if width is None else whole("width", width)
    if widening is None:
        widening = 3 * width if tiny else 21 * width // 4
    return PyramidNet(
        Layers(activation, True, seed, dtype),
        units,
        width,
        whole("widening", widening, 0),
        bottleneck=tiny,
        pooled=tiny,
        in_channels=whole("in_channels", in_channels),
        classes=whole("classes", classes),
    )
