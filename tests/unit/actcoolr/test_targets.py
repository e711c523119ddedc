"""Equation 3.45 in both readings, and what a target may be."""

import numpy as np
import pytest

from relu_book.actcoolr import ProbabilityTarget, TemperatureTarget
from relu_book.actcoolr.targets import probability_of, target_at, temperature_of


def test_both_shapes_start_at_the_start_and_end_at_0():
    for shape in ("power", "late"):
        for gamma in (0.5, 1.0, 4.0):
            curve = TemperatureTarget(3.17, gamma, shape)
            assert (curve(0.0), curve(1.0)) == (3.17, 0.0)
    assert round(probability_of(3.17), 3) == 0.889


def test_only_the_late_shape_stays_hot_for_longer():
    times = np.linspace(0, 1, 200)
    hot = {
        shape: [
            np.mean([TemperatureTarget(1.0, gamma, shape)(t) > 0.5 for t in times])
            for gamma in (0.5, 1, 4, 10)
        ]
        for shape in ("power", "late")
    }
    assert sorted(hot["late"]) == hot["late"] and sorted(hot["power"], reverse=True) == hot["power"]


def test_shares_and_temperatures_are_one_another():
    for share in (0.0, 0.3, 0.99):
        assert np.isclose(probability_of(temperature_of(share)), share)
    assert np.isclose(probability_of(ProbabilityTarget(0.8)(0.25)), 0.6)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1, "hot", True])
def test_a_start_that_is_no_temperature_is_refused(value):
    with pytest.raises(ValueError, match="start_temperature is a temperature in bits, 0 or more"):
        TemperatureTarget(value)


def test_other_numbers_out_of_range_are_refused():
    with pytest.raises(ValueError, match="gamma is a positive exponent, not 0"):
        TemperatureTarget(1.0, 0)
    with pytest.raises(ValueError, match="no shape 'lat' of a temperature curve; did you mean la"):
        TemperatureTarget(1.0, 1.0, "lat")
    with pytest.raises(ValueError, match="start is a share of changed patterns below 1, not 1"):
        ProbabilityTarget(1.0)


@pytest.mark.parametrize("bits", [-0.1, float("nan"), None, "hot"])
def test_a_function_that_gives_no_temperature_is_named(bits):
    said = r"a target gives a temperature in bits, .* at the progress 0.25"
    with pytest.raises(ValueError, match=said):
        target_at(lambda progress: bits, 0.25)
