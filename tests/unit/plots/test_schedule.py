"""The picture of a schedule shows the history, skipped calls left out."""

import pytest

from relu_book.plots.schedule import schedule


def entries():
    for step in (1, 2, 2, 3):
        measured = 0.4 if step == 2 else None
        entry = {"step": step, "learning_rate": 0.1 * step, "target_temperature": 1 - step / 4}
        yield entry | {"temperature": measured, "skipped": False}


def test_it_shows_rates_targets_and_measurements():
    history = list(entries())
    history[2]["skipped"] = True
    figure = schedule(history)
    above, below = figure.axes
    assert above.lines[0].get_ydata().tolist() == pytest.approx([0.1, 0.2, 0.3])
    assert below.lines[0].get_xdata().tolist() == [1, 2, 3]
    assert below.lines[1].get_xydata().tolist() == [[2, 0.4]]


def test_nothing_to_show_is_told():
    with pytest.raises(ValueError, match="the history holds no step"):
        schedule([])
