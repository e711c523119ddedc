"""The networks and the grid that every experiment of the chapter uses (thesis 2.2.4).

Dense ReLU layers on the plane, Kaiming-normal weights, 500 by 500 points on [-5, 5]^2. Everything
is float64: no grid point then lies so near to a kink that two CPUs disagree about its side.
"""

import numpy as np
import torch
from torch import nn

from relu_book.cells import frozen_batch_norm, label_rows
from relu_book.models import mlp
from relu_book.patterns import watch

WINDOW = (-5.0, 5.0)
RESOLUTION = 500
CHUNK = 4096


def layer(
    width: int, seed: int, bias: str | float = "default", batch_norm: bool = False
) -> nn.Sequential:
    """One hidden layer of ``width`` ReLU filters on the plane."""
    return stack(width, 1, seed, bias, batch_norm)


def stack(
    width: int, depth: int, seed: int, bias: str | float = "default", batch_norm: bool = False
) -> nn.Sequential:
    """``depth`` hidden layers of ``width`` ReLU filters each on the plane."""
    widths = (2, *depth * (width,))
    return mlp(widths, batch_norm, head=False, bias=bias, seed=seed, dtype=torch.float64)


def first_layer(model: nn.Sequential) -> tuple[np.ndarray, np.ndarray]:
    """Weights (filters, inputs) and biases (filters,) of the first layer of a dense network."""
    return model[0].weight.detach().numpy(), model[0].bias.detach().numpy()


def grid(window: tuple[float, float] = WINDOW, resolution: int = RESOLUTION) -> torch.Tensor:
    """Centres of equal squares, (resolution^2, 2) float64, row by row from the smallest y."""
    low, high = window
    ticks = low + (torch.arange(resolution, dtype=torch.float64) + 0.5) * (high - low) / resolution
    return torch.cartesian_prod(ticks, ticks).flip(1)


@torch.no_grad()
def labels_by_layer(
    model: nn.Module, points: torch.Tensor, reference: torch.Tensor | None = None
) -> list[np.ndarray]:
    """Number the patterns of every layer in one pass: (points,) labels from 0, one array a layer.

    ``rasterize`` answers for one layer; this asks all of them at once. Cost: one forward pass and
    one sort a layer.

    Args:
        model: dense network.
        points: (n, ...) inputs of the model.
        reference: data whose statistics batch normalisation uses; needed in training mode.
    """
    # Memory is taken once: pieces of it kept between the temporaries of a pass would tear the heap.
    words: dict[str, np.ndarray] = {}
    start = 0

    def keep(site):
        packed = site.pack().numpy()
        if site.name not in words:
            words[site.name] = np.empty((len(points), packed.shape[1]), dtype=np.int64)
        words[site.name][start : start + len(packed)] = packed

    with frozen_batch_norm(model, reference), watch(model, keep):
        for start in range(0, len(points), CHUNK):
            model(points[start : start + CHUNK])
    return [label_rows(each)[1] for each in words.values()]


def global_counts(labels: list[np.ndarray]) -> list[int]:
    """Distinct global patterns of the first 1, 2, ... layers, from the labels of each layer."""
    counts, joined = [], np.zeros_like(labels[0])
    for layer_labels in labels:
        _, joined = label_rows(np.stack([joined, layer_labels], axis=1))
        counts.append(int(joined.max()) + 1)
    return counts
