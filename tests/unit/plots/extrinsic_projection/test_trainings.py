"""Pictures of trained networks: folds in space, sheets in the plane, and many seeds."""

import numpy as np
import pytest
import torch
import xarray as xr

from relu_book.datasets import load
from relu_book.experiments.extrinsic_projection import live
from relu_book.extrinsic import project
from relu_book.models import mlp
from relu_book.plots import extrinsic_projection as plots
from relu_book.plots.extrinsic_projection import plane, space
from relu_book.plots.words import words_of


@pytest.fixture
def few_steps(monkeypatch):
    """Trainings of seconds in place of ten epochs."""
    shown = (0, 20)
    monkeypatch.setattr(plane, "TWO", ((2, 2, 2, 4), 0, shown))
    monkeypatch.setattr(plane, "FIFTY", ((2, 6, 6, 6, 4), 0, shown))
    monkeypatch.setattr(space, "NETWORK", ((3, 3, 3, 4), 2, shown))


def test_whole_folds_are_the_projections_of_the_layers():
    model = mlp((3, 3, 3, 4), seed=3, dtype=torch.float64)
    points = space.corners(6)
    torch.testing.assert_close(space.folded(model, points, 0.0), points)
    for fold, layer in ((1.0, 0), (2.0, 1)):
        expected = project(model, points, layer)
        torch.testing.assert_close(space.folded(model, points, fold), expected)


def test_a_fold_under_way_is_between_its_ends_and_starts_without_a_jump():
    model = mlp((3, 3, 3, 4), seed=3, dtype=torch.float64)
    points = space.corners(6)
    first, half, whole = (space.folded(model, points, fold) for fold in (0.0, 0.5, 1.0))
    torch.testing.assert_close(half, (first + whole) / 2)
    after = space.folded(model, points, 1 + 1e-9)
    torch.testing.assert_close(after, whole, atol=1e-6, rtol=0)


@pytest.mark.usefixtures("few_steps")
def test_sheets_in_space_are_drawn_and_told_apart():
    one, two = plots.draw_folds(0.0, 30), plots.draw_folds(1.5, 30)
    assert words_of(one).alt != words_of(two).alt and len(one.axes) == 1
    assert len(one.axes[0].collections[0].get_facecolor()) == 48 * 48
    courses = {words_of(plots.draw_course(step, 0)).alt for step in (0, 20)}
    assert len(courses) == 2


@pytest.mark.usefixtures("few_steps")
def test_layers_by_times_in_the_plane():
    drawn = plots.two_filters()
    assert len(drawn.axes) == 4 and drawn.axes[1].get_title() == "after 20 steps"
    points = drawn.axes[3].collections[0].get_offsets()
    data = load("checkboard", "validation", samples=1000)
    model = live.training(*plane.TWO)[20]
    np.testing.assert_allclose(points, project(model, data.images.double(), 1).numpy())
    assert len(plots.draw_fifty_filters(20).axes) == 4


def test_stretched_points_have_deviation_1_in_all_directions():
    rng = np.random.default_rng(0)
    mixed = rng.normal(size=(500, 2)) @ [[3, 1], [0, 0.01]] + 7
    found = plane.stretched(mixed)
    np.testing.assert_allclose(np.cov(found.T), np.eye(2), atol=1e-6)
    flat = rng.normal(size=(500, 1)) @ [[1.0, 2.0]]
    assert np.linalg.matrix_rank(plane.stretched(flat), tol=1e-6) == 1


def test_the_board_and_the_accuracies_of_many_seeds():
    assert len(plots.board(200).axes) == 4
    rng = np.random.default_rng(0)
    dims = ("layout", "bias", "seed", "network")
    names = {"layout": ["D", "F"], "bias": ["zero", "default"]}
    accuracy = xr.DataArray(rng.normal(40, 5, (2, 2, 3, 10)), names, dims)
    drawn = plots.accuracies(accuracy, 48.9)
    assert [axes.get_title() for axes in drawn.axes][1] == "board D, default bias, 30 networks"
    counted = sum(patch.get_height() for patch in drawn.axes[2].patches)
    assert counted == 30
    times = {"step": [0, 1, 200], "layer": ["1", "2", "3", "read-out"]}
    values = xr.DataArray(
        rng.random((2, 2, 3, 3, 10, 4)), names | times, (*dims[:3], "step", "network", "layer")
    )
    record = xr.Dataset(dict.fromkeys(("angle", "residual", "separation"), values))
    drawn = plots.measures(record)
    assert [len(axes.lines) for axes in drawn.axes] == [1, 4, 4]
    mean = values.sel(layout="D", bias="default", layer="2").mean(("seed", "network"))
    np.testing.assert_allclose(drawn.axes[0].lines[0].get_ydata(), mean)
