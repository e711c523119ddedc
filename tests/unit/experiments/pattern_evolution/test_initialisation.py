"""Independent inputs give all patterns, correlated ones fewer."""

import numpy as np

from relu_book.claims import judge
from relu_book.experiments.pattern_evolution import initialisation


def verdict(claim, measured):
    return judge(claim, measured).words


def test_correlated_inputs_lower_the_entropy():
    entropies = initialisation.entropies_by_correlation((0, 0.5, 1), draws=3, points=4000)
    assert entropies.shape == (3, 3)
    assert (entropies[0] > 0.95).all()
    assert (np.diff(entropies, axis=0) < 0).all()
    # One input for all filters: all the same sign pattern, or its opposite.
    assert np.allclose(entropies[2], 1 / 8, atol=1e-3)


def test_claim_on_initialisation_asks_for_many_points():
    independent, correlated = initialisation.entropies_by_correlation((0, 0.9), 3, 2000)
    found = {"independent": independent, "correlated": correlated, "points": 2000}
    assert verdict("txt-3.1.7.4", found) == "undecided (too few: not points >= 100000)"
    assert verdict("txt-3.1.7.4", found | {"points": 100_000}) == "holds"
    assert verdict("txt-3.1.7.4", found | {"correlated": independent + 0.001}) == "fails"
