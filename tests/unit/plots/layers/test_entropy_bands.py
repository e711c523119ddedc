"""Bands are one standard deviation over the seeds, a colour for each depth."""

import numpy as np
import xarray as xr
from layer_training import TABLE, TRAINING

from relu_book.plots import layers


def test_bands_are_one_standard_deviation_over_the_seeds():
    depths = [TRAINING, TRAINING.where(TRAINING.layer <= 3)]
    data = xr.concat(depths, xr.IndexVariable("convolutions", [6, 2]))
    figure = layers.entropy_bands(TABLE, data, {"start": 0, "end": 40})
    rows = np.reshape(figure.axes, (2, 2))
    drawn = TRAINING.relative_entropy.sel(network="resnet", step=40)
    assert np.allclose(rows[1, 0].lines[0].get_ydata(), drawn.mean("seed"))
    assert len(rows[1, 0].lines[1].get_xdata()) == 3
    corners = rows[1, 0].collections[0].get_paths()[0].vertices
    top = corners[np.isclose(corners[:, 0], 4), 1].max()
    assert np.isclose(top, (drawn.mean("seed") + drawn.std("seed", ddof=1)).sel(layer=4))
    assert [axes.get_ylabel() for axes in rows[:, 0]] == ["start", "end"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["6", "2"]
