"""What is planted in a record of entropy and depth is found by its claims."""

import numpy as np
import xarray as xr
from pattern_records import DEPTH, changed

from relu_book.experiments.pattern_evolution.entropy_by_depth_reading import (
    entropy_by_depth_reading,
    sides_by_block,
)


def test_entropy_that_grows_with_depth_and_falls_at_first():
    rising = 0.3 + 0.02 * DEPTH.layer - xr.where(DEPTH.step == 0, 0.0, 0.1)
    found = entropy_by_depth_reading(changed(DEPTH, relative_entropy=rising))
    assert found.judge("fig-3.3.a").verdict == "holds"
    assert np.allclose(found["fig-3.3.e"]["fall_8"], 0.1)
    assert np.allclose(found["fig-3.3.c"]["rise_toynet"], 0.02 * np.mean([6, 12, 18, 24]))
    assert np.allclose(found["fig-3.3.d"]["slope_end"], 0.02)
    assert np.allclose(found["H-fig-2.a"]["jump"], 0.02)
    falling = entropy_by_depth_reading(changed(DEPTH, relative_entropy=1 - rising))
    assert falling.judge("fig-3.3.a").verdict == "fails"


def test_the_spread_over_seeds():
    entropy = 0.5 + 0.01 * DEPTH.seed * xr.where(DEPTH.step == 40, 1.0, 0.1)
    found = entropy_by_depth_reading(changed(DEPTH, relative_entropy=entropy))
    expected = 0.01 * np.std(np.arange(8), ddof=1)
    assert np.allclose(found["fig-3.3.h"]["spread_40"], expected)
    assert np.allclose(found["fig-3.3.i"]["spread_start"], 0.1 * expected)
    assert found["fig-3.3.i"]["spread_start"].shape == (19, 3)


def test_the_sign_before_and_after_additions():
    after = DEPTH["after"].isel(seed=0, network=0, drop=True)
    for sign, expected in ((1, "holds"), (-1, "fails")):
        record = changed(DEPTH, relative_entropy=0.5 + sign * 0.05 * after)
        assert entropy_by_depth_reading(record).judge("fig-3.3.k").words == expected


def test_the_sign_before_and_after_additions_block_by_block():
    resnet = DEPTH.sel(network="resnet", drop=True).isel(seed=0, drop=True)
    planted = xr.where(resnet.block == 1, -0.05, xr.where(resnet.block == 2, 0.02, 0.0))
    later = xr.where(DEPTH.step == 0, 0.1, planted * resnet.after)
    found = sides_by_block(changed(DEPTH, relative_entropy=0.5 + later))
    assert found.dims == ("block", "seed")
    assert np.allclose(found.mean("seed"), [-0.05, 0.02, 0.0])
