"""FixUp: a residual network without normalisation that begins with branches of zero.

Zhang et al. (2019, arXiv:1901.09321), used in thesis 2.1.1, 3.1.3 and 3.1.6. A network of L units
with m = 2 convolutions in each branch is a ResNet v1 in which

    x' = relu(x + scale * conv2(relu(conv1(x + b1) + b2) + b3) + b4)

with one number each for the biases b (0 at first) and the scale (1 at first). The first convolution
of a branch begins with He's weights times L^(-1/(2m - 2)) = L^(-1/2), the second and the dense
layer at the end with zeros. So every branch gives 0 before training, and a step of the optimiser
changes the outputs by an amount that does not depend on the depth. Where the shape changes, the
skip takes every second pixel of x + b1 and adds channels of zeros.

The weight types are trained apart: ``fixup_groups`` gives biases and scales a tenth of the
learning rate. The code that the article published draws the dense layer instead of beginning it
with zeros; here it follows the paper.
"""

import math
from collections.abc import Callable

import torch
from torch import nn

from relu_book.models.layers import Layers, PaddedSkip, units_per_stage, whole


class FixupUnit(nn.Module):
    """Two convolutions with an activation between them; the sum with the skip; activation."""

    def __init__(self, layers: Layers, inputs: int, filters: int, stride: int, units: int) -> None:
        super().__init__()
        self.bias1a = _scalar(0.0, layers.dtype)
        gain = 1 / math.sqrt(units)
        self.conv1 = layers.convolution(inputs, filters, stride=stride, bias=False, gain=gain)
        self.bias1b = _scalar(0.0, layers.dtype)
        self.relu_before = layers.relu()
        self.bias2a = _scalar(0.0, layers.dtype)
        self.conv2 = layers.convolution(filters, filters, bias=False)
        self.scale = _scalar(1.0, layers.dtype)
        self.bias2b = _scalar(0.0, layers.dtype)
        self.relu_after = layers.relu()
        same = stride == 1 and inputs == filters
        self.shortcut = None if same else PaddedSkip(inputs, filters, stride)
        nn.init.zeros_(self.conv2.weight)

    def branch(self, x: torch.Tensor) -> torch.Tensor:
        """What is added to the skip."""
        x = self.relu_before(self.conv1(x + self.bias1a) + self.bias1b)
        return self.conv2(x + self.bias2a) * self.scale + self.bias2b

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, inputs, h, w) to (n, filters, ceil(h / stride), ceil(w / stride))."""
        skip = x if self.shortcut is None else self.shortcut(x + self.bias1a)
        return self.relu_after(self.branch(x) + skip)


class FixupResNet(nn.Module):
    """A convolution, three stages of units, average pooling, a dense layer; no normalisation."""

    def __init__(
        self, layers: Layers, units: int, width: int, in_channels: int, classes: int
    ) -> None:
        super().__init__()
        self.conv1 = layers.convolution(in_channels, width, bias=False)
        self.bias1 = _scalar(0.0, layers.dtype)
        self.relu = layers.relu()
        channels = width
        stages = []
        for filters in (width, 2 * width, 4 * width):
            made = []
            for number in range(units):
                stride = 2 if filters > width and number == 0 else 1
                made.append(FixupUnit(layers, channels, filters, stride, 3 * units))
                channels = filters
            stages.append(nn.Sequential(*made))
        self.layer1, self.layer2, self.layer3 = stages
        self.bias2 = _scalar(0.0, layers.dtype)
        self.linear = layers.linear(channels, classes)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, in_channels, h, w) to (n, classes)."""
        x = self.relu(self.conv1(x) + self.bias1)
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.linear(x.mean(dim=(2, 3)) + self.bias2)


def fixup_resnet(
    depth: int,
    width: int = 16,
    *,
    activation: Callable[[], nn.Module] = nn.ReLU,
    in_channels: int = 3,
    classes: int = 10,
    seed: int | None = None,
    dtype: torch.dtype | None = None,
) -> nn.Module:
    """FixUp for small images: three stages of ``(depth - 2) / 6`` units, no normalisation.

    Args:
        depth: Layers with weights, 6n + 2: 8, 14, 20, 26, 32, 44, 56, 110 and so on.
        width: Filters of the first stage; the second has twice, the third four times as many.
        activation: As for ``cifar_resnet``.
        in_channels: As for ``cifar_resnet``.
        classes: As for ``cifar_resnet``.
        seed: As for ``cifar_resnet``.
        dtype: As for ``cifar_resnet``.

    Returns:
        A network on the CPU from ``(n, in_channels, h, w)`` to ``(n, classes)``, for images of any
        size, whose outputs are all 0 before training. Its ``depth - 1`` sites are named as those of
        ``cifar_resnet`` in version 1; a unit's ``branch(x)`` is what it adds to the skip.

    Raises:
        ValueError: A depth that is not 6n + 2, or a count below 1.
        TypeError: A count that is no whole number, or an activation that makes no module.

    Cost: as ``cifar_resnet`` without its normalisation.

    Example:
        >>> import torch
        >>> from relu_book.models import fixup_resnet
        >>> model = fixup_resnet(20, seed=0)
        >>> model.layer1[0].branch(torch.ones(1, 16, 4, 4)).abs().max().item()
        0.0
    """
    return FixupResNet(
        Layers(activation, False, seed, dtype),
        units_per_stage("fixup_resnet", depth),
        whole("width", width),
        whole("in_channels", in_channels),
        whole("classes", classes),
    )


def fixup_groups(model: nn.Module, learning_rate: float) -> list[dict]:
    """The parameters as an optimiser's groups: biases and scales learn at a tenth of the rate.

    Args:
        model: A network of ``fixup_resnet``.
        learning_rate: That of the weights.

    Returns:
        Two groups, the first of weights, the second of biases and scales.

    Example:
        >>> import torch
        >>> from relu_book.models import fixup_groups, fixup_resnet
        >>> groups = fixup_groups(fixup_resnet(8), learning_rate=0.1)
        >>> [len(group["params"]) for group in groups]
        [8, 18]
        >>> optimizer = torch.optim.SGD(groups, lr=0.1, momentum=0.9)
    """
    weights, numbers = [], []
    for name, parameter in model.named_parameters():
        kind = name.rpartition(".")[2]
        (numbers if kind == "scale" or kind.startswith("bias") else weights).append(parameter)
    return [
        {"params": weights, "lr": learning_rate},
        {"params": numbers, "lr": learning_rate / 10},
    ]


def _scalar(value: float, dtype: torch.dtype) -> nn.Parameter:
    return nn.Parameter(torch.full((1,), value, dtype=dtype, device="cpu"))
