"""Trainings at many learning rates begin alike and may diverge."""

import numpy as np

from relu_book.experiments.tutorial import dense_by_rate
from relu_book.runs import Run


def test_each_rate_starts_from_the_same_weights(tmp_path):
    settings = dense_by_rate.Settings(
        depth=3, batch_norm=False, rates=(2.0**-9, 2.0**-6, 2.0**300), steps=4, dtype="float64"
    )
    run = Run(tmp_path, "smoke")
    found = dense_by_rate.dense_by_rate(settings, 0, run)["losses"].values
    assert found.shape == (3, 4)
    assert len(set(found[:, 0])) == 1
    assert len(set(found[:2, 3])) == 2
    assert np.isnan(found[2, 3])
    again = dense_by_rate.dense_by_rate(settings, 0, run)["losses"].values
    np.testing.assert_array_equal(found, again)
