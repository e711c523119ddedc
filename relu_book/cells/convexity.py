"""How convex, and how nested, the cells of a raster are.

On a grid the segment between two points of a convex cell stays in it, so the midpoint of two grid
points, where it is a grid point itself, carries the same label (thesis 2.2.2, proposition 2). How
far a cell is from convex says its defect,

    1 - (grid points of the cell) / (grid points in its convex hull),

exactly 0 for the grid points of any convex set. Hulls have whole-number corners, so the points in
them follow from area A and border points B by Pick's theorem, A + B/2 + 1, without rounding.
"""

from dataclasses import dataclass
from math import gcd

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from relu_book.cells.checks import whole
from relu_book.cells.enclosure import enclosing_regions


@dataclass(frozen=True)
class MidpointTest:
    """What ``midpoint_violations`` found.

    Attributes:
        violations: Midpoints that lie outside the cell of their two points.
        tests: Midpoints looked at.
        cells: Different cells that at least one midpoint left.
    """

    violations: int
    tests: int
    cells: int


def midpoint_violations(
    labels, tests: int = 100_000, larger_than: int = 0, seed: int = 0
) -> MidpointTest:
    """Draw pairs of grid points of one cell and see whether their midpoint left it.

    Args:
        labels: (H, W) integers from 0, as ``CellRaster.labels``.
        tests: Number of pairs; those drawn twice count twice.
        larger_than: Only cells with more grid points than this.
        seed: Names the draw.

    Returns:
        Violations, tests (0 if no cell has two points with a midpoint on the grid) and the number
        of cells with a violation.

    Raises:
        ValueError: ``labels`` is not such an array; a number that is not whole or negative.

    Cost: one sort of the grid; 20 ms for 500 by 500 points.

    Example:
        >>> midpoint_violations(np.zeros((9, 9), int)).violations
        0
        >>> bent = np.array([[0, 0, 0], [0, 1, 1], [0, 1, 1]])
        >>> midpoint_violations(bent).cells
        1
    """
    labels, tests = _checked(labels), whole(tests, "tests", 0)
    larger_than, seed = whole(larger_than, "larger_than", 0), whole(seed, "seed", 0)
    width = labels.shape[1]
    rows, columns = np.divmod(np.arange(labels.size), width)
    flat = labels.ravel()
    # A midpoint is on the grid if the rows agree in parity, and so do the columns.
    key = (flat * 2 + rows % 2) * 2 + columns % 2
    order = np.argsort(key, kind="stable")
    starts = np.flatnonzero(np.diff(key[order], prepend=-1))
    sizes = np.diff(starts, append=labels.size)
    group_of = np.repeat(np.arange(len(starts)), sizes)
    large = np.bincount(flat)[flat[order]] > larger_than
    candidates = np.flatnonzero((sizes[group_of] > 1) & large)
    if not len(candidates):
        return MidpointTest(0, 0, 0)
    rng = np.random.default_rng(seed)
    one = rng.choice(candidates, tests)
    group = group_of[one]
    # Any other point of the group: a step of 1 to size - 1 around it.
    step = 1 + (rng.random(tests) * (sizes[group] - 1)).astype(np.int64)
    other = starts[group] + (one - starts[group] + step) % sizes[group]
    a, b = order[one], order[other]
    middle = (rows[a] + rows[b]) // 2 * width + (columns[a] + columns[b]) // 2
    left = flat[middle] != flat[a]
    return MidpointTest(int(left.sum()), tests, len(np.unique(flat[a[left]])))


