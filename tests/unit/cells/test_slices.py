"""Planes through three inputs: the corners lie where they should, and bad corners are named."""

import numpy as np
import pytest
import torch

from relu_book.cells import Slice


@pytest.mark.parametrize("shape", [(2,), (784,), (1, 28, 28), (3, 32, 32)])
@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_corners_return_themselves(shape, dtype):
    corners = torch.randn(3, *shape, generator=torch.Generator().manual_seed(0)).to(dtype)
    plane = Slice.through(*corners)
    points = plane.points([[0, 0], [1, 0], [0, 1]])
    assert plane.shape == shape
    assert points.dtype == dtype
    assert torch.equal(points[0], corners[0])
    assert torch.allclose(points, corners, rtol=torch.finfo(dtype).eps, atol=1e-15)


def test_points_are_the_affine_map_one_by_one():
    corners = torch.randn(3, 4, 5, dtype=torch.float64)
    uv = torch.randn(20, 2, dtype=torch.float64)
    points = Slice.through(*corners).points(uv)
    x0, x1, x2 = corners
    for point, (u, v) in zip(points, uv, strict=True):
        assert torch.allclose(point, x0 + u * (x1 - x0) + v * (x2 - x0), atol=1e-12)


def test_directions_keep_their_length_and_angle():
    plane = Slice.through([0.0, 0, 0], [3.0, 0, 0], [1.0, 1, 0])
    assert plane.points([[2, 1]]).tolist() == [[7, 1, 0]]


def test_arrays_lists_and_whole_numbers_are_taken():
    pixels = np.arange(12, dtype=np.uint8).reshape(3, 2, 2)
    pixels[2, 0, 0] = 200
    plane = Slice.through(*pixels)
    assert plane.points(np.array([[0.0, 1.0]])).dtype == torch.get_default_dtype()
    assert plane.points([[0, 1]]).tolist() == [pixels[2].tolist()]
    assert plane.points(np.empty((0, 2))).shape == (0, 2, 2)


def test_corners_are_copied():
    corners = torch.eye(3)
    plane = Slice.through(*corners)
    corners.zero_()
    assert plane.points([[0, 0]]).tolist() == [[1, 0, 0]]


@pytest.mark.parametrize("scale", [1e-150, 1e-20, 1.0, 1e150])
def test_size_does_not_make_a_plane_flat(scale):
    corners = scale * torch.eye(3, dtype=torch.float64)
    assert torch.allclose(Slice.through(*corners).points([[0, 1]])[0], corners[2])


@pytest.mark.parametrize(
    ("corners", "said"),
    [
        ((torch.zeros(3), torch.zeros(3), torch.zeros(4)), r"\(3,\), \(3,\) and \(4,\)"),
        ((torch.zeros(1, 3), torch.zeros(3), torch.zeros(3)), r"shapes \(1, 3\)"),
        ((1.0, 2.0, 3.0), "one shape"),
        ((torch.zeros(3), torch.ones(3), 2 * torch.ones(3)), "one line"),
        ((torch.zeros(3), torch.zeros(3), torch.ones(3)), "one line"),
        ((torch.ones(3), torch.ones(3), torch.ones(3)), "one line"),
        ((torch.zeros(1), torch.ones(1), 3 * torch.ones(1)), "one line"),
        ((torch.zeros(0), torch.zeros(0), torch.zeros(0)), "one line"),
        ((torch.zeros(2), torch.tensor([1.0, float("nan")]), torch.ones(2)), "x1 .* NaN"),
        (([0.0, 1.0], [1.0, 0.0], "ab"), "x2 must be .* real numbers.*'ab'"),
        (([0.0, 1.0], [1j, 0.0], [1.0, 1.0]), "x1 must be .* real numbers"),
        (([0.0, 1.0], [[1.0], [0.0, 2.0]], [1.0, 1.0]), "x1 must be"),
    ],
)
def test_bad_corners_are_named_in_one_sentence(corners, said):
    with pytest.raises(ValueError, match=said) as error:
        Slice.through(*corners)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("uv", [[0, 1], [[0, 1, 2]], [[[0, 1]]]])
def test_bad_coordinates_are_named(uv):
    with pytest.raises(ValueError, match=r"shape \(n, 2\)"):
        Slice.through(*torch.eye(3)).points(uv)


@pytest.mark.parametrize(
    ("uv", "said"),
    [
        ([[0, float("inf")]], "finite coordinates"),
        ("ab", "uv must be"),
        ([[0], [1, 2]], "uv must be"),
        ([[0, 1j]], "uv must be"),
    ],
)
def test_coordinates_that_are_no_finite_real_numbers_are_named(uv, said):
    with pytest.raises(ValueError, match=said) as error:
        Slice.through(*torch.eye(3)).points(uv)
    assert "\n" not in str(error.value)


def test_lists_of_coordinates_are_taken_in_float64():
    plane = Slice.through([0.0, 0], [1.0, 0], [0.0, 1])
    assert plane.points([[0.1, 0.2]], torch.float64).tolist() == [[0.1, 0.2]]
