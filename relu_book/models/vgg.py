"""VGG: stacks of 3 x 3 convolutions with max pooling between them, and three dense layers.

Simonyan and Zisserman (2014, arXiv:1409.1556), used in thesis 2.1.1 and 3.2.4. Five stages with
64, 128, 256, 512 and 512 filters end each with a 2 x 2 max pooling; the convolutions of a stage are

    VGG-11: 1 1 2 2 2     VGG-13: 2 2 2 2 2     VGG-16: 2 2 3 3 3     VGG-19: 2 2 4 4 4

The sources do not print the head they use on 32 x 32 pixels. Here its two hidden layers are as wide
as the last stage. The names of the parameters are those of torchvision, and so is the network with
``batch_norm=False, size=224, classes=1000, hidden=4096, dropout=0.5``.
"""

from collections.abc import Callable

import torch
from torch import nn

from relu_book.models.layers import Layers, whole

_CONVOLUTIONS = {
    11: (1, 1, 2, 2, 2),
    13: (2, 2, 2, 2, 2),
    16: (2, 2, 3, 3, 3),
    19: (2, 2, 4, 4, 4),
}


class VGG(nn.Module):
    """The convolutions and poolings in ``features``, the dense layers in ``classifier``."""

    def __init__(self, features: nn.Sequential, classifier: nn.Sequential, size: int) -> None:
        super().__init__()
        self.features = features
        self.classifier = classifier
        self.size = size

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, in_channels, size, size) to (n, classes)."""
        maps = self.features(x)
        side = -(-self.size // 32)
        if maps.shape[-2:] != (side, side):
            raise ValueError(
                f"this VGG takes images of {self.size} x {self.size} pixels, but got "
                f"{x.shape[-2]} x {x.shape[-1]}; make the network with their size= instead"
            )
        return self.classifier(maps.flatten(1))


def vgg(
    depth: int,
    batch_norm: bool = True,
    width: int = 64,
    *,
    activation: Callable[[], nn.Module] = nn.ReLU,
    in_channels: int = 3,
    classes: int = 10,
    size: int = 32,
    hidden: int | None = None,
    dropout: float = 0.0,
    seed: int | None = None,
    dtype: torch.dtype | None = None,
) -> nn.Module:
    """VGG-11, 13, 16 or 19 for square images of any size.

    Args:
        depth: Layers with weights, convolutions and dense ones: 11, 13, 16 or 19.
        batch_norm: Put batch normalisation after each convolution, which then has no bias.
        width: Filters of the first stage, 64 in the original; all other widths follow.
        activation: Called without arguments once a site; returns a module.
        in_channels: Channels of the images.
        classes: Number of outputs.
        size: Height and width of the images in pixels. A pooling rounds odd sizes up, so that
            images of fewer than 32 pixels, too, pass all five.
        hidden: Width of the two hidden dense layers; by default that of the last stage,
            ``8 * width``.
        dropout: Share of the hidden dense layers' outputs that a training pass drops; 0.5 in the
            original.
        seed: As for ``cifar_resnet``.
        dtype: As for ``cifar_resnet``.

    Returns:
        A network on the CPU from ``(n, in_channels, size, size)`` to ``(n, classes)``, whose sites
        are ``depth - 1`` modules of ``features`` and ``classifier``.

    Raises:
        ValueError: Another depth, a count below 1, or a dropout outside 0 to 1.
        TypeError: A count that is no whole number, or an activation that makes no module.

    Cost: VGG-16 for 32 x 32 pixels has 15.2 million parameters and takes 0.31 billion
    multiplications an image; a quarter of the width makes both 16 times smaller.

    Example:
        >>> import torch
        >>> from relu_book.models import vgg
        >>> model = vgg(11, width=8, in_channels=1, size=28, seed=0)
        >>> model(torch.zeros(2, 1, 28, 28)).shape
        torch.Size([2, 10])
    """
    depth = whole("depth", depth, None)
    if depth not in _CONVOLUTIONS:
        raise ValueError(f"VGG has 11, 13, 16 or 19 layers, but got depth {depth}")
    width, size = whole("width", width), whole("size", size)
    channels, classes = whole("in_channels", in_channels), whole("classes", classes)
    hidden = 8 * width if hidden is None else whole("hidden", hidden)
    layers = Layers(activation, batch_norm, seed, dtype)
    features: list[nn.Module] = []
    for many, factor in zip(_CONVOLUTIONS[depth], (1, 2, 4, 8, 8), strict=True):
        for _ in range(many):
            features.append(layers.convolution(channels, factor * width))
            if batch_norm:
                features.append(layers.normalisation(factor * width))
            features.append(layers.relu())
            channels = factor * width
        features.append(nn.MaxPool2d(2, ceil_mode=True))
    side = -(-size // 32)
    classifier = nn.Sequential(
        layers.linear(channels * side * side, hidden),
        layers.relu(),
        nn.Dropout(dropout),
        layers.linear(hidden, hidden),
        layers.relu(),
        nn.Dropout(dropout),
        layers.linear(hidden, classes),
    )
    return VGG(nn.Sequential(*features), classifier, size)
