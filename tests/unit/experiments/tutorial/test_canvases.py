"""Canvases of two digits: where they are, and what surrounds them."""

import numpy as np
import pytest
import torch

from relu_book.datasets import load
from relu_book.experiments.tutorial import canvases


@pytest.fixture(scope="module")
def scans():
    return load("digits", "test")


def test_each_half_of_a_canvas_holds_its_digit_where_the_box_says(scans):
    made = canvases.two_digits(scans, 30, seed=4)
    known = {
        label: [scans.images[n, 0].double().numpy() for n in np.flatnonzero(scans.labels == label)]
        for label in range(10)
    }
    for picture, labels, boxes in zip(*made, strict=True):
        assert labels[0] != labels[1]
        for side, label in enumerate(labels.tolist()):
            half = np.zeros(32, bool)
            half[16 * side : 16 * side + 16] = True
            assert not boxes[side][:, ~half].any()
            rows, columns = np.flatnonzero(boxes[side].any(1)), np.flatnonzero(boxes[side].any(0))
            assert boxes[side].sum() == len(rows) * len(columns)
            assert max(len(rows), len(columns)) <= 8
            inside = picture[0].numpy()[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
            assert any(_shows(inside, digit) for digit in known[label])
            outside = picture[0].numpy()[~boxes.any(0)]
            assert outside.min() >= 0
            assert outside.max() <= canvases.NOISE


def _shows(inside, digit):
    """Whether the ink of a digit fills a rectangle, noise showing where there is less of it."""
    rows, columns = np.flatnonzero(digit.any(1)), np.flatnonzero(digit.any(0))
    ink = digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    strong = ink > canvases.NOISE
    return (
        ink.shape == inside.shape
        and np.array_equal(inside[strong], ink[strong])
        and inside[~strong].max(initial=0) <= canvases.NOISE
    )


def test_canvases_follow_their_seed(scans):
    first, again, other = (canvases.two_digits(scans, 5, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(first.images, again.images)
    assert not torch.equal(first.images, other.images)


def test_maps_are_repeated_over_the_pixels_that_they_cover():
    small = np.arange(8.0).reshape(1, 2, 4)
    large = canvases.to_canvas(small)
    assert large.shape == (1, 16, 32)
    for row, column in ((0, 0), (7, 7), (8, 8), (15, 31), (3, 20)):
        assert large[0, row, column] == small[0, row // 8, column // 8]


def test_digits_of_another_size_are_refused():
    with pytest.raises(ValueError, match="1 x 8 x 8 pixels, but those of digits have 1 x 16 x 16"):
        canvases.two_digits(load("digits", "test", size=16), 1, seed=0)
