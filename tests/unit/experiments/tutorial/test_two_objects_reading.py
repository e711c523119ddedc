"""What a record of two objects is read as: a share of the images for each network."""

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


def test_each_network_is_judged_by_its_share_of_images():
    by_object, by_image = ("seed", "image", "object"), ("seed", "image")
    area = np.full((3, 4, 2), 0.1)
    mass = np.full((3, 4, 2), 0.3)
    mass[0, 0, 0] = 0.2  # twice the share of the box, and no more
    mass[1, :3, 1] = 0.1
    at_limit = np.array([[0.5, 0.9, 0.9, 0.9], [0.9] * 4, [0.1, 0.2, 0.9, 0.9]])
    record = xr.Dataset(
        {
            "mass_share": (by_object, mass),
            "area_share": (by_object, area),
            "correlation": (by_image, 1 - at_limit),
            "explained": (by_image, at_limit),
            "separation": (by_image, at_limit + 0.3),
        },
        attrs=TOLD,
    )
    reading = two_objects_reading(record)
    first, second, third = (reading.judge(f"fig-2.2.{part}").measured for part in "bce")
    assert first["marked_share"].tolist() == [0.75, 1, 1]
    assert second["marked_share"].tolist() == [1, 0.25, 1]
    assert second["apart_share"].tolist() == [0.75, 1, 0.5]
    assert third["explained_share"].tolist() == [0.75, 1, 0.5]
    assert third["separated_share"].tolist() == [0.75, 1, 0.5]
    interval, _ = reading.judge("fig-2.2.e").intervals
    assert (interval.number, round(interval.low, 3), round(interval.high, 3)) == (3, 0.129, 1.371)
