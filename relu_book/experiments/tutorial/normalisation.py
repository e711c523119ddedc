"""Batch normalisation and its relatives, against torch (thesis 2.1).

    BN(x) = (x - E[x]) / sqrt(Var[x] + eps) * gamma + beta

with mean and variance over the batch in training, and over what was seen during training in test
mode. The running mean follows mu <- alpha mu + (1 - alpha) E[x]; torch's ``momentum`` is 1 - alpha.
All comparisons are over random cases in float64.
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

EPS = 1e-5


def output_moments(features: int = 100, samples: int = 256, seed: int = 0) -> dict[str, list]:
    """Distance of each feature's mean from beta and of its standard deviation from gamma.

    Half of the features have gamma 1 and beta 0, the others random ones.
    """
    generator = torch.Generator().manual_seed(seed)
    layer = nn.BatchNorm1d(features, dtype=torch.float64)
    with torch.no_grad():
        for parameter, low in ((layer.weight, 0.5), (layer.bias, -1.0)):
            drawn = torch.rand(features // 2, generator=generator, dtype=torch.float64)
            parameter[: features // 2] = low + 2 * drawn
    x = 3 + 2 * torch.randn(samples, features, generator=generator, dtype=torch.float64)
    out = layer(x).detach()
    spread = out.std(0, correction=0)
    return {
        "mean_deviation": (out.mean(0) - layer.bias.detach()).tolist(),
        "spread_deviation": (spread - layer.weight.detach()).tolist(),
    }


def same_sample_in_two_batches(cases: int = 100) -> dict[str, list[float]]:
    """Largest difference of one sample's outputs in two batches, in test mode and in training."""
    found: dict[str, list[float]] = {"deviation_in_test_mode": [], "difference_in_training": []}
    for seed in range(cases):
        generator = torch.Generator().manual_seed(seed)
        layer = nn.BatchNorm1d(6, dtype=torch.float64)
        batches = torch.randn(2, 16, 6, generator=generator, dtype=torch.float64)
        batches[1, 0] = batches[0, 0]
        for name, training in (("difference_in_training", True), ("deviation_in_test_mode", False)):
            first, second = (layer.train(training)(batch)[0] for batch in batches)
            found[name].append((first - second).abs().max().item())
    return found


def running_means(
    recursion: Callable[[np.ndarray, float], float], cases: int = 100, updates: int = 20
) -> dict[str, list[float]]:
    """The printed running mean against its closed form and against torch's.

    Args:
        recursion: From the means of the batches (updates,) and alpha to the running mean after all.
        cases: Random series of means, alpha from 0.5 to 0.99.
        updates: Batches of each series, called k in the claim.
    """
    found: dict[str, list[float]] = {"closed_form_deviation": [], "library_deviation": []}
    for seed in range(cases):
        generator = torch.Generator().manual_seed(seed)
        alpha = (0.5, 0.9, 0.99)[seed % 3]
        layer = nn.BatchNorm1d(1, momentum=1 - alpha, dtype=torch.float64)
        batches = 1 + torch.randn(updates, 8, 1, generator=generator, dtype=torch.float64)
        for batch in batches:
            layer(batch)
        means = batches.mean((1, 2)).numpy()
        weights = (1 - alpha) * alpha ** np.arange(updates - 1, -1, -1)
        remains = alpha**updates * means[0]
        own = recursion(means, alpha)
        found["closed_form_deviation"].append(float(own - (remains + weights @ means)))
        found["library_deviation"].append(float(own - layer.running_mean.item() - remains))
    return found


def bias_before(cases: int = 100) -> list[float]:
    """Largest difference that a bias before batch normalisation makes in training, one a case."""
    found = []
    for seed in range(cases):
        torch_seed = torch.Generator().manual_seed(seed)

        def normal(*shape: int, generator: torch.Generator = torch_seed) -> Tensor:
            return torch.randn(*shape, generator=generator, dtype=torch.float64)

        if seed % 2:
            y, bias = normal(16, 5) @ normal(5, 4), normal(4)
            norm: nn.Module = nn.BatchNorm1d(4, dtype=torch.float64)
        else:
            y, bias = functional.conv2d(normal(4, 2, 6, 6), normal(4, 2, 3, 3)), normal(4, 1, 1)
            norm = nn.BatchNorm2d(4, dtype=torch.float64)
        found.append((norm(y + bias) - norm(y)).abs().max().item())
    return found


