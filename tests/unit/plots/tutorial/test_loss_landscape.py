"""The landscape is cut through the network."""

import numpy as np

from relu_book.plots import tutorial as plots
from relu_book.plots.words import words_of
from relu_book.records import load


def test_the_landscape_is_cut_through_the_network():
    losses = load("tutorial/loss_landscape", "desk").loss.sel(seed=2).transpose("b", "a").values
    first, second = plots.draw_landscape(2, 0.5).axes[-1].lines
    assert np.array_equal(first.get_ydata(), losses[10, 5:16])
    assert np.array_equal(second.get_ydata(), losses[5:16, 10])
    border = np.concatenate([losses[[0, -1]].ravel(), losses[1:-1, [0, -1]].ravel()])
    assert len(border) == 80
    assert f"at least {border.min():.2f} on" in words_of(plots.draw_landscape(2, 0.5)).alt
