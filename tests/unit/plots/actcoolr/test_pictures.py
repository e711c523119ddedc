"""Pictures of ActCooLR say the numbers that they draw."""

import numpy as np
import pytest
import xarray as xr

from relu_book.experiments.actcoolr import live
from relu_book.experiments.actcoolr.synthetic import train
from relu_book.plots import actcoolr as plots
from relu_book.plots.actcoolr.bent import draw_bent
from relu_book.plots.words import words_of


@pytest.fixture(scope="module")
def data():
    """Five trainings of 17 steps, lengths the root of the rates; two end early."""
    step, names = np.arange(1, 18), list(live.TRAININGS)
    rate = np.tile(2.0**step, (5, 1))
    rate[:2, 9:] = np.nan
    by = ("training", "step")
    found = {
        "rate": (by, rate),
        "length": (by, rate**0.5),
        "loss": (by, np.where(np.isnan(rate), np.nan, 7.0)),
        "target": (by, np.tile(np.where(np.isnan(rate[0]), 1.0, 2.0), (5, 1))),
        "mu": (by, np.log(rate) + 1),
        "share": (by, np.full(rate.shape, 0.5)),
        "profile": (
            ("training", "swept", "tried_rate", "layer"),
            np.broadcast_to([0.4, 0.6], (5, 3, 33, 2)),
        ),
    }
    coordinates = {"training": names, "step": step, "swept": [1, 9, 17], "tried_rate": live.TRIED}
    return xr.Dataset(found, coordinates)


def test_the_course_of_two_trainings(data):
    drawn = plots.course(data)
    rates = drawn.axes[0].lines
    assert np.isfinite(rates[0].get_ydata()).sum() == 9 and rates[1].get_ydata()[-1] == 2.0**17
    assert np.nanmax(drawn.axes[2].lines[0].get_ydata()) == pytest.approx(1)  # effective rate
    assert "after 9 steps the rate is 5e+02" in words_of(drawn).alt


def test_the_links_of_the_loop_have_their_slopes(data):
    drawn = plots.loop(data)
    titles = [axes.get_title() for axes in drawn.axes]
    assert titles == ["slope 0.5", "slope 2.0", "slope 1.0"]
    assert "Their product is 1.0" in words_of(drawn).alt


def test_trainings_with_links_cut(data):
    drawn = plots.cut(data)
    assert [line.get_label() for line in drawn.axes[0].lines][-1] == "both kept"
    assert "lengths kept: 5e+02 after 9 steps" in words_of(drawn).alt
    assert plots.last(data.sel(training="thesis")) == 9


def test_the_ceiling_is_the_largest_mean_share(data):
    assert plots.reach(data, 9) == (pytest.approx(0.5), pytest.approx(0.75))
    drawn = plots.ceiling(data)
    assert len(drawn.axes) == 3 and "step 17: at most 0.50, wanted 0.50" in words_of(drawn).alt


def test_targets_at_half_time():
    drawn = plots.targets(2.0)
    assert "0.12 at γ 4" in words_of(drawn).alt and "1.88 at γ 4" in words_of(drawn).alt
    assert drawn.axes[0].lines[1].get_ydata()[50] == pytest.approx(1.0)


def test_steering_up_to_a_step():
    transitions = [(-3.0, 1.0)] * 16
    history = train(transitions, start_temperature=1.0).history
    drawn = plots.draw_steering(history, transitions, 9)
    assert len(drawn.axes[0].lines[2].get_ydata()) == 9
    assert drawn.axes[1].lines[1].get_xdata().tolist() == [1, 8]
    assert "Step 9:" in words_of(drawn).alt and "-3.00 is true" in words_of(drawn).alt


@pytest.mark.parametrize(("trained", "told"), [(4, "test error 3.0 %"), (3, "diverged after 3")])
def test_a_bent_target(trained, told):
    by = ("policy", "start_temperature", "gamma", "seed", "point")
    values = np.array([0.1, 0.4, np.nan, 0.2]).reshape(1, 1, 1, 1, 4)
    record = xr.Dataset(
        {
            **dict.fromkeys(("rate", "target", "share", "temperature", "loss"), (by, values)),
            "step": ("point", [8.0, 16.0, 24.0, 32.0]),
            "trained": (by[:4], [[[[trained]]]]),
            "updates": (by[:4], [[[[4]]]]),
            "test_error": (by[:4], [[[[3.0]]]]),
        },
        {"policy": ["thesis"], "start_temperature": [0.8], "gamma": [2.0], "seed": [0]},
    )
    drawn = draw_bent(record, "thesis", 0.8, 2.0)
    assert told in drawn.axes[0].get_title()
    assert "at most 0.4, at step 16" in words_of(drawn).alt
    assert "measured at most 0.74 bits" in words_of(drawn).alt  # -log2(1 - 0.4)