def statistics_of_pictures(cases: int = 100) -> dict[str, list]:
    """Number of running means of torch's BatchNorm2d, and their difference from channel means."""
    found: dict[str, list] = {"channels": [], "statistics": [], "deviation": []}
    for seed in range(cases):
        channels = 1 + seed % 7
        x = _pictures(seed, channels)
        layer = nn.BatchNorm2d(channels, momentum=1.0, dtype=torch.float64)
        layer(x)
        found["channels"].append(channels)
        found["statistics"].append(len(layer.running_mean))
        found["deviation"].append((layer.running_mean - x.mean((0, 2, 3))).abs().max().item())
    return found


def normalised(x: Tensor, dimensions: tuple[int, ...]) -> Tensor:
    """x minus its mean, over its standard deviation, both over some dimensions.

    Example:
        >>> normalised(torch.tensor([[1.0, 3.0], [5.0, 5.0]]), (1,)).round(decimals=3).tolist()
        [[-1.0, 1.0], [0.0, 0.0]]
    """
    mean = x.mean(dimensions, keepdim=True)
    return (x - mean) / (x.var(dimensions, correction=0, keepdim=True) + EPS).sqrt()


def instance_norms(cases: int = 100) -> dict[str, list[float]]:
    """Differences from torch's InstanceNorm2d: statistics a pixel, and a sample and channel."""
    found: dict[str, list[float]] = {"deviation_per_pixel": [], "deviation_per_channel": []}
    for seed in range(cases):
        x = _pictures(seed, 4)
        library = nn.InstanceNorm2d(4, eps=EPS)(x)
        for name, dimensions in (
            ("deviation_per_pixel", (0, 1)),
            ("deviation_per_channel", (2, 3)),
        ):
            found[name].append((normalised(x, dimensions) - library).abs().max().item())
    return found


def in_groups(x: Tensor, groups: int, *, interleaved: bool) -> Tensor:
    """Normalisation of pictures (n, C, H, W) over groups of channels and all pixels.

    Args:
        x: The pictures.
        groups: Number of groups c, a divisor of C.
        interleaved: Whether group a has the channels a, c + a, 2 c + a, ... (as printed), or C / c
            neighbours (as in libraries).
    """
    n, channels, height, width = x.shape
    size = channels // groups
    if interleaved:
        parts = x.reshape(n, size, groups, height, width)
        return normalised(parts, (1, 3, 4)).reshape(x.shape)
    return normalised(x.reshape(n, groups, size, height, width), (2, 3, 4)).reshape(x.shape)


def group_norms(cases: int = 100) -> dict[str, list[float]]:
    """Differences of both groupings from torch's GroupNorm, and of LayerNorm from one group."""
    found: dict[str, list[float]] = {
        "deviation_interleaved": [], "deviation_neighbours": [], "deviation_layer_norm": [],
    }  # fmt: skip
    for seed in range(cases):
        channels, groups = ((4, 2), (6, 2), (6, 3), (8, 4))[seed % 4]
        x = _pictures(seed, channels)
        library = functional.group_norm(x, groups, eps=EPS)
        one_group = functional.layer_norm(x, x.shape[1:], eps=EPS)
        for name, own, other in (
            ("deviation_interleaved", in_groups(x, groups, interleaved=True), library),
            ("deviation_neighbours", in_groups(x, groups, interleaved=False), library),
            ("deviation_layer_norm", in_groups(x, 1, interleaved=False), one_group),
        ):
            found[name].append((own - other).abs().max().item())
    return found


def _pictures(seed: int, channels: int) -> Tensor:
    """Random pictures (5, channels, 4, 6), each channel with its own mean and spread."""
    generator = torch.Generator().manual_seed(seed)
    x, shift, scale = (
        torch.randn(shape, generator=generator, dtype=torch.float64)
        for shape in ((5, channels, 4, 6), (channels, 1, 1), (channels, 1, 1))
    )
    return x * (0.5 + scale.abs()) + shift
