"""Exact and hashed counts stand beside each other."""

import numpy as np
from layer_training import TRAINING

from relu_book.plots import pattern_evolution as plots


def test_the_hash_list_stands_beside_the_exact_count():
    listed = TRAINING.distinct / 2
    data = TRAINING.assign(hash_distinct=listed, hash_relative_entropy=TRAINING.relative_entropy)
    figure = plots.exact_and_hashed(data, step=5)
    exact, hashed, corrected = figure.axes[0].lines
    now = data.sel(step=5, network="resnet").mean("seed")
    assert np.allclose(exact.get_ydata(), now.distinct)
    assert np.allclose(hashed.get_ydata(), now.hash_distinct)
    expected = -30_000 * np.log(1 - now.hash_distinct / 30_000)
    assert np.allclose(corrected.get_ydata(), expected)
    assert [text.get_text() for text in figure.legends[0].texts] == [
        "exact",
        "hash list",
        "hash list, corrected",
    ]
