"""Recorded cells through training are drawn from their record."""

import numpy as np
from matplotlib.figure import Figure
from trained_cells import RISING, THINNING, record

from relu_book.plots import activation_cells as plots
from relu_book.plots.words import words_of
from relu_book.records import load


def test_recorded_pictures_are_drawn_from_the_record():
    made = record(THINNING, RISING, seeds=3)
    rng = np.random.default_rng(0)
    shape = (2, 3, 3, 5, 12, 12)
    dims = ("batch_norm", "seed", "pictured", "layer", "v", "u")
    made["classes"] = (dims, rng.integers(0, 64, shape).astype(np.uint8))
    made = made.assign_coords(pictured=made.compared.values)
    drawn = plots.draw_recorded(made, epoch=5, layer=2)
    assert [axes.get_title() for axes in drawn.axes[:2]] == [
        "no batch norm: 40 cells",
        "batch norm: 225 cells",
    ]
    blocks = made.classes.sel(batch_norm=True, seed=0, pictured=5, layer=2).values
    expected = [
        [len(set(blocks[v : v + 5, u : u + 5].ravel().tolist())) for u in (0, 5)] for v in (0, 5)
    ]
    assert drawn.axes[1].images[0].get_array().tolist() == expected
    assert "40 cells without and 225" in words_of(plots.draw_recorded(made, epoch=5, layer=2)).alt
    curves = plots.count_curves(made)
    assert isinstance(curves, Figure)
    for axes in curves.axes:  # no line leaves its picture
        low, high = axes.get_ylim()
        heights = np.concatenate([line.get_ydata() for line in axes.lines])
        assert low == 0
        assert heights.max() < high


def test_the_smoke_record_is_drawn_too():
    made = load("activation_cells/cells_through_training", "smoke")
    epoch, layer = made.pictured.values[-1], made.layer.values[0]
    assert plots.draw_recorded(made, epoch, layer).axes[0].get_title()
    assert len(plots.count_curves(made).axes) == 10
