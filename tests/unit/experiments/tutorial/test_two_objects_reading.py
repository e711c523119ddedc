"""What a record of two objects is read as: the images of all networks in one row."""

import numpy as np
import xarray as xr

from relu_book.experiments.tutorial import two_objects_reading

TOLD = {
    "experiment": "tutorial/two_objects",
    "scale": "desk",
    "settings": "{}",
    "seeds": "[]",
    "data": "[]",
}


def test_each_object_is_judged_on_the_images_of_all_networks():
    shares = np.arange(24.0).reshape(2, 6, 2)
    by_object, by_image = ("seed", "image", "object"), ("seed", "image")
    record = xr.Dataset(
        {
            "mass_share": (by_object, shares),
            "area_share": (by_object, shares / 100),
            **dict.fromkeys(("correlation", "explained"), (by_image, shares[..., 0] + 7)),
            "separation": (by_image, shares[..., 0] / 24),
        },
        attrs=TOLD,
    )
    reading = two_objects_reading(record)
    first, second = (reading.judge(f"fig-2.2.{part}").measured for part in "bc")
    assert first["mass_share"].tolist() == list(range(0, 24, 2))
    assert second["area_share"].tolist() == [value / 100 for value in range(1, 24, 2)]
    assert second["correlation"].tolist() == list(range(7, 31, 2))
    assert "explained 12 images: 7 ... 29" in str(reading.judge("fig-2.2.e"))
