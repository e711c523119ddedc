"""Noise that is shared leaves fewer independent samples, and the formulas say how many."""

import numpy as np

from relu_book.experiments.temperature import proposition


def test_samples_that_share_their_noise_count_once():
    found = proposition.by_samples()
    numbers = found.samples.values
    expected = 0.9 ** np.stack([numbers, numbers / 5, numbers**0])
    assert abs(found.values - expected).max() < 0.01


def test_filters_that_share_their_noise_count_once():
    found = proposition.by_filters()
    widths = found.filters.values
    expected = np.stack([(1 - 0.1**widths) ** 20, np.full(len(widths), 0.9**20)])
    assert abs(found.values - expected).max() < 0.02
