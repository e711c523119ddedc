"""Means, slopes and ranks of curves, on cases that can be told in the head."""

import numpy as np
import pytest
import xarray as xr

from relu_book.experiments import curves


def test_a_mean_over_time_does_not_favour_the_densely_counted_start():
    step = [*range(201), *range(250, 2001, 50)]
    share = xr.DataArray(np.array(step) <= 200, {"step": step}, "step").astype(float)
    mean = float(curves.time_mean(share, 0, 2000))
    assert mean == pytest.approx(200 / 2000, abs=50 / 2000)


def test_a_mean_over_a_time_without_values_says_so():
    curve = xr.DataArray([1.0, 2.0], {"step": [0, 100]}, "step")
    assert float(curves.time_mean(curve, 50, 200)) == 2
    with pytest.raises(ValueError, match=r"over steps 10 to 20 needs values .* of the 2 steps"):
        curves.time_mean(curve, 10, 20)


def test_when_a_curve_reaches_a_level():
    curve = xr.DataArray([[0.1, 0.6, 0.4, 1.0], [0.1, 0.2, 0.3, 0.4]], dims=("layer", "step"))
    curve = curve.assign_coords(step=[0, 10, 50, 100])
    assert curves.time_to(curve, 0.5).values.tolist() == [0.1, 1.0]
