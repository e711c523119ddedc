"""Every slider of the chapter draws at the ends of its range, and says what it draws."""

import pytest
from matplotlib.figure import Figure

from relu_book.plots import activation_cells as plots
from relu_book.plots.errata import checkboards

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
    draw, describe = getattr(plots, f"draw_{name}"), getattr(plots, f"describe_{name}")
    texts = {describe(**values) for values in settings}
    assert len(texts) == len(settings)
    for values in settings:
        drawn = draw(**values)
        assert isinstance(drawn, Figure)
        assert drawn.axes[0].get_xlabel()


def test_title_and_alt_text_count_the_same_cells():
    count = plots.describe_width(width=16, seed=0).split(": ")[1].split()[0]
    assert f"grid {count}," in plots.draw_width(width=16, seed=0).axes[0].get_title()


def test_every_layout_of_the_checkboard_is_drawn():
    titles = {axes.get_title() for axes in checkboards().axes}
    assert {"A, as printed", "D, our reading"} <= titles
