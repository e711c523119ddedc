"""What a record of trainings with and without skips is read as."""

import numpy as np
import xarray as xr
from hand_made import told

from relu_book.experiments.tutorial import skip_connections_reading


def test_losses_at_the_end_are_those_of_each_depth():
    losses = np.zeros((2, 3, 2, 20))  # residual, depth, seed, step
    losses[..., 18:] = np.arange(12).reshape(2, 3, 2, 1) + np.array([-0.5, 0.5])
    reading = skip_connections_reading(
        xr.Dataset(
            {"loss": (("residual", "depth", "seed", "step"), losses)},
            coords={"residual": [False, True], "depth": [8, 32, 56]},
            attrs=told("tutorial/skip_connections"),
        )
    )
    found = reading.judge("txt-2.1.10.b").measured
    assert found["loss_plain"].tolist() == [[0, 2, 4], [1, 3, 5]]
    assert found["loss_residual"].tolist() == [[6, 8, 10], [7, 9, 11]]
    assert found["deep_plain"].tolist() == [[2, 4], [3, 5]]
    assert found["deep_residual"].tolist() == [[8, 10], [9, 11]]
