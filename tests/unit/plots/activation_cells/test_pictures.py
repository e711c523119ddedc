"""Every slider of the chapter draws at the ends of its range, and says what it draws."""

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from relu_book.cells import region_count
from relu_book.plots import activation_cells as plots
from relu_book.plots.errata import checkboards
from relu_book.plots.style import GREEN
from relu_book.plots.words import words_of

ENDS = [
    ("resolution", [{"resolution": 25, "width": 16}, {"resolution": 500, "width": 64}]),
    ("width", [{"width": 4, "seed": 0}, {"width": 256, "seed": 1}]),
    ("bias", [{"bias": -0.25, "seed": 0}, {"bias": 0.0, "seed": 1}, {"bias": 3.0, "seed": 1}]),
    ("batch_norm", [{"beta": 0.0, "centre": -2}, {"beta": 1.0, "centre": 2}]),
    ("depth", [{"layer": n, "batch_norm": b, "seed": 0} for n in (1, 8) for b in (False, True)]),
    (
        "training",
        [
            {"epoch": e, "layer": n, "batch_norm": b}
            for e, n, b in [(0, 1, False), (20, 5, False), (0, 5, True), (20, 1, True)]
        ],
    ),
]


@pytest.mark.parametrize(("name", "settings"), ENDS, ids=[name for name, _ in ENDS])
def test_sliders_draw_at_their_ends(name, settings):
    draw = getattr(plots, f"draw_{name}")
    texts = {words_of(draw(**values)).alt for values in settings}
    assert len(texts) == len(settings)
    for values in settings:
        drawn = draw(**values)
        assert isinstance(drawn, Figure)
        assert drawn.axes[0].get_xlabel()


def test_title_and_alt_text_count_the_same_cells():
    count = words_of(plots.draw_width(width=16, seed=0)).alt.split(": ")[1].split()[0]
    assert f"grid {count}," in plots.draw_width(width=16, seed=0).axes[0].get_title()


def test_the_exact_count_jumps_at_bias_zero():
    counts = np.array([[14.0, 28.0, 20.0]])  # of 7 filters: 14 sectors, or up to 29 cells
    curves = xr.Dataset(
        {
            "exact": (("seed", "bias"), counts),
            "grid": (("resolution", "seed", "bias"), 3 * [counts]),
        },
        {"bias": [0, 0.5, 1], "resolution": [10, 20, 40]},
    )
    figure = plots.bias_curve(curves, width=7)
    assert "at 0.5 with 10 points a side, 0.5 with 20" in words_of(figure).alt
    axes = figure.axes[0]
    exact = [line.get_xydata().tolist() for line in axes.lines if line.get_color() == GREEN]
    assert [[0, 14]] in exact, "the sectors lie alone"
    assert [[0, region_count(7, 2)], [0.5, 28]] in exact, "the curve comes from all cells"
    assert not any([0, 14] in line for line in exact if len(line) > 1), "no line joins them"


def test_every_box_of_both_panels_is_in_view():
    shallow, deep = np.full((3, 8), 30) + np.arange(3)[:, None], np.geomspace(30, 24_000, 8)
    deep = deep * np.array([[0.9], [1.0], [1.1]])
    figure = plots.depth_boxes(
        {"layer": shallow, "global": shallow}, {"layer": deep, "global": deep}
    )
    for axes in figure.axes:
        low, high = axes.get_ylim()
        drawn = np.concatenate([line.get_ydata() for line in axes.lines])
        assert low < drawn.min()
        assert drawn.max() < high
    assert figure.axes[0].get_ylim() == figure.axes[1].get_ylim()


def test_the_slider_has_the_picture_of_figure_2_8():
    panel = plots.batch_norm_panels(seed=0).axes[2]
    slider = plots.draw_batch_norm(beta=1.0, centre=-2).axes[0]
    assert slider.get_title() == panel.get_title()
    assert np.array_equal(slider.images[0].get_array(), panel.images[0].get_array())


def test_every_layout_of_the_checkboard_is_drawn():
    titles = {axes.get_title() for axes in checkboards().axes}
    assert {"A, as printed", "D, our reading"} <= titles