def convexity_defects(labels, larger_than: int = 0) -> np.ndarray:
    """The convexity defect of each cell with more than some number of grid points.

    Args:
        labels: (H, W) integers from 0.
        larger_than: Smaller cells are left out.

    Returns:
        (cells,) float64 from 0, convex, towards 1, in the order of the labels.

    Raises:
        ValueError: ``labels`` is not such an array, or ``larger_than`` no whole number from 0.

    Cost: one sort of the grid and some 0.2 ms a cell.

    Example:
        >>> convexity_defects(np.array([[0, 0, 0], [0, 1, 1], [0, 1, 1]])).tolist()
        [0.16666666666666663, 0.0]
    """
    labels, larger_than = _checked(labels), whole(larger_than, "larger_than", 0)
    width = labels.shape[1]
    flat = labels.ravel()
    sizes = np.bincount(flat)
    order = np.argsort(flat, kind="stable")
    rows, columns = np.divmod(order, width)
    # The first and the last point of each row of a cell: the hull needs no others.
    change = (np.diff(flat[order]) != 0) | (np.diff(rows) != 0)
    first = np.append(0, np.flatnonzero(change) + 1)
    last = np.append(first[1:] - 1, labels.size - 1)
    row_starts = np.searchsorted(flat[order[first]], np.arange(len(sizes) + 1))
    defects = []
    for label in np.flatnonzero(sizes > larger_than):
        span = slice(row_starts[label], row_starts[label + 1])
        lefts = zip(rows[first[span]].tolist(), columns[first[span]].tolist(), strict=True)
        rights = zip(rows[last[span]].tolist(), columns[last[span]].tolist(), strict=True)
        defects.append(1 - sizes[label] / _points_in_hull(list(lefts), list(rights)))
    return np.array(defects)


def _points_in_hull(lefts: list, rights: list) -> int:
    """Grid points in the convex hull of row ends, which are given from the first row on."""
    corners = _chain(lefts, 1) + _chain(rights, -1)[::-1]
    twice_area = border = 0
    for (y0, x0), (y1, x1) in zip(corners, corners[1:] + corners[:1], strict=True):
        twice_area += x0 * y1 - x1 * y0
        border += gcd(abs(x1 - x0), abs(y1 - y0))
    return (abs(twice_area) + border) // 2 + 1


def _chain(points: list, side: int) -> list:
    """The left (side 1) or right (side -1) half of a hull, by Andrew's monotone chain."""
    chain = []
    for y, x in points:
        while len(chain) > 1:
            (y0, x0), (y1, x1) = chain[-2:]
            if side * ((x1 - x0) * (y - y0) - (x - x0) * (y1 - y0)) < 0:
                break
            chain.pop()
        chain.append((y, x))
    return chain


def enclosed_components(labels) -> int:
    """How many connected parts of cells lie wholly inside another cell.

    A part is a set of points of one label connected along rows and columns. It is enclosed if every
    way from it to the border of the grid passes through one other part.

    Args:
        labels: (H, W) integers from 0.

    Returns:
        Number of enclosed parts.

    Raises:
        ValueError: ``labels`` is not such an array.

    Cost: 0.3 s for 500 by 500 points.

    Example:
        >>> enclosed_components(np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]]))
        1
    """
    labels = _checked(labels)
    points = np.arange(labels.size).reshape(labels.shape)
    pairs = np.concatenate(
        [
            np.stack([points[:, 1:].ravel(), points[:, :-1].ravel()], 1),
            np.stack([points[1:].ravel(), points[:-1].ravel()], 1),
        ]
    )
    flat = labels.ravel()
    same = pairs[flat[pairs[:, 0]] == flat[pairs[:, 1]]]
    graph = coo_array((np.ones(len(same), bool), same.T), shape=(labels.size,) * 2)
    count, parts = connected_components(graph, directed=False)
    touching = np.sort(parts[pairs], axis=1)
    touching = np.unique(touching[touching[:, 0] != touching[:, 1]], axis=0)
    edge = np.concatenate([points[0], points[-1], points[:, 0], points[:, -1]])
    return int((enclosing_regions(count, touching, np.unique(parts[edge])) >= 0).sum())


def _checked(labels) -> np.ndarray:
    labels = np.asarray(labels)
    if labels.ndim != 2 or not labels.size or labels.dtype.kind not in "iu" or labels.min() < 0:
        raise ValueError(
            f"Labels are whole numbers from 0 of shape (H, W), as CellRaster.labels; these have "
            f"shape {labels.shape} and type {labels.dtype}."
        )
    return labels.astype(np.int64)
