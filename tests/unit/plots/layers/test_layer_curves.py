"""Curves over the layers are means over the seeds, at the step that is asked for."""

import numpy as np
from layer_training import STEPS, TABLE, TRAINING

from relu_book.plots import layers
from relu_book.plots.words import words_of


def test_curves_show_the_mean_over_seeds_at_the_step_and_the_start():
    figure = layers.layer_curves(TABLE, TRAINING, step=5, measures=("relative_entropy", "distinct"))
    start, now = figure.axes[0].lines[:2]
    mean = TRAINING.relative_entropy.mean("seed").sel(network="resnet")
    assert np.allclose(start.get_ydata(), mean.sel(step=0))
    assert np.allclose(now.get_ydata(), mean.sel(step=5))
    assert len(figure.axes[0].lines[3].get_xdata()) == 5
    assert "after 5 updates" in figure.legends[0].get_title().get_text()


def test_curves_keep_their_axes_while_the_slider_moves():
    limits = {
        layers.layer_curves(TABLE, TRAINING.isel(seed=[0]), step).axes[0].get_ylim()
        for step in STEPS
    }
    assert len(limits) == 1


def test_alt_text_of_the_curves_gives_their_means():
    text = words_of(layers.layer_curves(TABLE, TRAINING, 5, ("relative_entropy",))).alt
    mean = float(TRAINING.relative_entropy.sel(step=5, network="resnet").mean())
    assert f"ResNet-20 {mean:.2g}" in text
    assert text != words_of(layers.layer_curves(TABLE, TRAINING, 40, ("relative_entropy",))).alt
