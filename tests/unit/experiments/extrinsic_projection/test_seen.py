"""What is measured on a deformed sheet, against constructions whose answer is known."""

import numpy as np
import pytest
from scipy.linalg import orthogonal_procrustes

from relu_book.datasets import load
from relu_book.experiments.extrinsic_projection import seen


@pytest.fixture(scope="module")
def board():
    data = load("checkboard", samples=800)
    return data.images.double().numpy(), data.labels.numpy()


def turned(points, degrees):
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return points @ np.array([[cosine, sine], [-sine, cosine]])


@pytest.mark.parametrize("degrees", [0, 30, 135, 180, 250, -75])
def test_the_angle_of_a_rotation_is_found(board, degrees):
    points, _ = board
    found = seen.angle(points, 0.3 * turned(points, degrees) + [5, -2])
    assert found == pytest.approx(min(degrees % 360, -degrees % 360), abs=1e-9)


def test_the_angle_is_that_of_the_best_rotation(board):
    points, _ = board
    rng = np.random.default_rng(0)
    for _ in range(20):
        other = turned(points, rng.uniform(-90, 90)) + rng.normal(size=points.shape)
        centred = other - other.mean(0)
        rotation, _ = orthogonal_procrustes(points - points.mean(0), centred)
        if np.linalg.det(rotation) > 0:  # scipy's best may be a reflection
            theirs = abs(np.degrees(np.arctan2(rotation[0, 1], rotation[0, 0])))
            assert seen.angle(points, other) == pytest.approx(theirs)


def test_affine_images_leave_nothing_over_and_noise_all(board):
    points, _ = board
    rng = np.random.default_rng(1)
    assert seen.residual(points, points @ rng.normal(size=(2, 2)) + 3) < 1e-12
    assert seen.residual(points, rng.normal(size=points.shape)) > 0.98
    assert seen.residual(points, np.zeros_like(points)) == 0
    # y = |x| of a uniform x is uncorrelated with it: half of the variance of (x, |x|) with equal
    # spread is left over.
    folded = np.stack([points[:, 0], 2 * abs(points[:, 0])], 1)
    assert seen.residual(points, folded) == pytest.approx(0.5**0.5, abs=0.02)


def test_separation_is_that_of_an_analysis_of_variance(board):
    points, labels = board
    between = within = 0.0
    for label in range(4):
        own = points[labels == label]
        between += len(own) * np.square(own.mean(0) - points.mean(0)).sum()
        within += np.square(own - own.mean(0)).sum()
    assert seen.separation(points, labels) == pytest.approx(between / within)
    assert seen.separation(np.ones_like(points), labels) == 0


def test_fields_have_one_class_each_and_lie_where_they_say(board):
    points, labels = board
    numbers = seen.fields(points)
    for number in range(16):
        own = numbers == number
        column, row = divmod(number, 4)
        assert set(labels[own]) == {2 * (column % 2) + row % 2}
        width = 3**0.5 / 2
        low = -(3**0.5) + width * np.array([column, row])
        assert ((low <= points[own]) & (points[own] <= low + width)).all()


def test_closeness_against_pairs_by_hand(board):
    points, labels = board
    numbers = seen.fields(points)
    same, other = [], []
    for one in range(16):
        for two in range(one):
            apart = np.linalg.norm(points[numbers == one].mean(0) - points[numbers == two].mean(0))
            alike = labels[numbers == one][0] == labels[numbers == two][0]
            (same if alike else other).append(apart)
    found = seen.closeness(points, points, labels)
    assert found == pytest.approx(np.mean(same) / np.mean(other))
    gathered = np.stack([np.cos(labels), np.sin(labels)], 1)
    assert seen.closeness(points, gathered, labels) == pytest.approx(0)
    assert seen.closeness(points, np.zeros_like(points), labels) == 1
    with pytest.raises(ValueError, match="each of the 16 fields needs points"):
        seen.closeness(points[:5], points[:5], labels[:5])


def test_a_linear_classifier_tells_four_places_apart_and_not_a_board(board):
    points, labels = board
    places = np.stack([np.cos(labels), np.sin(labels)], 1) + 0.1 * points
    assert seen.linear_accuracy(places[:400], labels[:400], places[400:], labels[400:]) == 100
    plain = seen.linear_accuracy(points[:400], labels[:400], points[400:], labels[400:])
    assert 20 < plain < 45
    one_place = np.zeros_like(points)
    most = 100 * (labels[400:] == np.bincount(labels[:400]).argmax()).mean()
    assert (
        seen.linear_accuracy(one_place[:400], labels[:400], one_place[400:], labels[400:]) == most
    )
