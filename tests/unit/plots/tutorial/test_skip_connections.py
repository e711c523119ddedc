"""Curves of trainings at each depth."""

import numpy as np
import xarray as xr

from relu_book.plots import tutorial as plots
from relu_book.plots.words import words_of


def test_curves_at_each_depth_are_running_means():
    losses = np.arange(2 * 3 * 2 * 20.0).reshape(2, 3, 2, 20)
    record = xr.Dataset(
        {"loss": (("residual", "depth", "seed", "step"), losses)},
        coords={"residual": [False, True], "depth": [8, 32, 56], "step": np.arange(20)},
    )
    drawn = plots.skip_curves(record)
    assert [axes.get_title() for axes in drawn.axes] == ["8 layers", "32 layers", "56 layers"]
    line = drawn.axes[0].get_lines()[0]
    assert (line.get_xdata()[0], line.get_ydata()[0]) == (1, losses[0, 0, :, :2].mean())
    first, last = losses[1, 2, :, :2].mean(), losses[1, 2, :, -2:].mean()
    assert f"at 56 layers ConvNet from {first - 120:.2f}" in words_of(drawn).alt
    assert f"ResNet from {first:.2f} to {last:.2f}." in words_of(drawn).alt
