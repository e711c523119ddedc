"""How methods settle: what is planted in a record is found by its claims."""

import numpy as np
import xarray as xr
from pattern_records import WHOLE, changed

from relu_book.claims import judge
from relu_book.experiments.pattern_evolution.whole_training_reading import whole_training_reading

LAST = int(WHOLE.step[-1])


def similarity(record: xr.Dataset, time_of: xr.DataArray) -> xr.DataArray:
    """Rising from 0 to 1 around a time of each layer, a share of the training; 1 at the end."""
    share = record.step / LAST
    rising = 1 / (1 + np.exp(-(share - time_of) * 60))
    return rising.where(share < 1, 1.0)


def test_lower_layers_first():
    upwards = 0.1 + 0.04 * WHOLE.layer
    both = changed(WHOLE, similarity_end=similarity(WHOLE, upwards))
    assert whole_training_reading(both).judge("fig-3.7.k").verdict == "holds"
    downwards = changed(WHOLE, similarity_end=similarity(WHOLE, 0.9 - 0.04 * WHOLE.layer))
    found = whole_training_reading(downwards)
    assert np.all(found["fig-3.7.k"]["rho"] < -0.99)
    assert found.judge("fig-3.7.k").verdict == "fails"


def test_the_last_layer_of_pyramidnet_is_its_tenth():
    late = xr.where((WHOLE.setup == "pyramidnet") & (WHOLE.layer == 10), 0.8, 0.3)
    record = changed(WHOLE, similarity_end=similarity(WHOLE, late))
    found = whole_training_reading(record)["fig-3.7.ad"]
    assert np.all(found["last_layer"] > 2 * found["median_others"])


def test_the_blocks_of_convnet_after_the_drop_of_the_rate():
    block = WHOLE["block"].sel(setup="convnet", drop=True).isel(seed=0, drop=True)
    level = xr.where(block == 1, 0.97, xr.where(block == 2, 0.6, 0.3))
    late = WHOLE.step > LAST / 2
    record = changed(WHOLE, similarity_end=xr.where(late, level, 0.1))
    found = whole_training_reading(record)
    assert np.allclose(found["fig-3.7.v"]["after_first_drop"].mean("seed"), [0.97, 0.6, 0.3])
    assert judge("fig-3.7.v", found["fig-3.7.v"], scale="paper").verdict == "holds"
    assert found.judge("fig-3.7.v").words == "not decidable at this scale (needs scale paper)"
    assert np.allclose(found["fig-3.7.t"]["similarity"], 0.1)
