"""Points in the plane, drawn anew from a seed: a rectangle, Gaussian clusters, the checkboard.

The points of ``train``, ``test`` and ``validation`` are three independent draws of the same
distribution, so the splits are disjoint and each has as many points as asked for. All are float32
of the shape (n, coordinates).
"""

from collections.abc import Callable, Sequence
from numbers import Integral

import numpy as np
import torch
from torch import Tensor

from relu_book.datasets.dataset import Dataset, make

_STREAMS = {"train": 0, "test": 1, "validation": 2}


def load_uniform(
    split: str,
    *,
    low: Sequence[float] = (-3.0, -3.0),
    high: Sequence[float] = (-1.0, 3.0),
    samples: int = 1000,
    seed: int = 0,
) -> Dataset:
    """Points uniform in a box; by default the rectangle [-3, -1] x [-3, 3] of thesis figure 2.8.

    Args:
        split: ``"train"``, ``"test"`` or ``"validation"``.
        low: Smallest value of each coordinate.
        high: Largest value of each coordinate.
        samples: Number of points.
        seed: Names the draw.

    Returns:
        Images (samples, coordinates); one class.

    Raises:
        ValueError: ``low`` and ``high`` are not finite, differ in length or in order, or there are
            no samples.

    Cost: about 10 ns a point.

    Example:
        >>> from relu_book.datasets import load
        >>> load("uniform", low=(0, 0), high=(1, 2), samples=500)
        Dataset(name='uniform', images=(500, 2), classes=1)
    """
    lowest, highest = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    if (
        lowest.ndim != 1
        or lowest.shape != highest.shape
        or not np.all(np.isfinite([lowest, highest]))
        or not np.all(lowest < highest)
    ):
        raise ValueError(
            f"low and high must be finite, equally long and low < high in each coordinate, "
            f"but got low={low!r} and high={high!r}"
        )
    unit = _generator(split, samples, seed).random((samples, len(lowest)))
    points = torch.from_numpy(lowest + (highest - lowest) * unit)
    return make(points, torch.zeros(samples), ("uniform",), "uniform")


def load_clusters(
    split: str,
    *,
    centres: int | Sequence[Sequence[float]] = 5,
    standard_deviation: float = 0.3,
    samples: int = 1000,
    seed: int = 0,
) -> Dataset:
    """Gaussian clusters, one class each; five of them as in thesis figure A.3.

    The source gives neither positions nor spread. The default centres lie evenly on the circle of
    radius 2 around the origin, the first one at the top.

    Args:
        split: ``"train"``, ``"test"`` or ``"validation"``.
        centres: Their number, or the centres themselves, one row each.
        standard_deviation: Of each coordinate around its centre.
        samples: Number of points. The clusters have equal shares, to one point.
        seed: Names the draw.

    Returns:
        Images (samples, coordinates) in random order, labels the number of the centre.

    Raises:
        ValueError: Centres that are no such number or table, a standard deviation that is negative
            or not finite, or no samples.

    Cost: about 50 ns a point.

    Example:
        >>> from relu_book.datasets import load
        >>> load("clusters", centres=[[0, 0], [3, 0]]).labels.bincount()
        tensor([500, 500])
    """
    middle = _circle(centres) if isinstance(centres, Integral) else np.asarray(centres, dtype=float)
    if middle.ndim != 2 or not middle.size or not np.all(np.isfinite(middle)):
        raise ValueError(
            f"centres must be a number of at least 1 or a table with one finite row a centre, "
            f"but got {centres!r}"
        )
    if not 0 <= standard_deviation < np.inf:
        raise ValueError(
            f"standard_deviation must be finite and at least 0, but got {standard_deviation!r}"
        )
    generator = _generator(split, samples, seed)
    labels = generator.permutation(np.arange(samples) % len(middle))
    noise = standard_deviation * generator.standard_normal((samples, middle.shape[1]))
    classes = tuple(f"cluster {number}" for number in range(len(middle)))
    return make(
        torch.from_numpy(middle[labels] + noise), torch.from_numpy(labels), classes, "clusters"
    )


