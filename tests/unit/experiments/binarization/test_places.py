"""Scores, entropy and cost of each place, beside the plain way to compute them."""

import numpy as np
import pytest
import torch
from scipy.stats import entropy

from relu_book.binarization import binarize
from relu_book.claims import judge
from relu_book.experiments.binarization import places


def words(claim, measured):
    return judge(claim, measured).words


def test_the_claims():
    assert words("eq-4.12", places.entropies()) == "wrong as printed; corrected: holds"
    assert words("txt-4.2.5.2", places.pooled_scores()) == "holds, by construction"
    assert words("fig-4.5.b", places.counted_samples()) == "holds, by construction"


def test_the_loops_are_an_entropy():
    scores = np.random.default_rng(0).normal(size=(20, 10))
    expected = entropy(np.exp(scores), axis=1)
    assert places.entropy_by_loops(scores, printed=False) == pytest.approx(expected)
    assert places.entropy_by_loops(scores, printed=True) == pytest.approx([np.log(10)] * 20)


def test_scores_of_other_places_are_found_out(monkeypatch):
    right = places.class_scores

    def without_a_row(network, x):
        outputs, scores = right(network, x)
        return outputs, scores[:, :, 1:]

    monkeypatch.setattr(places, "class_scores", without_a_row)
    assert words("txt-4.2.5.2", places.pooled_scores()) == "fails"


def test_samples_are_counted_place_by_place():
    network = binarize(torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3, padding=1)).double(), 2)
    x, where = torch.ones(3, 3, 4, 4, dtype=torch.float64), places.mask_of(5, 3)
    samples = sum(
        4 * 27 * (2 + (14 if there else 0)) for there in where.flatten().tolist()
    )  # 4 filters of 27 weights at each place
    assert network.cost(x, where=where, extra=14).additions == samples
    assert places.relative_cost(network, x, 2, 16, where) == 2 + places.Fraction(5, 16) * 14


def test_masks_cover_what_they_are_asked_to():
    assert places.mask_of(6, 4).sum((1, 2, 3)).tolist() == [6] * 4
