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


def planted(entropy: xr.DataArray) -> xr.Dataset:
    return changed(WHOLE, relative_entropy=entropy)


def test_rising_from_block_to_block_is_not_rising_within_them():
    block = WHOLE["block"].isel(seed=0, drop=True)
    for within, share in ((0.001, 1.0), (-0.001, 0.0)):
        found = whole_training_reading(planted(0.2 * block + within * WHOLE.layer))["fig-3.7.a"]
        assert np.all(found["rising_share"] == 1) and np.all(found["rising_within"] == share)


def test_what_dips_and_is_regained_is_that_of_the_layers_that_dip():
    early = (WHOLE.step > 0) & (WHOLE.step <= LAST / 10)
    curve = xr.where(early & (WHOLE.layer <= 5), 0.2, 0.8)
    found = whole_training_reading(planted(curve))["fig-3.7.b"]
    assert np.allclose(found["dip_share"], 5 / 19)
    # Only the first interval of the trapezoidal mean, from step 0 to 1, is not at the bottom.
    assert np.allclose(found["regained"], 0.6 * (1 - 0.5 / 100))
    flat = whole_training_reading(planted(0.8 * xr.ones_like(curve)))["fig-3.7.b"]
    assert np.all(flat["dip_share"] == 0) and np.all(flat["regained"] == 0)


def test_a_rise_counts_as_no_fall():
    rising = planted(0.5 + 0.4 * WHOLE.step / LAST)
    found = whole_training_reading(rising)["fig-3.7.h"]["fall"]
    assert np.allclose(found, -0.4 / 20)
    falling = planted(0.9 - 0.4 * WHOLE.step / LAST)
    assert np.allclose(whole_training_reading(falling)["fig-3.7.h"]["fall"], 0.4 / 20)


def test_what_others_exceed_pyramidnet_by():
    level = xr.where(WHOLE.setup == "pyramidnet", 0.3, xr.where(WHOLE.setup == "fixup", 0.1, 0.5))
    steep = xr.where(WHOLE.setup == "pyramidnet", 0.01, 0.02)
    found = whole_training_reading(planted(level + steep * WHOLE.layer * (WHOLE.step / LAST)))
    assert np.allclose(found["fig-3.7.o"]["start_excess"], 0.2)
    assert found["fig-3.7.o"]["start_excess"].sizes["setup"] == 6
    assert np.allclose(found["fig-3.7.n"]["jump_excess"], 0.005)
    assert np.all(found["fig-3.7.n"]["drift_excess"] > 0)
    assert found["fig-3.7.n"]["jump_excess"].sizes["setup"] == 7


def test_the_lead_of_onecycle_is_that_over_each_other_method():
    level = xr.where(WHOLE.setup == "resnet_onecycle", 0.9, 0.7)
    level = level - 0.1 * (WHOLE.setup == "resnet_prelu")
    lead = whole_training_reading(planted(level))["H-fig-3.b"]["lead"]
    assert np.allclose(lead.isel(size=0, seed=0), [0.2, 0.3, 0.2])
