"""Measures of similarity beside their obvious forms, and the map of many layers.

    python -m benchmarks similarity        a minute of one thread

Layers are float32 matrices with falling singular values. The baseline of SVCCA is the singular
value decomposition of both layers, as the authors' code takes it; that of CKA the two kernels of
samples by samples. The map is of 10 layers with 10, beside the same kernels for each pair, which is
what packages for CKA do. ``error`` is the largest difference of the two.
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from benchmarks.bench_temperature import in_turn
from benchmarks.table import row
from relu_book.similarity import cka, compare, svcca


def layers(samples: int, features: int) -> tuple[np.ndarray, np.ndarray]:
    """Two float32 layers that share what is large in them."""
    rng = np.random.default_rng(0)
    mixed = rng.normal(size=(features, features)) * np.logspace(0, -2, features)
    x = rng.normal(size=(samples, features)) @ mixed
    y = x + rng.normal(size=x.shape)
    return x.astype(np.float32), y.astype(np.float32)


def two_decompositions(x: np.ndarray, y: np.ndarray) -> float:
    """SVCCA with 99 % of the variance."""
    leading = []
    for layer in (x, y):
        layer = layer.astype(np.float64)
        left, singular, _ = np.linalg.svd(layer - layer.mean(0), full_matrices=False)
        shares = np.cumsum(singular**2) / (singular**2).sum()
        leading.append(left[:, : np.searchsorted(shares, 0.99) + 1])
    return float(np.linalg.svd(leading[0].T @ leading[1], compute_uv=False).mean())


def two_kernels(x: np.ndarray, y: np.ndarray) -> float:
    """Debiased CKA."""

    def hsic(k: np.ndarray, l: np.ndarray) -> float:  # noqa: E741
        n = len(k)
        apart = k.sum() * l.sum() / ((n - 1) * (n - 2))
        return float((k * l).sum() + apart - 2 * k.sum(0) @ l.sum(0) / (n - 2))

    kernels = []
    for layer in (x, y):
        layer = layer.astype(np.float64)
        kernels.append(layer @ layer.T)
        np.fill_diagonal(kernels[-1], 0)
    k, l = kernels  # noqa: E741
    return hsic(k, l) / (hsic(k, k) * hsic(l, l)) ** 0.5


def beside(name: str, what: str, ours: Callable, naive: Callable, budget: float) -> dict:
    """A line of the table."""
    found = {}
    runs = {
        "ours": lambda: found.__setitem__("ours", ours()),
        "naive": lambda: found.__setitem__("naive", naive()),
    }
    times = in_turn(runs, rounds=1)
    error = float(np.max(np.abs(np.subtract(found["ours"], found["naive"]))))
    return row(name, what, times["ours"], times["naive"], budget, error=error)


def map_of_layers(depth: int = 10, width: int = 64, samples: int = 1000) -> dict:
    """``compare`` for two dense networks, beside kernels for each pair."""
    torch.manual_seed(0)
    nets = []
    for _ in range(2):
        parts = [part for _ in range(depth) for part in (nn.Linear(width, width), nn.Tanh())]
        nets.append(nn.Sequential(*parts))
        for part in parts[::2]:  # so that deep layers are no rounding
            nn.init.orthogonal_(part.weight)
            nn.init.zeros_(part.bias)
    x = torch.randn(samples, width)

    def outputs(net: nn.Sequential) -> list[np.ndarray]:
        found, y = [], x
        with torch.no_grad():
            for part in net:
                y = part(y)
                if isinstance(part, nn.Linear):
                    found.append(y.numpy())
        return found

    def naive() -> np.ndarray:
        a, b = map(outputs, nets)
        return np.array([[two_kernels(one, two) for two in b] for one in a])

    return beside(
        f"map, {depth} x {depth} layers",
        f"{samples} samples, {width} features",
        lambda: compare(*nets, x.split(100), permutations=0).values,
        naive,
        3.0,
    )


def table() -> list[dict]:
    """Rows for ``python -m benchmarks``."""
    rows = []
    for samples, features in ((5000, 256), (5000, 1024)):
        x, y = layers(samples, features)
        what = f"{samples} samples, {features} features"
        rows.append(
            beside("SVCCA", what, lambda: svcca(x, y), lambda: two_decompositions(x, y), 5.0)  # noqa: B023
        )
        rows.append(beside("CKA", what, lambda: cka(x, y), lambda: two_kernels(x, y), 5.0))  # noqa: B023
    return [*rows, map_of_layers()]


if __name__ == "__main__":
    for line in table():
        print("  ".join(f"{v:.4g}" if isinstance(v, float) else str(v) for v in line.values()))
