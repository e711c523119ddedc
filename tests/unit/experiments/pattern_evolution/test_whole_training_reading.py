"""What is planted in a record of whole trainings is found by its claims."""

import numpy as np
import xarray as xr
from pattern_records import WHOLE, changed

from relu_book.experiments.pattern_evolution.whole_training_reading import (
    accuracies,
    whole_training_reading,
)

LAST = int(WHOLE.step[-1])


def test_two_data_sets_may_have_other_seeds():
    second = WHOLE.assign_coords(seed=[*WHOLE.seed.values[:-1], 99])
    found = accuracies(WHOLE, second)["fig-3.7.q"]["fixup"].transpose("seed", "data")
    accuracy = 100 * WHOLE.test_accuracy.isel(tested=-1).sel(setup="fixup").values
    assert np.array_equal(found, np.stack([accuracy, accuracy], 1))


def test_the_steadiest_layer_over_half_of_the_run():
    share = WHOLE.step / LAST
    moving = 0.2 + 0.6 * share
    holding = xr.where(share < 0.45, moving, 0.5)
    one_layer = xr.where(WHOLE.layer == 4, holding, moving)
    steady, restless = (
        whole_training_reading(changed(WHOLE, similarity_start=curve))["fig-3.2.c"]
        for curve in (one_layer, moving)
    )
    assert np.all(steady["steadiest"] < 0.05) and np.all(restless["steadiest"] > 0.1)
