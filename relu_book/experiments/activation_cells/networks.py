"""The networks and the grid that every experiment of the chapter uses (thesis 2.2.4).

Dense ReLU layers on the plane, Kaiming-normal weights, 500 by 500 points on [-5, 5]^2. Everything
is float64: no grid point then lies so near to a kink that two CPUs disagree about its side.
"""

import numpy as np
import torch
from torch import nn

from relu_book.cells import frozen_batch_norm
from relu_book.cells.labelling import new_numbering, sorted_rows
from relu_book.models import mlp
from relu_book.patterns import pack

WINDOW = (-5.0, 5.0)
RESOLUTION = 500
# Numbers a layer at a time: a megabyte, which stays in the cache and which the allocator keeps.
CHUNK_NUMBERS = 2**17


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
    model: nn.Sequential, points: torch.Tensor, reference: torch.Tensor | None = None
) -> list[np.ndarray]:
    """Number the patterns of every layer in one pass: (points,) labels from 0, one array a layer.

    ``rasterize`` answers for one layer of any model; this asks all layers of a dense one at once,
    and writes over what is no longer needed. Cost: half of the time of ``rasterize``, a layer.

    Args:
        model: dense network.
        points: (n, ...) inputs of the model.
        reference: data whose statistics batch normalisation uses; needed in training mode.
    """
    modules = list(model)
    while not isinstance(modules[-1], nn.ReLU):
        modules.pop()  # a head has no cells
    depth = sum(isinstance(module, nn.ReLU) for module in modules)
    widest = max(module.out_features for module in modules if isinstance(module, nn.Linear))
    chunk = max(256, CHUNK_NUMBERS // widest)
    numberings = []
    labels = np.empty((depth, len(points)), dtype=np.int64)
    with frozen_batch_norm(model, reference):
        for start in range(0, len(points), chunk):
            x, layer_number = points[start : start + chunk], 0
            for module in modules:
                if not isinstance(module, nn.ReLU):
                    x = module(x)
                    continue
                words = pack(x).numpy()
                if not start:
                    numberings.append(new_numbering(words.shape[1]))
                labels[layer_number, start : start + chunk] = numberings[layer_number].add(words)
                layer_number += 1
                if layer_number < depth:
                    x.relu_()
    return [
        sorted_rows(numbering.rows)[1][each]
        for numbering, each in zip(numberings, labels, strict=True)
    ]


def counts_by_layer(
    model: nn.Sequential, points: torch.Tensor, reference: torch.Tensor | None = None
) -> np.ndarray:
    """Cells that points show at each layer, (layers,); the points take the model's dtype."""
    points = points.to(next(model.parameters()).dtype)
    return np.array([labels.max() + 1 for labels in labels_by_layer(model, points, reference)])


def cell_count(model: nn.Sequential, resolution: int = RESOLUTION) -> int:
    """Cells of the last layer of a network on the plane that the grid sees."""
    return int(counts_by_layer(model, grid(resolution=resolution))[-1])


def global_counts(labels: list[np.ndarray]) -> list[int]:
    """Distinct global patterns of the first 1, 2, ... layers, from the labels of each layer."""
    counts, joined = [], np.zeros_like(labels[0])
    for layer_labels in labels:
        numbering = new_numbering(1)
        joined = numbering.add((joined * (layer_labels.max() + 1) + layer_labels)[:, None])
        counts.append(len(numbering.rows))
    return counts
