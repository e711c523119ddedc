"""The networks that the chapters train, by the name that settings give them.

Four convolutions are the "4-layer ConvNet" of supplement C and G, of which no more is printed: 3 x
3 windows, the second and the fourth with stride 2, no normalisation, a mean over the places and a
dense layer that reads it.
"""

from collections.abc import Callable

import torch
from torch import nn

from relu_book.models import (
    cifar_resnet,
    convnet,
    fixup_resnet,
    mlp,
    pyramidnet,
    resnet18,
    toynet,
    vgg,
)
from relu_book.models.layers import Layers


def four_convolutions(
    depth: int,
    width: int = 32,
    *,
    batch_norm: bool = False,
    activation: Callable[[], nn.Module] = nn.ReLU,
    in_channels: int = 1,
    classes: int = 10,
    seed: int | None = None,
    dtype: torch.dtype | None = None,
) -> nn.Module:
    """Four convolutions of ``width`` and, from the third on, twice as many filters.

    Args:
        depth: 5, the dense layer included.
        width: Filters of the first two.
        batch_norm: As for ``cifar_resnet``.
        activation: As for ``cifar_resnet``.
        in_channels: As for ``cifar_resnet``.
        classes: As for ``cifar_resnet``.
        seed: As for ``cifar_resnet``.
        dtype: As for ``cifar_resnet``.

    Returns:
        A network from ``(n, in_channels, h, w)`` to ``(n, classes)`` with four sites.

    Raises:
        ValueError: Another depth.

    Example:
        >>> four_convolutions(5, 4, seed=0)(torch.zeros(2, 1, 28, 28)).shape
        torch.Size([2, 10])
    """
    if depth != 5:
        raise ValueError(f"four convolutions and a dense layer are 5 layers, not {depth}")
    layers = Layers(activation, batch_norm, seed, dtype)
    parts: list[nn.Module] = []
    for filters, stride in ((width, 1), (width, 2), (2 * width, 1), (2 * width, 2)):
        parts += [layers.convolution(in_channels, filters, stride=stride)]
        parts += [layers.normalisation(filters), layers.relu()]
        in_channels = filters
    parts += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), layers.linear(in_channels, classes)]
    return nn.Sequential(*parts)


def two_convolutions(
    depth: int,
    width: int = 32,
    *,
    activation: Callable[[], nn.Module] = nn.ReLU,
    in_channels: int = 1,
    classes: int = 10,
    seed: int = 0,
    dtype: torch.dtype | None = None,
    size: int = 28,
) -> nn.Module:
    """The network of PyTorch's MNIST example and of schedule_free's, with weights as torch draws.

    Args:
        depth: 4, the two dense layers included.
        width: Filters of the first convolution; the second has twice, the dense layer four times
            as many.
        activation: As for ``cifar_resnet``.
        in_channels: As for ``cifar_resnet``.
        classes: As for ``cifar_resnet``.
        seed: As for ``cifar_resnet``.
        dtype: As for ``cifar_resnet``.
        size: Height and width of the images.

    Returns:
        A network from ``(n, in_channels, size, size)`` to ``(n, classes)`` with three sites.

    Raises:
        ValueError: Another depth.

    Example:
        >>> two_convolutions(4, 4, size=8)(torch.zeros(2, 1, 8, 8)).shape
        torch.Size([2, 10])
    """
    if depth != 4:
        raise ValueError(f"two convolutions and two dense layers are 4 layers, not {depth}")
    kind = {} if dtype is None else {"dtype": dtype}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        first = nn.Conv2d(in_channels, width, 3, **kind), activation()
        second = nn.Conv2d(width, 2 * width, 3, **kind), activation(), nn.MaxPool2d(2)
        places = ((size - 4) // 2) ** 2
        hidden = nn.Linear(2 * width * places, 4 * width, **kind), activation()
        head = nn.Dropout(0.5), nn.Linear(4 * width, classes, **kind)
    return nn.Sequential(*first, *second, nn.Dropout(0.25), nn.Flatten(), *hidden, *head)


def _resnet18_no_skips(depth: int, width: int, **options) -> nn.Module:
    if depth != 18:
        raise ValueError(f"a ResNet-18 has 18 layers, not {depth}")
    return resnet18(width, skip=False, **options)


def dense(
    depth: int,
    width: int,
    *,
    size: int,
    in_channels: int = 1,
    classes: int = 10,
    **options,
) -> nn.Module:
    """A dense network of hidden layers of one width; six layers of 512 on 28 x 28 pixels are F1.

    Args:
        depth: Linear layers, the last one included.
        width: Filters of the hidden ones.
        size: Height and width of the images.
        in_channels: As for ``cifar_resnet``.
        classes: As for ``cifar_resnet``.
        **options: As for ``relu_book.models.mlp``.

    Returns:
        A network from ``(n, in_channels, size, size)`` to ``(n, classes)``.

    Example:
        >>> dense(3, 4, size=8, seed=0)(torch.zeros(2, 1, 8, 8)).shape
        torch.Size([2, 10])
    """
    widths = (in_channels * size * size, *(depth - 1) * (width,), classes)
    return nn.Sequential(nn.Flatten(), *mlp(widths, **options))


def _toynet(depth: int, width: int, **options) -> nn.Module:
    return toynet(depth, 2 * width, **options)


MAKERS: dict[str, Callable[..., nn.Module]] = {
    "toynet": _toynet,
    "convnet": convnet,
    "resnet": cifar_resnet,
    "resnet18_no_skips": _resnet18_no_skips,
    "pyramidnet": pyramidnet,
    "fixup": fixup_resnet,
    "vgg": vgg,
    "four_convolutions": four_convolutions,
    "two_convolutions": two_convolutions,
    "dense": dense,
}
