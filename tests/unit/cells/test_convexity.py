"""Convexity of raster cells against brute force over all pairs and all points."""

import itertools

import numpy as np
import pytest
from scipy.spatial import ConvexHull, Delaunay, QhullError

from relu_book.cells import convexity_defects, enclosed_components, midpoint_violations


def random_labels(seed, shape=(11, 13), cells=5):
    return np.random.default_rng(seed).integers(0, cells, shape)


def hull_points(points):
    """Grid points in the convex hull, one membership question each; None for a flat set."""
    try:
        hull = Delaunay(points[ConvexHull(points).vertices])
    except QhullError:
        return None
    low, high = points.min(0), points.max(0)
    grid = np.array(list(itertools.product(*(range(a, b + 1) for a, b in zip(low, high)))))  # noqa: B905
    return int((hull.find_simplex(grid, tol=1e-9) >= 0).sum())


@pytest.mark.parametrize("seed", range(8))
def test_defect_counts_the_points_of_the_hull(seed):
    labels = random_labels(seed)
    # Blobs instead of noise: large cells with dents.
    labels = np.kron(labels[:4, :4], np.ones((4, 3), int))
    for label, defect in zip(np.unique(labels), convexity_defects(labels), strict=True):
        points = np.argwhere(labels == label)
        inside = hull_points(points)
        if inside is not None:
            assert defect == pytest.approx(1 - len(points) / inside, abs=1e-12)


def test_defect_of_half_planes_is_zero_and_small_cells_are_left_out():
    y, x = np.mgrid[:200, :200] - 99.5
    labels = ((0.3 * x + y > 7) * 2 + (x - 0.81 * y > -20)).astype(int)
    assert (convexity_defects(labels) == 0).all()
    assert len(convexity_defects(labels, larger_than=labels.size)) == 0


@pytest.mark.parametrize("labels", [[[0]], [[0, 0, 0]], [[0], [0]], [[0, 1], [1, 0]]])
def test_defect_of_flat_sets_is_zero(labels):
    assert (convexity_defects(np.array(labels)) == 0).all()


@pytest.mark.parametrize("seed", range(5))
def test_midpoints_find_every_bent_cell(seed):
    labels = random_labels(seed, (7, 6), 3)
    bent = set()
    for a, b in itertools.combinations(itertools.product(range(7), range(6)), 2):
        together = labels[a] == labels[b] and (a[0] + b[0]) % 2 == 0 and (a[1] + b[1]) % 2 == 0
        if together and labels[(a[0] + b[0]) // 2, (a[1] + b[1]) // 2] != labels[a]:
            bent.add(labels[a])
    found = midpoint_violations(labels, tests=20_000)
    assert found.cells == len(bent)
    assert found.tests == 20_000


def test_midpoints_of_convex_cells_stay():
    y, x = np.mgrid[:300, :300] - 149.5
    labels = ((x + 2 * y > 31) * 4 + (x - y > 3) * 2 + (y > 0.2 * x)).astype(int)
    assert midpoint_violations(labels).violations == 0


def test_midpoints_without_pairs():
    assert midpoint_violations(np.arange(12).reshape(3, 4)).tests == 0
    assert midpoint_violations(np.zeros((4, 4), int), larger_than=16).tests == 0


def test_enclosed_parts_nested_and_at_the_border():
    labels = np.zeros((12, 12), int)
    labels[2:9, 2:9] = 1
    labels[4:7, 4:7] = 2  # inside 1, which is inside 0
    labels[0, 11] = 3  # at the border: in nothing
    labels[10, 5] = 2  # a second part of 2, inside 0
    assert enclosed_components(labels) == 3


def test_two_neighbours_inside_one_ring_are_both_enclosed():
    labels = np.zeros((6, 6), int)
    labels[2, 2], labels[2, 3] = 1, 2
    assert enclosed_components(labels) == 2


@pytest.mark.parametrize("bad", [np.zeros(4, int), np.zeros((2, 2)), np.array([[-1, 0]]), [[]]])
@pytest.mark.parametrize("function", [midpoint_violations, convexity_defects, enclosed_components])
def test_bad_labels_are_named(function, bad):
    with pytest.raises(ValueError, match="whole numbers from 0"):
        function(bad)


@pytest.mark.parametrize("value", [-1, 2.5, True, "3", None, float("nan"), np.float64(3)])
@pytest.mark.parametrize("name", ["tests", "larger_than", "seed"])
def test_numbers_that_are_not_whole_are_named(name, value):
    labels = np.zeros((3, 3), int)
    with pytest.raises(ValueError, match=f"^{name} must be a whole number of at least 0, and this"):
        midpoint_violations(labels, **{name: value})
    if name == "larger_than":
        with pytest.raises(ValueError, match=r"^larger_than must be"):
            convexity_defects(labels, larger_than=value)


def test_whole_numbers_of_numpy_are_whole_numbers():
    labels = np.zeros((3, 3), int)
    options = {"tests": np.int64(5), "larger_than": np.uint8(1), "seed": np.int32(4)}
    assert midpoint_violations(labels, **options) == midpoint_violations(labels, 5, 1, 4)
