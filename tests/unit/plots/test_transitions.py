"""Models of the transition: what is drawn is what is fitted."""

import numpy as np
import pytest

from relu_book.plots import transitions
from relu_book.plots.style import ORANGE
from relu_book.plots.words import words_of
from relu_book.transition import LogNormal

RATES = np.geomspace(1e-3, 1e2, 21)
SHARES = LogNormal(mu=0.0, sigma=1.5).probability(RATES)


def test_a_curve_through_its_points_leaves_nothing():
    drawn = transitions.draw_fit(RATES, SHARES, 1.0, 1.5)
    assert "leaves a root mean square of 0.000" in words_of(drawn).alt
    off = transitions.draw_fit(RATES, SHARES, 3.0, 1.5)
    assert "of 0.000" not in words_of(off).alt
    assert off.axes[0].collections[0].get_colors()[0].tolist()[:3] == pytest.approx(
        [int(ORANGE[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    )


def test_models_are_compared_on_the_same_shares():
    four = transitions.four_models(RATES, SHARES)
    assert words_of(four).alt.startswith("Four fitted") and "Lomax" in words_of(four).alt
    three = transitions.three_models(RATES, SHARES)
    assert words_of(three).alt.startswith("Three fitted curves over the learning rate")
    assert "LogNormal 0.0000" in words_of(three).alt and "Lomax" not in words_of(three).alt
    assert len(three.axes[1].lines) == 4  # what three models leave, and zero
    left = three.axes[1].lines[1].get_ydata()
    assert np.sqrt(np.mean(left**2)) == pytest.approx(
        transitions.ErfPower.fit(RATES, SHARES).residual, rel=0.02
    )
