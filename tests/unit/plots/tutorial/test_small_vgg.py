"""Maps lie at their place, histograms are shares."""

import numpy as np

from relu_book.experiments.tutorial import checkpoint, drawings
from relu_book.experiments.tutorial.maps import pre_activations
from relu_book.plots import tutorial as plots
from relu_book.plots.words import words_of
from relu_book.records import load


def test_maps_lie_where_their_place_in_the_row_is():
    axes = plots.draw_maps("boot", 2).axes[1]
    shown = np.ma.filled(axes.images[0].get_array(), np.nan)
    maps = pre_activations(checkpoint.read(), drawings.garment("boot"))["relu2"]
    assert shown.shape == (2 * 15, 8 * 15)
    for k in (0, 7, 8, 13):
        row, column = 15 * (k // 8), 15 * (k % 8)
        assert np.array_equal(shown[row : row + 14, column : column + 14], maps[k].numpy())
    assert np.isnan(shown[14::15]).all() and np.isnan(shown[:, 14::15]).all()


def test_histograms_are_shares_of_the_layer_at_its_step():
    record = load("tutorial/small_vgg", "desk")
    counts = record.histogram.sel(seed=0, layer=4, step=500).values
    _, now = plots.draw_weights(4, 500).axes[0].patches
    assert np.allclose(now.get_data().values, counts / counts.sum())
    distance = record.distance.sel(seed=0, layer=4, step=500).item()
    assert f"{distance:.4f}" in words_of(plots.draw_weights(4, 500)).alt
