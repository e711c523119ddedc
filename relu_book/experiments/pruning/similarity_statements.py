"""What is said of canonical correlations and of SVCCA, checked live (pruning paper 2.2, 3.2, 4.4).

Layers are random matrices of normal numbers, mixed by random maps. The long way to the correlations
is QR and singular values, ρ = svd(Q₁ᵀQ₂) of the centred matrices; the library's is
``relu_book.similarity``.
"""

from functools import cache

import numpy as np
import torch

from relu_book.similarity import as_rows, cca, mean_cca, svcca

CASES = 100


def by_decomposition(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The correlations of two matrices, also of more columns than rows."""
    bases = []
    for layer in (x, y):
        left, singular, _ = np.linalg.svd(layer - layer.mean(0), full_matrices=False)
        bases.append(left[:, singular > 1e-10 * singular[0]])
    return np.linalg.svd(bases[0].T @ bases[1], compute_uv=False)


@cache
def layers(case: int) -> tuple[np.ndarray, np.ndarray]:
    """Two layers of 2 to 19 neurons each that share some directions, for 50 to 299 points."""
    rng = np.random.default_rng(case)
    points, (one, two) = rng.integers(50, 300), rng.integers(2, 20, size=2)
    x, y = rng.normal(size=(points, one)), rng.normal(size=(points, two))
    shared = rng.integers(0, min(one, two) + 1)
    y[:, :shared] += x[:, :shared] * rng.uniform(0, 3, size=shared)
    return x @ rng.normal(size=(one, one)) + rng.normal(), y @ rng.normal(size=(two, two))


def canonical_correlations() -> dict:
    """P-eq-1: correlations, and the orthonormal columns that attain them, one pair a case."""
    measured: dict[str, list] = {}
    for case in range(CASES):
        x, y = layers(case)
        found = cca(x, y)
        off = []
        for layer, weights in ((x, found.x_weights), (y, found.y_weights)):
            z = (layer - layer.mean(0)) @ weights
            off.append(abs(z.T @ z - np.eye(len(found.correlations))).max())
        row = {
            "gram_deviation": max(off),
            "reference_deviation": abs(found.correlations - by_decomposition(x, y)).max(),
            "mean_deviation": mean_cca(x, y) - found.correlations.mean(),
            "smallest": found.correlations.min(),
            "largest": found.correlations.max(),
            "largest_rise": np.diff(found.correlations).max(),
            "correlations": len(found.correlations),
            "narrower": min(x.shape[1], y.shape[1]),
        }
        for name, value in row.items():
            measured.setdefault(name, []).append(value)
    return measured


def alike() -> dict:
    """P-txt-1: a layer beside itself, and beside an invertible image of itself."""
    own, image = [], []
    for case in range(CASES):
        x, _ = layers(case)
        rng = np.random.default_rng(case)
        width = x.shape[1]
        turn, other = (np.linalg.qr(rng.normal(size=(width, width)))[0] for _ in range(2))
        mapped = x @ (turn * rng.uniform(0.1, 10, size=width)) @ other
        own.append(svcca(x, x) - 1)
        image.append(mean_cca(x, mapped) - 1)
    return {"self_deviation": own, "image_deviation": image}


def _unrelated(rng, points: int, neurons: int, dimensions: int, noise: float) -> np.ndarray:
    """A layer of few dimensions, turned, and noise in all others."""
    turn = np.linalg.qr(rng.normal(size=(neurons, neurons)))[0]
    sizes = np.where(np.arange(neurons) < dimensions, 1.0, noise)
    return rng.normal(size=(points, neurons)) * sizes @ turn


def the_cut(pairs: int = 20, neurons: int = 40, dimensions: int = 5, noise: float = 1e-3) -> dict:
    """P-txt-2: unrelated layers with and without the cut at 99 % of the variance.

    With 1.5 times as many points as neurons; many points are 200 times as many.
    """
    rows = []
    for seed in range(pairs):
        rng = np.random.default_rng(seed)

        def two(points, kept, rng=rng):
            return [_unrelated(rng, points, neurons, kept, noise) for _ in range(2)]

        few = two(neurons * 3 // 2, dimensions)
        alike_in_all = two(neurons * 3 // 2, neurons)
        rows.append(
            {
                "without_cut": mean_cca(*few),
                "with_cut": svcca(*few),
                "many_points": svcca(*two(200 * neurons, dimensions)),
                "isotropic": mean_cca(*alike_in_all) - svcca(*alike_in_all),
            }
        )
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def rows_of_maps() -> dict:
    """P-txt-3: the matrix of a convolutional layer beside one filled in loops."""
    measured: dict[str, list] = {}
    for case in range(CASES):
        rng = np.random.default_rng(case)
        images, channels, height, width = rng.integers(1, 6, size=4)
        maps = rng.normal(size=(images, channels, height, width))
        filled = np.empty((images * height * width, channels))
        row = 0
        for image in range(images):
            for y in range(height):
                for x in range(width):
                    for channel in range(channels):
                        filled[row, channel] = maps[image, channel, y, x]
                    row += 1
        matrix = as_rows(torch.from_numpy(maps)).numpy()
        same = matrix.shape == filled.shape  # else the rule finds it in the numbers beside
        found = {
            "rows": matrix.shape[0],
            "places": images * height * width,
            "columns": matrix.shape[1],
            "channels": channels,
            "deviation": abs(matrix - filled).max() if same else 1.0,
        }
        for name, value in found.items():
            measured.setdefault(name, []).append(value)
    return measured


def more_dimensions_than_points() -> dict:
    """P-txt-4: unrelated layers of as many neurons as points, or more.

    The library refuses them, since their similarity says nothing; so it is taken the long way.
    """
    similarity, dimensions, points = [], [], []
    for case in range(CASES):
        rng = np.random.default_rng(case)
        number = rng.integers(5, 60)
        widths = number + rng.integers(0, 40, size=2)
        x, y = (rng.normal(size=(number, width)) for width in widths)
        similarity.append(by_decomposition(x, y).mean())
        dimensions.append(widths.min())
        points.append(number)
    return {"similarity": similarity, "dimensions": dimensions, "points": points}
