"""The layouts of the source's networks, counted in our models (thesis 2.1.1 and 3.1.3)."""

from collections.abc import Iterable
from itertools import zip_longest

import numpy as np
import torch
from torch import nn

from relu_book.models import cifar_resnet, convnet, f1, fixup_resnet, pyramidnet, toynet, vgg
from relu_book.patterns import watch

NORMALISATIONS = (nn.modules.batchnorm._NormBase, nn.GroupNorm, nn.LayerNorm)


def layers(model: nn.Module, kind: type | tuple[type, ...]) -> list:
    """The modules of a kind, in the order of the network.

    Example:
        >>> from relu_book.models import mlp
        >>> layers(mlp((2, 3, 1)), nn.Linear)[0]
        Linear(in_features=2, out_features=3, bias=True)
    """
    return [layer for layer in model.modules() if isinstance(layer, kind)]


def dense() -> dict[str, object]:
    """Parameters, ReLU layers and widths of F1."""
    model = f1()
    return {
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "relu_layers": len(layers(model, nn.ReLU)),
        "hidden_widths": [layer.out_features for layer in layers(model, nn.Linear)[:-1]],
    }


def residual_family(depth: int = 20) -> dict[str, object]:
    """ResNet (version 2), ConvNet and ToyNet side by side, on pictures of 32 x 32 pixels."""
    resnet, plain, toy = (make(depth) for make in (cifar_resnet, convnet, toynet))
    windows = {name: three_by_three(model) for name, model in (("r", resnet), ("c", plain))}
    stages = [getattr(resnet, stage) for stage in resnet.stages]
    family = (resnet, plain, toy)
    return {
        "differing_relu_layers": differing(relu_shapes(resnet), relu_shapes(plain)),
        "differing_convolutions": differing(windows["r"], windows["c"]),
        "block_filters": [layers(stage, nn.Conv2d)[-1].out_channels for stage in stages],
        "toynet_filters": [layer.out_channels for layer in layers(toy, nn.Conv2d)],
        "kernel_sizes": [
            size
            for model in family
            for layer in layers(model, nn.Conv2d)
            if layer.kernel_size != (1, 1)
            for size in layer.kernel_size
        ],
        "values_after_pooling": [
            model.linear.in_features / layers(model, nn.Conv2d)[-1].out_channels for model in family
        ],
        "projections": sum(layer.kernel_size == (1, 1) for layer in layers(resnet, nn.Conv2d)),
    }


def relu_shapes(model: nn.Module, size: int = 32) -> list[tuple[int, ...]]:
    """Shape of what enters each ReLU layer for one picture, in the order of execution."""
    with watch(model) as watched, torch.no_grad():
        model.eval()(torch.zeros(1, 3, size, size))
    return [tuple(site.pre_activation.shape[1:]) for site in watched.sites.values()]


def three_by_three(model: nn.Module) -> list[tuple]:
    """Channels, filters and stride of each 3 x 3 convolution, in order."""
    return [
        (layer.in_channels, layer.out_channels, layer.stride)
        for layer in layers(model, nn.Conv2d)
        if layer.kernel_size == (3, 3)
    ]


def differing(first: Iterable, second: Iterable) -> int:
    """At how many places two lists differ, or one has ended.

    Example:
        >>> differing("abc", "abdd")
        2
    """
    return sum(a != b for a, b in zip_longest(first, second))


def vgg_family(depth: int) -> dict[str, int]:
    """Weighted layers, pools and growth of the filters of a VGG, an eighth of the usual width."""
    model = vgg(depth, width=8)
    filters = [layer.out_channels for layer in layers(model, nn.Conv2d)]
    return {
        "weighted_layers": len(layers(model, (nn.Conv2d, nn.Linear))),
        "pools": len(layers(model, nn.MaxPool2d)),
        "smallest_growth": min(np.diff(filters)),
        "total_growth": filters[-1] - filters[0],
    }


def pyramid_and_fixup(depth: int = 20) -> dict[str, object]:
    """Growth of the filters of PyramidNet; normalisation and first branch outputs of FixUp."""
    pyramid, fixup = pyramidnet(depth), fixup_resnet(depth, seed=0)
    filters = [layer.out_channels for layer in layers(pyramid, nn.Conv2d)]
    units = [unit for stage in pyramid.stages for unit in getattr(pyramid, stage)]
    return {
        "pyramid_filters": [layers(unit, nn.Conv2d)[-1].out_channels for unit in units],
        "smallest_growth": min(np.diff(filters)),
        "normalisation_layers": len(layers(fixup, NORMALISATIONS)),
        "branch_outputs": branch_outputs(fixup),
    }


def branch_outputs(model: nn.Module) -> list[float]:
    """Largest absolute output of each residual branch, for four random pictures of 16 x 16."""
    found: list[float] = []
    hooks = [
        unit.register_forward_pre_hook(
            lambda unit, inputs: found.append(unit.branch(*inputs).abs().max().item())
        )
        for unit in model.modules()
        if hasattr(unit, "branch")
    ]
    x = torch.randn(4, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        model(x)
    for hook in hooks:
        hook.remove()
    return found
