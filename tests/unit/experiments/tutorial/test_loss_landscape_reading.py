"""What a record of the landscape is read as."""

import numpy as np
import xarray as xr

from relu_book.experiments.tutorial import loss_landscape_reading

TOLD = {
    "experiment": "tutorial/loss_landscape",
    "scale": "desk",
    "settings": "{}",
    "seeds": "[]",
    "data": "[]",
}


def test_basin_compares_the_middle_with_all_others_and_with_the_whole_border():
    losses = np.full((2, 5, 5), 3.0)
    losses[:, 2, 2] = 1.0
    losses[0, 1:4, 1] = 0.5  # inside, so the border does not have it
    losses[1, 2, 3] = 1.5
    losses[0, 4, 3], losses[1, 2, 0] = 2.0, 0.9
    record = xr.Dataset({"loss": (("seed", "b", "a"), losses)}, attrs=TOLD)
    verdict = loss_landscape_reading(record).judge("fig-2.2.g")
    assert set(verdict.units.values()) == {"plane"}
    found = verdict.measured
    assert found["centre"].tolist() == [1.0, 1.0]
    assert found["lowest_other"].tolist() == [0.5, 0.9]
    assert found["lowest_border"].tolist() == [2.0, 0.9]
