"""Batch normalisation and its relatives, against torch (thesis 2.1).

    BN(x) = (x - E[x]) / sqrt(Var[x] + eps) * gamma + beta

with mean and variance over the batch in training, and over what was seen during training in test
mode. The running mean follows mu <- alpha mu + (1 - alpha) E[x]; torch's ``momentum`` is 1 - alpha.
Each function measures one random case in float64; ``relu_book.parallel.columns`` measures many.
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from relu_book.experiments.random_cases import distance, normals

EPS = 1e-5


def output_moments(features: int = 100, samples: int = 256, seed: int = 0) -> dict[str, Tensor]:
    """Distance of each feature's mean from beta and of its standard deviation from gamma.

    Half of the features have gamma 1 and beta 0, the others random ones.
    """
    generator = torch.Generator().manual_seed(seed)
    layer = nn.BatchNorm1d(features, dtype=torch.float64).requires_grad_(False)
    for parameter, low in ((layer.weight, 0.5), (layer.bias, -1.0)):
        drawn = torch.rand(features // 2, generator=generator, dtype=torch.float64)
        parameter[: features // 2] = low + 2 * drawn
    out = layer(3 + 2 * torch.randn(samples, features, generator=generator, dtype=torch.float64))
    return {
        "mean_deviation": out.mean(0) - layer.bias,
        "spread_deviation": out.std(0, correction=0) - layer.weight,
    }


def same_sample_in_two_batches(seed: int) -> dict[str, float]:
    """Largest difference of one sample's outputs in two batches, in training and in test mode."""
    layer, batches = nn.BatchNorm1d(6, dtype=torch.float64), normals(seed)(2, 16, 6)
    batches[1, 0] = batches[0, 0]
    modes = {"difference_in_training": True, "deviation_in_test_mode": False}
    return {
        name: distance(*(layer.train(training)(batch)[0] for batch in batches))
        for name, training in modes.items()
    }


def running_means(
    seed: int, recursion: Callable[[np.ndarray, float], float], updates: int = 20
) -> dict[str, float]:
    """The printed running mean against its closed form and against torch's.

    Args:
        seed: Of a series of batches; alpha is 0.5, 0.9 or 0.99.
        recursion: From the means of the batches (updates,) and alpha to the running mean after all.
        updates: Batches of the series, called k in the claim.
    """
    alpha = (0.5, 0.9, 0.99)[seed % 3]
    layer = nn.BatchNorm1d(1, momentum=1 - alpha, dtype=torch.float64)
    batches = 1 + normals(seed)(updates, 8, 1)
    for batch in batches:
        layer(batch)
    means = batches.mean((1, 2)).numpy()
    weights = (1 - alpha) * alpha ** np.arange(updates - 1, -1, -1)
    remains = alpha**updates * means[0]
    own = recursion(means, alpha)
    return {
        "closed_form_deviation": own - (remains + weights @ means),
        "library_deviation": own - layer.running_mean.item() - remains,
    }


def bias_before(seed: int) -> dict[str, float]:
    """Largest difference that a bias before batch normalisation makes in training."""
    normal = normals(seed)
    if seed % 2:
        y, bias = normal(16, 5) @ normal(5, 4), normal(4)
    else:
        y, bias = functional.conv2d(normal(4, 2, 6, 6), normal(4, 2, 3, 3)), normal(4, 1, 1)
    kind = nn.BatchNorm1d if seed % 2 else nn.BatchNorm2d
    norm = kind(4, dtype=torch.float64)
    return {"deviation": distance(norm(y + bias), norm(y))}


def statistics_of_pictures(seed: int) -> dict[str, float]:
    """Number of running means of torch's BatchNorm2d, and their difference from channel means."""
    channels = 1 + seed % 7
    x, layer = _pictures(seed, channels), nn.BatchNorm2d(channels, momentum=1.0).double()
    layer(x)
    return {
        "channels": channels,
        "statistics": len(layer.running_mean),
        "deviation": distance(layer.running_mean, x.mean((0, 2, 3))),
    }


def normalised(x: Tensor, dimensions: tuple[int, ...]) -> Tensor:
    """x minus its mean, over its standard deviation, both over some dimensions.

    Example:
        >>> normalised(torch.tensor([[1.0, 3.0], [5.0, 5.0]]), (1,)).round(decimals=3).tolist()
        [[-1.0, 1.0], [0.0, 0.0]]
    """
    mean = x.mean(dimensions, keepdim=True)
    return (x - mean) / (x.var(dimensions, correction=0, keepdim=True) + EPS).sqrt()


def instance_norms(seed: int) -> dict[str, float]:
    """Differences from torch's InstanceNorm2d: statistics a pixel, and a sample and channel."""
    x = _pictures(seed, 4)
    library = functional.instance_norm(x, eps=EPS)
    return {
        "deviation_per_pixel": distance(normalised(x, (0, 1)), library),
        "deviation_per_channel": distance(normalised(x, (2, 3)), library),
    }


def in_groups(x: Tensor, groups: int, *, interleaved: bool) -> Tensor:
    """Normalisation of pictures (n, C, H, W) over groups of channels and all pixels.

    Args:
        x: The pictures.
        groups: Number of groups c, a divisor of C.
        interleaved: Whether group a has the channels a, c + a, 2 c + a, ... (as printed), or C / c
            neighbours (as in libraries).
    """
    channels = len(x[0])
    shape = (channels // groups, groups) if interleaved else (groups, channels // groups)
    own = (1, 3, 4) if interleaved else (2, 3, 4)
    return normalised(x.unflatten(1, shape), own).reshape(x.shape)


def group_norms(seed: int) -> dict[str, float]:
    """Differences of both groupings from torch's GroupNorm, and of LayerNorm from one group."""
    channels, groups = ((4, 2), (6, 2), (6, 3), (8, 4))[seed % 4]
    x = _pictures(seed, channels)
    library = functional.group_norm(x, groups, eps=EPS)
    one_group = functional.layer_norm(x, x.shape[1:], eps=EPS)
    return {
        "deviation_interleaved": distance(in_groups(x, groups, interleaved=True), library),
        "deviation_neighbours": distance(in_groups(x, groups, interleaved=False), library),
        "deviation_layer_norm": distance(in_groups(x, 1, interleaved=False), one_group),
    }


def _pictures(seed: int, channels: int) -> Tensor:
    """Random pictures (5, channels, 4, 6), each channel with its own mean and spread."""
    normal = normals(seed)
    x, shift, scale = normal(5, channels, 4, 6), normal(channels, 1, 1), normal(channels, 1, 1)
    return x * (0.5 + scale.abs()) + shift
