"""What a record of the small VGG is read as."""

import numpy as np
import xarray as xr

from relu_book.experiments.tutorial import small_vgg_reading

TOLD = {
    "experiment": "tutorial/small_vgg",
    "scale": "desk",
    "settings": "{}",
    "seeds": "[]",
    "data": "[]",
}


def test_distances_are_those_of_the_last_layer_after_the_first_step():
    values = np.arange(16.0).reshape(2, 4, 2)
    record = xr.Dataset(
        {"distance": (("seed", "step", "layer"), values)}, {"step": [0, 5, 9, 11]}, TOLD
    )
    found = small_vgg_reading(record).judge("fig-2.2.f").measured
    assert found["step"].tolist() == [5, 9, 11]
    assert found["distance"].tolist() == [[3, 5, 7], [11, 13, 15]]
