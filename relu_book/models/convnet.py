"""ConvNet, a ResNet without its skips, and ToyNet, a ConvNet whose stages are equally wide.

    ConvNet-n:  the convolutions, normalisations and activations of ResNet-n (version 2), in order
    ToyNet-n:   the same with 32 filters in every convolution

(thesis 2.1.1 and 3.1.3, article 3.1). Both halve height and width where ResNet does. The names of
the sites are those of ResNet: ``relu_after`` stands where ResNet has an addition in front of it,
so that the networks can be compared site by site.
"""

from collections.abc import Callable

import torch
from torch import nn

from relu_book.models.layers import Layers, units_per_stage, whole
from relu_book.models.resnet import ResNet


def convnet(
    depth: int,
    width: int = 16,
    *,
    batch_norm: bool = True,
    activation: Callable[[], nn.Module] = nn.ReLU,
    in_channels: int = 3,
    classes: int = 10,
    seed: int | None = None,
    dtype: torch.dtype | None = None,
) -> nn.Module:
    """ConvNet: ``cifar_resnet`` of version 2 without its skips; equal seeds give equal weights.

    Args:
        depth: Layers with weights, 6n + 2: 8, 14, 20, 26, 32, 44, 56, 110 and so on.
        width: Filters of the first stage; the second has twice, the third four times as many.
        batch_norm: Without it nothing is normalised and the convolutions have biases.
        activation: As for ``cifar_resnet``.
        in_channels: Channels of the images.
        classes: Number of outputs.
        seed: As for ``cifar_resnet``.
        dtype: As for ``cifar_resnet``.

    Returns:
        A network on the CPU from ``(n, in_channels, h, w)`` to ``(n, classes)``.

    Raises:
        ValueError: A depth that is not 6n + 2, or a count below 1.
        TypeError: A count that is no whole number, or an activation that makes no module.

    Cost: as ``cifar_resnet``.

    Example:
        >>> import torch
        >>> from relu_book.models import cifar_resnet, convnet
        >>> plain, residual = convnet(20, seed=0), cifar_resnet(20, seed=0)
        >>> all(map(torch.equal, plain.parameters(), residual.parameters()))
        True
    """
    width = whole("width", width)
    return _plain(
        "convnet",
        depth,
        (width, 2 * width, 4 * width),
        Layers(activation, batch_norm, seed, dtype),
        in_channels,
        classes,
    )


def toynet(
    depth: int,
    width: int = 32,
    *,
    batch_norm: bool = True,
    activation: Callable[[], nn.Module] = nn.ReLU,
    in_channels: int = 3,
    classes: int = 10,
    seed: int | None = None,
    dtype: torch.dtype | None = None,
) -> nn.Module:
    """ToyNet: ``convnet`` with ``width`` filters in every convolution.

    Args:
        depth: Layers with weights, 6n + 2: 8, 14, 20, 26, 32, 44, 56, 110 and so on.
        width: Filters of every convolution.
        batch_norm: Without it nothing is normalised (thesis figure 3.17) and the convolutions have
            biases.
        activation: As for ``cifar_resnet``.
        in_channels: Channels of the images.
        classes: Number of outputs.
        seed: As for ``cifar_resnet``.
        dtype: As for ``cifar_resnet``.

    Returns:
        A network on the CPU from ``(n, in_channels, h, w)`` to ``(n, classes)``.

    Raises:
        ValueError: A depth that is not 6n + 2, or a count below 1.
        TypeError: A count that is no whole number, or an activation that makes no module.

    Cost: depth 20 has 0.17 million parameters and takes 75 million multiplications an image of
    32 x 32 pixels.

    Example:
        >>> from relu_book.models import toynet
        >>> {layer.out_channels for layer in toynet(20).modules() if hasattr(layer, "out_channels")}
        {32}
    """
    filters = 3 * (whole("width", width),)
    layers = Layers(activation, batch_norm, seed, dtype)
    return _plain("toynet", depth, filters, layers, in_channels, classes)


def _plain(
    family: str,
    depth: int,
    filters: tuple[int, int, int],
    layers: Layers,
    in_channels: int,
    classes: int,
) -> ResNet:
    return ResNet(
        layers,
        3 * [units_per_stage(family, depth)],
        filters,
        version=2,
        skip=False,
        in_channels=whole("in_channels", in_channels),
        classes=whole("classes", classes),
    )
