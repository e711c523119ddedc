"""The pictures of extrinsic networks show what was calculated."""

import numpy as np
import pytest

from relu_book.experiments.extrinsic_networks import cantor
from relu_book.experiments.extrinsic_networks.live import TIMES, Course
from relu_book.plots import extrinsic_networks as plots
from relu_book.plots.extrinsic_networks.deformation import moved_grid
from relu_book.plots.words import words_of


def test_the_net_shrinks_by_half_with_many_filters():
    straight = np.abs(moved_grid(600, 1e-9)).max()
    assert np.abs(moved_grid(600, 1.0)).max() == pytest.approx(straight / 2, rel=0.15)
    assert "3 filters" in words_of(plots.draw_layer(3, 2.0)).alt


def test_a_course_is_told_by_accuracy_and_folds():
    labels = np.arange(40) % 4
    course = Course(
        np.random.default_rng(0).normal(size=(7, 4, 40, 2)),
        np.broadcast_to(np.eye(4)[labels], (7, 40, 4)),
        labels,
        np.where(np.arange(40) < 10, -1.0, 1.0) * np.ones((7, 1)),
        np.full(7, 100.0),
    )
    drawn = plots.draw_course(course, list(TIMES)[-1], "3")
    assert "accuracy 100 %, and 25% of the points" in words_of(drawn).alt
    assert len(drawn.axes[0].collections) == 8


def test_folds_are_drawn_beside_entropy():
    found = cantor.by_depth(range(1, 4), draws=3)
    drawn = plots.folds_by_depth(found)
    assert [axes.get_ylabel() for axes in drawn.axes] == ["folding χ", "entropy in bits"]
    assert "Cantor networks: folding from 0.00 to 0.57" in words_of(drawn).alt
