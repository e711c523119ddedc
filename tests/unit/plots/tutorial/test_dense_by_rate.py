"""Curves by learning rate end where a seed diverges."""

import numpy as np
import xarray as xr

from relu_book.plots import tutorial as plots


def test_curves_leave_out_rates_at_which_a_seed_diverged():
    losses = np.ones((2, 2, 3, 20))
    losses[0, 1, 2, 5:] = np.nan
    coords = {"batch_norm": [False, True], "learning_rate": [0.25, 0.5, 1.0]}
    record = xr.Dataset({"losses": (("batch_norm", "seed", "learning_rate", "step"), losses)},
                        coords=coords)  # fmt: skip
    drawn = plots.rate_curves({"dense": record})
    plain, normalised = (
        next(line for line in drawn.axes[0].get_lines() if line.get_label() == name).get_ydata()
        for name in ("without", "batch normalisation")
    )
    assert np.isfinite(normalised).all()
    assert np.isfinite(plain).tolist() == [True, True, False]
