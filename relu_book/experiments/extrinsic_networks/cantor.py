"""How often networks fold a path: folding beside entropy and depth, live (thesis A.2.3, A.3.2).

A Cantor network repeats x ↦ max(1 − 3x, 0, 3x − 2), which folds [0, 1] onto itself and is zero on
its middle third (CantorNet, arXiv 2411.19713, up to its read-out). Depth folds it again and again,
so that what ``folding`` finds on it can be counted by hand.
"""

from itertools import pairwise

import numpy as np
import torch
from torch import nn

from relu_book.extrinsic import Folding, folding
from relu_book.models import mlp
from relu_book.patterns import watch


def cantor(depth: int) -> nn.Sequential:
    """The Cantor network of so many layers of two filters, float64.

    Example:
        >>> cantor(1)(torch.tensor([[0.0], [0.5], [1.0]], dtype=torch.float64)).tolist()
        [[1.0, 0.0], [0.0, 0.0], [0.0, 1.0]]
    """
    layers: list[nn.Module] = []
    for number in range(depth):
        layer = nn.Linear(2 if number else 1, 2, dtype=torch.float64)
        with torch.no_grad():
            layer.weight.copy_(torch.tensor([[-3.0], [3.0]]).expand_as(layer.weight))
            layer.bias.copy_(torch.tensor([1.0, -2.0]))
        layers += [layer, nn.ReLU()]
    return nn.Sequential(*layers)


def unit_interval() -> tuple[torch.Tensor, torch.Tensor]:
    """Its two ends."""
    return torch.zeros(1, dtype=torch.float64), torch.ones(1, dtype=torch.float64)


def by_brute_force(
    model: nn.Module, start: torch.Tensor, end: torch.Tensor, points: int = 60_000
) -> tuple[int, float]:
    """Changes of pattern and χ on an even grid of a path, counted place by place."""
    t = (torch.arange(points, dtype=start.dtype) + 0.5).view(-1, 1) / points
    with watch(model) as seen, torch.no_grad():
        model(start + t * (end - start))
    signs = torch.cat([site.pre_activation > 0 for site in seen.sites.values()], 1).numpy()
    patterns = signs[np.r_[True, (signs[1:] != signs[:-1]).any(1)]]
    walked = sum(int((a != b).sum()) for a, b in pairwise(patterns))
    farthest = max(int((patterns[0] != each).sum()) for each in patterns)
    return len(patterns) - 1, 1 - farthest / walked if walked else 0.0


def path_entropy(found: Folding) -> float:
    """Entropy in bits of the pattern at a random place of the path, weighted by length."""
    lengths = np.diff(np.r_[0.0, found.places, 1.0])
    _, which = np.unique(found.patterns, axis=0, return_inverse=True)
    shares = np.bincount(which.ravel(), weights=lengths)
    return float(-(shares * np.log2(shares)).sum())


def by_depth(depths: range = range(1, 8), draws: int = 20) -> dict[str, np.ndarray]:
    """χ and entropy of Cantor networks, and of random ones with 8 filters a layer, by depth.

    Returns:
        ``depth``, ``cantor_folding``, ``cantor_entropy`` (depths,); ``folding``, ``entropy``
        (draws, depths), on a path of length 6 through the origin of the plane.
    """
    exact = [folding(cantor(depth), *unit_interval()) for depth in depths]
    end = torch.tensor([3.0, 0.0], dtype=torch.float64)
    drawn = [
        [
            folding(mlp((2, *depth * (8,), 1), seed=seed, dtype=torch.float64), -end, end)
            for depth in depths
        ]
        for seed in range(draws)
    ]
    return {
        "depth": np.array(depths),
        "cantor_folding": np.array([each.measure for each in exact]),
        "cantor_entropy": np.array([path_entropy(each) for each in exact]),
        "folding": np.array([[each.measure for each in row] for row in drawn]),
        "entropy": np.array([[path_entropy(each) for each in row] for row in drawn]),
    }
