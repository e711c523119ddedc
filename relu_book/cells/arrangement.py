"""How many regions hyperplanes make: by formula, in a window of the plane, and sign by sign.

D hyperplanes w_i x + b_i = 0 in general position cut R^d into

    r(D, d) = sum_{k <= d} C(D, k)

regions (Stanley 2007, proposition 2.4; thesis 2.2.2), one a pattern of a layer with D filters. A
convex window holds 1 + (lines that cross it) + (crossings of two lines inside it) of them.
"""

from math import comb

import numpy as np
from scipy.optimize import linprog
from scipy.spatial import cKDTree

from relu_book.cells.checks import finite, whole
from relu_book.cells.window import Window

# Crossings nearer than this to each other, relative to the window, count as one point.
_SAME_POINT = 1e-12
# A sign vector counts as possible if its half spaces, normals of length one, leave this much room.
_ROOM = 1e-9


def region_count(hyperplanes: int, dimensions: int) -> int:
    """Regions of hyperplanes in general position.

    Args:
        hyperplanes: Their number D, at least 0.
        dimensions: Of the space, d, at least 0.

    Returns:
        The sum of the binomials C(D, k) over k from 0 to d, exact.

    Raises:
        ValueError: A number that is negative or not whole.

    Example:
        >>> region_count(3, 2), region_count(3, 5)
        (7, 8)
    """
    hyperplanes = whole(hyperplanes, "hyperplanes", 0)
    dimensions = whole(dimensions, "dimensions", 0)
    return sum(comb(hyperplanes, k) for k in range(dimensions + 1))


def arrangement_cells(weight, bias, window=(-5, 5)) -> int:
    """Exact number of cells that the lines of one layer make in a window of the plane.

    Args:
        weight: (filters, 2); rows of zeros have no line.
        bias: (filters,).
        window: (low, high) for both axes or ((x0, x1), (y0, y1)).

    Returns:
        1 + lines that cross the window + crossings inside it.

    Raises:
        ValueError: Shapes that do not fit; numbers that are not finite; two equal lines, or three
            through one point of the window, for which the formula does not hold (``exact_cells``
            takes these).

    Cost: O(filters^2 log filters) time and memory; 512 filters take about 0.1 s.

    Example:
        >>> arrangement_cells([[1, 0], [0, 1], [1, 1]], [0, 0, -1])
        7
        >>> arrangement_cells([[1, 0], [0, 1], [1, 1]], [0, 0, -1], window=(2, 3))
        1
    """
    weight, bias = _lines(weight, bias, 2)
    rectangle = Window.of(window)
    # In local coordinates the window is [-1, 1]^2, and "near" means the same at every scale.
    bias = bias + weight @ rectangle.centre
    weight = weight * rectangle.half
    length = np.linalg.norm(weight, axis=1)
    weight, bias, length = weight[length > 0], bias[length > 0], length[length > 0]
    weight, bias = weight / length[:, None], bias / length
    hits = np.abs(bias) < np.abs(weight).sum(1)
    weight, bias = weight[hits], bias[hits]
    first, second = np.triu_indices(len(weight), 1)
    determinant = weight[first, 0] * weight[second, 1] - weight[first, 1] * weight[second, 0]
    parallel = determinant == 0
    same_side = np.einsum("ij,ij->i", weight[first], weight[second])
    if (parallel & (bias[first] == np.sign(same_side) * bias[second])).any():
        raise ValueError(
            "Two filters have the same line, so the number of cells does not follow from counting "
            "lines and crossings; use exact_cells."
        )
    first, second, determinant = (part[~parallel] for part in (first, second, determinant))
    x = (weight[first, 1] * bias[second] - weight[second, 1] * bias[first]) / determinant
    y = (weight[second, 0] * bias[first] - weight[first, 0] * bias[second]) / determinant
    crossings = np.stack([x, y], axis=1)
    crossings = crossings[(np.abs(crossings) < 1).all(1)]
    if len(cKDTree(crossings).query_pairs(_SAME_POINT)) if len(crossings) else False:
        raise ValueError(
            "Three lines or more pass through one point of the window, so the number of cells does "
            "not follow from counting lines and crossings; use exact_cells."
        )
    return 1 + len(weight) + len(crossings)


def sign_vectors(weight, bias) -> np.ndarray:
    """All patterns that a layer can show, by one feasibility question each.

    Hyperplane after hyperplane, both sides of each region are asked for by linear programming:
    the most room t such that s_i (w_i x + b_i) >= t for all i, with normals of length one.

    Args:
        weight: (filters, inputs), no row of zeros.
        bias: (filters,).

    Returns:
        (patterns, filters) bool, sorted by rows; true where the filter is active.

    Raises:
        ValueError: Shapes that do not fit; numbers that are not finite; a filter of zeros, which
            has no hyperplane.

    Cost: about 2 ms a region and filter; meant for small cases. Patterns that have less than 1e-9
    of room count as impossible.

    Example:
        >>> sign_vectors([[1.0, 0.0], [0.0, 1.0]], [0.0, 0.0]).astype(int).tolist()
        [[0, 0], [0, 1], [1, 0], [1, 1]]
    """
    weight, bias = _lines(weight, bias, None)
    length = np.linalg.norm(weight, axis=1)
    if not length.all():
        raise ValueError(
            f"Every filter needs a weight other than zero to have a hyperplane, and filter "
            f"{int(np.argmin(length))} has none."
        )
    weight, bias = weight / length[:, None], bias / length
    # A region is its signs so far and a point in it. That point, and its mirror image behind the
    # next hyperplane, often show that a side is possible; else linear programming has to tell.
    regions = [(np.empty(0), np.zeros(weight.shape[1]))]
    for number, (normal, constant) in enumerate(zip(weight, bias, strict=True), start=1):
        split = []
        for signs, point in regions:
            height = normal @ point + constant
            for side in (-1.0, 1.0):
                both = np.append(signs, side)
                inside = point if side * height > 0 else point - 2 * height * normal
                heights = both * (weight[:number] @ inside + bias[:number])
                if heights.min() <= _ROOM:
                    inside = _point_in(weight[:number], bias[:number], both)
                if inside is not None:
                    split.append((both, inside))
        regions = split
    return np.array([signs for signs, _ in regions]) > 0


def _point_in(weight: np.ndarray, bias: np.ndarray, signs: np.ndarray) -> np.ndarray | None:
    """A point in the intersection of half spaces with the most room, if there is room."""
    inputs = weight.shape[1]
    # Unknowns x and t; -s (w x) + t <= s b, and t is bounded lest it run away.
    left = np.column_stack([-signs[:, None] * weight, np.ones(len(weight))])
    objective = np.append(np.zeros(inputs), -1.0)
    bounds = [(None, None)] * inputs + [(None, 1.0)]
    answer = linprog(objective, A_ub=left, b_ub=signs * bias, bounds=bounds, method="highs")
    return answer.x[:-1] if answer.success and answer.x[-1] > _ROOM else None


def _lines(weight, bias, inputs: int | None) -> tuple[np.ndarray, np.ndarray]:
    weight, bias = finite(weight, "weight"), finite(bias, "bias")
    fits = weight.ndim == 2 and bias.shape == weight.shape[:1]
    if not fits or (inputs is not None and weight.shape[1] != inputs):
        raise ValueError(
            f"Filters are given as weight (filters, {inputs or 'inputs'}) and bias (filters,), and "
            f"these have shapes {weight.shape} and {bias.shape}."
        )
    return weight, bias
