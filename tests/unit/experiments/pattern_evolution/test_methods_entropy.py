"""The entropy of methods: what is planted in a record is found by its claims."""

import numpy as np
import pytest
import xarray as xr
from pattern_records import WHOLE, changed

from relu_book.experiments.pattern_evolution.methods_entropy import dips, even
from relu_book.experiments.pattern_evolution.whole_training_reading import whole_training_reading

LAST = int(WHOLE.step[-1])


def test_a_dip_is_below_start_and_end():
    curve = xr.DataArray([0.9, 0.5, 0.8], {"step": [0, 1, 2]}, "step")
    assert float(dips(curve)) == pytest.approx(0.3)
    assert float(dips(curve.sortby(curve))) == pytest.approx(0.0)


def test_even_checkpoints_are_twentieths_without_the_end():
    steps = even(WHOLE).step.values
    assert steps.tolist() == [round(share / 20 * LAST) for share in range(20)]


def test_signs_at_the_additions():
    for sign in (1, -1):
        entropy = 0.5 + sign * 0.1 * WHOLE["after"].isel(seed=0, setup=0, drop=True)
        found = whole_training_reading(changed(WHOLE, relative_entropy=entropy))["fig-3.7.l"]
        assert np.allclose(found["relu"], sign * 0.1) and np.allclose(found["prelu"], sign * 0.1)
