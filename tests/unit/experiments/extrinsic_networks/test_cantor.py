"""Folding of Cantor networks: exact, by brute force, and by hand."""

import numpy as np
import pytest

from relu_book.experiments.extrinsic_networks import cantor
from relu_book.extrinsic import folding


@pytest.mark.parametrize("depth", [1, 2, 3, 4, 5])
def test_exact_equals_brute_force_and_the_hand(depth):
    model, ends = cantor.cantor(depth), cantor.unit_interval()
    found = folding(model, *ends)
    assert cantor.by_brute_force(model, *ends) == (len(found.places), found.measure)
    # Layer k changes at 2^k places, a filter each; the other end differs in two filters a layer.
    assert len(found.places) == 2 ** (depth + 1) - 2
    assert found.changes.sum() == 2 ** (depth + 1) - 2
    assert found.measure == pytest.approx(1 - depth / (2**depth - 1))


def test_entropy_is_that_of_the_lengths():
    found = folding(cantor.cantor(1), *cantor.unit_interval())
    assert cantor.path_entropy(found) == pytest.approx(np.log2(3))


def test_depth_folds():
    found = cantor.by_depth(range(1, 5), draws=6)
    assert found["cantor_folding"][0] == 0 and (np.diff(found["cantor_folding"]) > 0).all()
    assert (found["folding"][:, 0] == 0).all() and found["folding"][:, -1].mean() > 0.1
