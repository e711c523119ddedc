"""Points in the plane: where they lie, how many, and which class they have."""

import numpy as np
import pytest
import torch

from relu_book.datasets import CHECKBOARD_LAYOUTS, checkboard_class, load


def test_the_default_rectangle_is_that_of_the_figure():
    data = load("uniform", samples=20_000)
    low, high = data.images.min(0).values, data.images.max(0).values
    assert (low >= torch.tensor([-3.0, -3.0])).all() and (high <= torch.tensor([-1.0, 3.0])).all()
    n, spread = len(data), torch.tensor([2.0, 6.0]) / 12**0.5
    # Five standard errors; the standard deviation of U has relative standard error 1/sqrt(5 n).
    assert ((data.images.mean(0) - torch.tensor([-2.0, 0.0])).abs() < 5 * spread / n**0.5).all()
    assert ((data.images.std(0) / spread - 1).abs() < 5 / (5 * n) ** 0.5).all()


@pytest.mark.parametrize(
    "low, high",
    [
        ((0, 0), (1, 0)),
        ((0, 0), (1,)),
        (0, 1),
        ((0, np.nan), (1, 1)),
        ((0, 0), (1, np.inf)),
        (((0, 0),), ((1, 1),)),
    ],
)
def test_a_box_that_is_none_raises(low, high):
    with pytest.raises(ValueError, match="low and high must be finite, equally long"):
        load("uniform", low=low, high=high)


def test_a_box_may_have_any_number_of_coordinates():
    assert load("uniform", low=(0, 1, 2), high=(1, 2, 3), samples=4).images.shape == (4, 3)


def test_clusters_lie_around_their_centres_in_equal_shares():
    centres = [[0.0, 0.0, 0.0], [5.0, 0.0, -5.0]]
    data = load("clusters", centres=centres, standard_deviation=0.5, samples=10_001)
    assert sorted(data.labels.bincount().tolist()) == [5000, 5001]
    for label, centre in enumerate(centres):
        offset = data.images[data.labels == label].double() - torch.tensor(centre)
        n = offset.numel()
        assert (offset.mean(0).abs() < 5 * 0.5 / (n / 3) ** 0.5).all()
        assert abs(offset.square().mean() / 0.25 - 1) < 5 * (2 / n) ** 0.5


@pytest.mark.parametrize("number", [1, 2, 5])
def test_numbered_centres_lie_on_a_circle_from_the_top(number):
    data = load("clusters", centres=number, standard_deviation=0, samples=number)
    points = data.images[data.labels.argsort()]
    assert torch.allclose(points.norm(dim=1), torch.full((number,), 2.0))
    assert torch.allclose(points[0], torch.tensor([0.0, 2.0]), atol=1e-6)
    assert len(data.classes) == number


@pytest.mark.parametrize("centres", [0, -1, [], [1.0, 2.0], [[np.nan, 0.0]]])
def test_centres_that_are_none_raise(centres):
    with pytest.raises(ValueError, match="centres must be a number"):
        load("clusters", centres=centres)


@pytest.mark.parametrize("spread", [-0.1, np.nan, np.inf])
def test_a_spread_that_is_none_raises(spread):
    with pytest.raises(ValueError, match="standard_deviation must be finite"):
        load("clusters", standard_deviation=spread)


@pytest.mark.parametrize("name", ["uniform", "clusters", "checkboard"])
@pytest.mark.parametrize("samples", [0, -3, 1.5, "10"])
def test_a_number_of_samples_that_is_none_raises(name, samples):
    with pytest.raises(ValueError, match="samples must be a whole number of at least 1"):
        load(name, samples=samples)


def test_the_checkboard_has_mean_zero_and_standard_deviation_one():
    points = load("checkboard").images.double()
    n = len(points)
    assert n == 50_000
    assert points.abs().max() <= 3**0.5 + 1e-6
    assert (points.mean(0).abs() < 5 / n**0.5).all()
    # The variance of a squared coordinate of U(-sqrt 3, sqrt 3) is 9/5 - 1.
    assert ((points.square().mean(0) - 1).abs() < 5 * (0.8 / n) ** 0.5).all()


def naive_class(layout: str, x: float, y: float) -> int:
    """The class of one point, each layout spelt out."""
    fields = {"B": 4, "C": 8, "D": 4, "E": 2, "F": 4, "I": 4, "J": 3, "K": 3, "L": 8}.get(layout)
    if fields is None:
        stripes_per_root_three = {"A": 4, "G": 2, "H": 1}[layout]
        return int(np.floor((x + y) / np.sqrt(3) * stripes_per_root_three)) % 4
    i = int((x + np.sqrt(3)) // (2 * np.sqrt(3) / fields))
    j = int((y + np.sqrt(3)) // (2 * np.sqrt(3) / fields))
    if layout in "BCJ":
        return (i + j) % 4
    if layout == "F":
        return (i + 2 * j) % 4
    if layout == "I":
        return i ^ j
    return 2 * (i % 2) + (j % 2)


@pytest.mark.parametrize("layout", sorted(CHECKBOARD_LAYOUTS))
def test_every_layout_labels_points_as_its_formula_says(layout):
    data = load("checkboard", layout=layout, samples=2000)
    expected = [naive_class(layout, x, y) for x, y in data.images.double().tolist()]
    assert data.labels.tolist() == expected
    assert sorted(set(expected)) == [0, 1, 2, 3]


def test_layouts_differ_but_share_their_points():
    sets = [load("checkboard", layout=layout, samples=5000) for layout in CHECKBOARD_LAYOUTS]
    assert len({tuple(data.labels.tolist()) for data in sets}) == len(CHECKBOARD_LAYOUTS)
    assert all(torch.equal(data.images, sets[0].images) for data in sets)


def test_the_default_is_the_plain_tiling_with_four_colours():
    data = load("checkboard", samples=3000)
    column, row = (torch.floor(2 * data.images.double() / 3**0.5) + 2).long().unbind(1)
    assert torch.equal(data.labels, 2 * (column % 2) + row % 2)


def test_points_on_the_border_and_outside_belong_to_the_nearest_field():
    edge = 3**0.5
    corners = torch.tensor([[-edge, -edge], [-edge, edge], [edge, -edge], [edge, edge]])
    expected = checkboard_class(corners * 0.99)
    assert torch.equal(checkboard_class(corners), expected)
    assert torch.equal(checkboard_class(corners.double() * 10), expected)
    assert checkboard_class(torch.empty(0, 2)).shape == (0,)


@pytest.mark.parametrize("layout", ["Z", "d", "", None, 4])
def test_a_layout_that_is_none_raises_with_the_known_ones(layout):
    with pytest.raises(ValueError, match=r"no checkboard layout .*choose one of A, B, C, D"):
        load("checkboard", layout=layout)


@pytest.mark.parametrize("shape", [(2,), (3, 1), (3, 3), (1, 2, 2)])
def test_points_of_another_shape_raise(shape):
    with pytest.raises(ValueError, match=r"points must have the shape \(n, 2\)"):
        checkboard_class(torch.zeros(shape))