def load_checkboard(
    split: str, *, layout: str = "D", samples: int = 50_000, seed: int = 0
) -> Dataset:
    """The checkboard of thesis A.2: four classes on a square of mean 0 and standard deviation 1.

    Points are uniform in [-sqrt(3), sqrt(3)]^2. The printed class formula (A.11) makes diagonal
    stripes and no board, so what the figures show has to be inferred; ``CHECKBOARD_LAYOUTS`` lists
    the candidates, and D, the plain tiling with four colours, is the reading that this book takes.

    Args:
        split: ``"train"``, ``"test"`` or ``"validation"``.
        layout: A letter of ``CHECKBOARD_LAYOUTS``.
        samples: Number of points; the source has 200 batches of 250.
        seed: Names the draw.

    Returns:
        Images (samples, 2); labels 0 to 3, in the order yellow, red, teal, light blue.

    Raises:
        ValueError: A layout that does not exist, or no samples.

    Cost: about 50 ns a point.

    Example:
        >>> from relu_book.datasets import load
        >>> load("checkboard", "test", layout="A")
        Dataset(name='checkboard', images=(50000, 2), classes=4)
    """
    unit = torch.from_numpy(_generator(split, samples, seed).random((samples, 2)))
    # Labelled after rounding to float32, so that label and stored point always agree.
    points = ((2 * unit - 1) * np.sqrt(3)).float()
    classes = ("yellow", "red", "teal", "light blue")
    return make(points, checkboard_class(points, layout), classes, "checkboard")


def checkboard_class(points: Tensor, layout: str = "D") -> Tensor:
    """The class of points of the checkboard, to label a set or to colour the plane.

    Args:
        points: Floating point, shape (n, 2). Outside the square [-sqrt(3), sqrt(3)]^2 boards go on
            with the class of their nearest field, stripes with their period.
        layout: A letter of ``CHECKBOARD_LAYOUTS``.

    Returns:
        Int64, shape (n,), values 0 to 3.

    Raises:
        ValueError: A layout that does not exist, or points of another shape.

    Cost: some 50 ns a point.

    Example:
        >>> import torch
        >>> checkboard_class(torch.tensor([[-1.5, -1.5], [-1.5, -0.5], [-0.5, -1.5]]))
        tensor([0, 1, 2])
    """
    if layout not in CHECKBOARD_LAYOUTS:
        known = ", ".join(CHECKBOARD_LAYOUTS)
        raise ValueError(f"there is no checkboard layout {layout!r}: choose one of {known}")
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"points must have the shape (n, 2), but got {tuple(points.shape)}")
    x, y = points.to(torch.float64).unbind(1)
    return CHECKBOARD_LAYOUTS[layout][1](x, y).to(torch.int64)


_Rule = Callable[[Tensor, Tensor], Tensor]


def _stripes(number: int) -> _Rule:
    """Diagonal stripes across the square, one class after the other."""
    return lambda x, y: torch.floor((x + y) / 3**0.5 * (number / 4)) % 4


def _board(fields: int, rule: _Rule) -> _Rule:
    """A board of fields x fields; the rule takes column i and row j of a field."""

    def index(coordinate: Tensor) -> Tensor:
        return torch.floor(coordinate * (fields / (2 * 3**0.5)) + fields / 2).clamp(0, fields - 1)

    return lambda x, y: rule(index(x).to(torch.int64), index(y).to(torch.int64))


def _sum(i: Tensor, j: Tensor) -> Tensor:
    return (i + j) % 4


def _parities(i: Tensor, j: Tensor) -> Tensor:
    return 2 * (i % 2) + j % 2


#: The layouts of the checkboard: letter to description and rule. i counts columns from the left, j
#: rows from the bottom.
CHECKBOARD_LAYOUTS: dict[str, tuple[str, _Rule]] = {
    "A": ("16 diagonal stripes, the formula as printed", _stripes(16)),
    "B": ("4x4 board, (i + j) mod 4", _board(4, _sum)),
    "C": ("8x8 board, (i + j) mod 4", _board(8, _sum)),
    "D": ("4x4 board, 2 (i mod 2) + (j mod 2)", _board(4, _parities)),
    "E": ("four quadrants, 2 i + j", _board(2, _parities)),
    "F": ("4x4 board, (i + 2 j) mod 4", _board(4, lambda i, j: (i + 2 * j) % 4)),
    "G": ("8 diagonal stripes", _stripes(8)),
    "H": ("4 diagonal stripes", _stripes(4)),
    "I": ("4x4 board, i xor j", _board(4, lambda i, j: i ^ j)),
    "J": ("3x3 board, (i + j) mod 4", _board(3, _sum)),
    "K": ("3x3 board, 2 (i mod 2) + (j mod 2)", _board(3, _parities)),
    "L": ("8x8 board, 2 (i mod 2) + (j mod 2)", _board(8, _parities)),
}


def _circle(number: int) -> np.ndarray:
    angle = np.pi / 2 + 2 * np.pi * np.arange(number) / max(number, 1)
    return 2 * np.column_stack([np.cos(angle), np.sin(angle)])


def _generator(split: str, samples: int, seed: int) -> np.random.Generator:
    if not isinstance(samples, Integral) or samples < 1:
        raise ValueError(f"samples must be a whole number of at least 1, but got {samples!r}")
    return np.random.default_rng([seed, _STREAMS[split]])
