"""The filling of a hash list is shown with what it does to each measure."""

import numpy as np
import torch

from relu_book.experiments.pattern_evolution import hash_lists
from relu_book.patterns import count
from relu_book.plots import pattern_evolution as plots
from relu_book.plots.words import words_of


def texts_of(axes):
    return [text.get_text() for text in axes.texts]


def test_filling_shows_the_places_and_each_measure_over_its_exact_value(monkeypatch):
    states = [[count(torch.arange(n, n + 4096)[:, None], 16)] * 8 for n in (0, 2048)]
    monkeypatch.setattr(hash_lists, "_two_states", lambda: states)
    for images, places in ((64, 2**15), (512, 1_000_003)):
        figure = plots.draw_filling(images, places)
        left, right = figure.axes
        taken = hash_lists.filling(images // 64, places)["distinct patterns"][0]
        assert left.get_title() == f"{taken / places:.1%} of the places taken"
        assert f"{taken:,}, exactly 4,096" in texts_of(right)
        assert (
            f"distinct patterns {taken:,} instead of 4,096"
            in words_of(plots.draw_filling(images, places)).alt
        )
    shown = left.images[0].get_array().filled(0)
    assert np.array_equal(shown.ravel(), hash_lists.places(8, places)[: shown.size])
