"""Curves through time are means over the seeds, as long as there are values."""

import numpy as np
from layer_training import STEPS, TABLE, TRAINING

from relu_book.plots import layers
from relu_book.plots.words import words_of


def test_curves_through_time_are_means_over_the_seeds():
    panels = {name: TRAINING[name].mean("layer") for name in ("similarity_start", "distinct")}
    figure = layers.time_curves(TABLE, panels, logarithmic=True)
    similarity, distinct = figure.axes
    assert similarity.get_title() == "similarity_start" and similarity.get_xscale() == "log"
    for axes, values in ((similarity, panels["similarity_start"]), (distinct, panels["distinct"])):
        for line, name in zip(axes.lines, TRAINING.network.values, strict=True):
            assert np.allclose(line.get_ydata(), values.sel(network=name).mean("seed"))
            assert line.get_xdata().tolist() == [0.5, *STEPS[1:]]  # 0 has no logarithm


def test_a_curve_ends_where_its_values_do():
    values = TRAINING.distinct.mean("layer")
    values = values.where((values.network == "resnet") | (values.step < 40))
    figure = layers.time_curves(TABLE, {"distinct": values}, columns=1)
    assert [len(line.get_xdata()) for line in figure.axes[0].lines] == [5, 4]


def test_the_caption_keeps_names_that_hold_a_comma_apart():
    panels = {name: TRAINING.distinct.mean("layer") for name in ("net change, absolute", "total")}
    caption = words_of(layers.time_curves(TABLE, panels)).caption
    assert caption.startswith("Net change, absolute; total: over the steps; means over the seeds")
