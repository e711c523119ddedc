"""What is planted in a record of the early phase is found by its claims."""

import numpy as np
import xarray as xr
from pattern_records import EARLY, changed

from relu_book.experiments.pattern_evolution.early_phase_reading import early_phase_reading

LAST = int(EARLY.step[-1])


def test_patterns_that_get_fewer_and_then_more():
    step = EARLY.step
    valley = 100.0 + 10 * abs(step - 30)
    verdicts = [
        early_phase_reading(changed(EARLY, distinct=curve)).judge("fig-3.1.g")
        for curve in (valley, valley.max() - valley)
    ]
    assert [verdict.verdict for verdict in verdicts] == ["holds", "fails"]
    minimum = verdicts[0].measured["time_of_minimum"]
    assert np.allclose(minimum, 100 * 30 / LAST)


def test_the_layer_of_the_peak_is_followed_to_the_end():
    convnet = (EARLY.network == "convnet") & (EARLY.layer == 4)
    share = xr.where(convnet & (EARLY.step == 7), 0.3, 0.01)
    share = xr.where((EARLY.layer == 9) & (EARLY.step == LAST), 0.2, share)
    found = early_phase_reading(changed(EARLY, max_frequency=share))["fig-3.1.p"]
    assert np.allclose(found["peak"], 0.3) and np.allclose(found["share_at_end"], 0.01)


def test_blocks_are_compared_layer_by_layer():
    record = changed(
        EARLY, similarity_start=1.0 / EARLY["block"].isel(seed=0, network=0, drop=True)
    )
    found = early_phase_reading(record)
    assert np.allclose(found["H-fig-1.a"]["block_1"], 1)
    assert found.judge("H-fig-1.a").verdict == "holds"
    assert np.allclose(found["H-fig-1.a"]["block_3"], 1 / 3)
