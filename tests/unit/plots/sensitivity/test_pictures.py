"""Pictures of sensitivity say the numbers that they draw."""

import numpy as np
import pytest
import xarray as xr

from relu_book.experiments.sensitivity.assumptions import ASSUMPTIONS
from relu_book.plots import sensitivity as plots
from relu_book.plots.words import words_of
from relu_book.transition import LogNormal, change_probability

RATES = np.geomspace(1e-3, 1e2, 25)
MU = np.array([[1.0, 0.0, -2.0], [2.0, 1.0, -1.0]])  # steps by layers


@pytest.fixture(scope="module")
def data():
    """Two settings of two steps, three layers whose transition is log-normal and moves."""
    profile = np.array([[LogNormal(mu=mu, sigma=1.0).probability(RATES) for mu in at] for at in MU])
    one = xr.Dataset(
        {
            "profile": (("step", "layer", "tried_rate"), profile),
            "mean_distance": (("step", "tried_rate"), profile.mean(1)),
            "mu": (("step", "layer"), MU),
            "sigma": (("step", "layer"), np.ones_like(MU)),
            "mean_mu": ("step", MU.mean(1)),
            "mean_sigma": ("step", [1.5, 1.6]),
            "rate": ("step", [0.1, 0.01]),
        },
        {"step": [0, 7], "layer": [1, 2, 3], "tried_rate": RATES},
    )
    return xr.concat([one, one], xr.IndexVariable("setting", ["plain", "other"]))


def test_a_profile_is_that_of_its_layer(data):
    drawn = plots.draw_profile(data, "other", "last layer")
    axes = drawn.axes[0]
    shown = axes.collections[0].get_array().reshape(len(RATES), 2)
    assert np.array_equal(shown, data.profile.sel(setting="other", layer=3).T)
    used, middle, low, high = (line.get_ydata() for line in axes.lines)
    assert used.tolist() == [0.1, 0.01]
    assert np.log(middle) == pytest.approx(MU[:, 2])
    assert np.log(high / low) == pytest.approx([2, 2])
    assert "half of the patterns" in words_of(drawn).alt.lower()
    assert f"{np.exp(-2):.2g} before training" in words_of(drawn).alt
    assert plots.profile_of(data, "plain", "mean", 7).equals(
        data.mean_distance.sel(setting="plain", step=7)
    )


def test_settings_show_mu_and_sigma_of_the_mean(data):
    drawn = plots.settings(data)
    above, below = drawn.axes
    assert above.lines[0].get_ydata().tolist() == MU.mean(1).tolist()
    assert below.lines[0].get_ydata().tolist() == [1.5, 1.6]
    # One dotted line, where the rate falls.
    assert [line.get_xdata()[0] for line in above.lines if line.get_linestyle() == ":"] == [0.5]
    assert "plain: μ -0.33 to 0.67, σ 1.50 to 1.60" in words_of(drawn).alt


def test_layers_of_a_setting(data):
    drawn = plots.draw_layers(data, "plain")
    curves = [line.get_ydata().tolist() for line in drawn.axes[0].lines[:4]]
    assert curves == [*MU.T.tolist(), MU.mean(1).tolist()]
    assert "of the last from -2.00 to -1.00" in words_of(drawn).alt


def test_the_theorem_beside_a_simulation():
    shares = change_probability(RATES, 1.0, 1.0, 4)
    simulated = xr.DataArray(
        np.tile(np.where(RATES > 1, shares - 0.25, shares), (1, 1, 1)),
        {"assumption": ["dependent"], "filters": [4], "rate": RATES},
        ("assumption", "filters", "rate"),
    )
    drawn = plots.draw_theorem(simulated, 4, "dependent")
    assert drawn.axes[0].get_title() == ASSUMPTIONS["dependent"]
    assert "by -0.25" in words_of(drawn).alt and "reaches 0.9375" in words_of(drawn).alt


def test_a_step_of_a_loss_beside_two_readings():
    measured = np.full((2, 3, len(RATES)), 0.5)
    by = ("seed", "layer", "rate")
    data = xr.Dataset(
        {"measured": (by, measured), "own": (by, measured - 0.3), "whole": (by, measured + 0.1)},
        {"layer": [1, 2, 3], "rate": RATES},
    )
    drawn = plots.of_a_loss(data)
    assert len(drawn.axes) == 3
    assert "layer 3: 0.30 and 0.10" in words_of(drawn).alt
