"""The dream is shown at its step."""

import numpy as np

from relu_book.experiments.tutorial import checkpoint, deep_dream
from relu_book.plots import tutorial as plots
from relu_book.plots.words import words_of


def test_the_dream_is_shown_after_its_step():
    dream = deep_dream.ascend(checkpoint.read(), "relu2", deep_dream.noise(3))
    left, right = plots.draw_dream(2, 20).axes
    shown = np.ma.filled(left.images[0].get_array(), np.nan)
    assert np.array_equal(shown[:, 30:58], dream.pictures[20, 1, 0].numpy())
    assert len(right.lines[-1].get_xdata()) == 21
    text = words_of(plots.draw_dream(2, 20)).alt
    assert f"{dream.activation[20].mean():.2f}" in text
