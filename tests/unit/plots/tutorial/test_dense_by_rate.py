"""Curves by learning rate end where a seed diverges, and say so."""

import numpy as np
import xarray as xr

from relu_book.plots import tutorial as plots
from relu_book.plots.words import words_of


def made(losses: np.ndarray) -> xr.Dataset:
    coords = {"batch_norm": [False, True], "learning_rate": [0.25, 0.5, 1.0]}
    return xr.Dataset({"losses": (("batch_norm", "seed", "learning_rate", "step"), losses)},
                      coords=coords)  # fmt: skip


def test_curves_leave_out_rates_at_which_a_seed_diverged():
    losses = np.ones((2, 2, 3, 20))
    losses[0, 1, 2, 5:] = np.nan
    drawn = plots.rate_curves({"dense": made(losses)})
    plain, normalised = (
        next(line for line in drawn.axes[0].get_lines() if line.get_label() == name).get_ydata()
        for name in ("without", "batch normalisation")
    )
    assert np.isfinite(normalised).all()
    assert np.isfinite(plain).tolist() == [True, True, False]


def test_the_alt_text_says_what_is_drawn():
    losses = np.ones((2, 2, 3, 20))
    losses[0, 1, 2, 5:] = np.nan
    losses[1, :, 1] = 0.5
    alt = words_of(plots.rate_curves({"dense": made(losses)})).alt
    assert (
        "dense, without: lowest at the rate 1/4 with 1.00, from 1.00 at 1/4 to 1.00 at 1/2" in alt
    )
    assert "batch normalisation: lowest at the rate 1/2 with 0.50, from 1.00 at 1/4 to 1.00" in alt
    nowhere = words_of(plots.rate_curves({"dense": made(np.where(losses == 0.5, 1, np.nan))})).alt
    assert "dense, without: no point, at each rate a training diverges" in nowhere
