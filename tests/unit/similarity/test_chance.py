"""The null by permutations: the quick way beside the naive one, and what it says is true."""

import pickle
from functools import partial

import numpy as np
import pytest
import torch
from scipy.stats import binomtest

from relu_book.similarity import (
    Chance,
    as_rows,
    chance,
    cka,
    mean_cca,
    pattern_similarity,
    permutation_null,
    pwcca,
    svcca,
)

MEASURES = [mean_cca, svcca, partial(svcca, variance=0.8), pwcca, cka, partial(cka, debiased=False)]


def pair(n=60, p=5, q=4, seed=0):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(n, p)), rng.normal(size=(n, q))
    y[:, 0] += x[:, 0]
    return x, y


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("measure", MEASURES)
def test_the_quick_way_is_the_measure_of_permuted_rows(monkeypatch, measure, rows, kept):
    monkeypatch.setattr(chance, "_KEPT", 1 << 20 if kept else 0)
    x, y = pair()
    found = permutation_null(measure, x, y, 4, rows_per_sample=rows, seed=3)
    rng = np.random.default_rng(3)
    blocks = y.reshape(60 // rows, rows, 4)
    naive = [measure(x, blocks[rng.permutation(60 // rows)].reshape(60, 4)) for _ in range(4)]
    assert found.values == pytest.approx(sorted(naive), abs=1e-11)
    assert found == pytest.approx(np.mean(naive), abs=1e-12)
    tensors = permutation_null(measure, torch.from_numpy(x), torch.from_numpy(y), 4,
                               rows_per_sample=rows, seed=3)  # fmt: skip
    assert tensors.values == pytest.approx(found.values, abs=1e-13)


def test_any_function_of_two_matrices_has_a_null():
    x, y = pair()

    def overlap(a, b):
        return abs(np.corrcoef(a[:, 0], b[:, 0])[0, 1])

    found = permutation_null(overlap, x, y, 50)
    assert found.high < overlap(x, y) and found.share_above(overlap(x, y)) == 1 / 51
    as_tensors = permutation_null(
        lambda a, b: overlap(a.numpy(), b.numpy()), torch.from_numpy(x), torch.from_numpy(y), 50
    )
    assert np.array_equal(as_tensors.values, found.values)


def test_patterns_have_a_null_too():
    x = torch.randn(300, 4, generator=torch.Generator().manual_seed(0))
    found = permutation_null(pattern_similarity, x, x, 10)
    assert found.high < pattern_similarity(x, x) == 1
    # Without a matching the order of the rows is nothing to the frequencies.
    assert set(permutation_null(partial(pattern_similarity, match=False), x, x, 3).values) == {1.0}


def test_unrelated_layers_lie_within_their_null_as_often_as_they_should():
    rng = np.random.default_rng(0)
    shares = []
    for number in range(200):
        x, y = rng.normal(size=(2, 40, 3))
        found = permutation_null(mean_cca, x, y, 39, seed=number)
        shares.append(found.share_above(mean_cca(x, y)))
    # Uniform on 1/40, …, 1: five standard errors of a share of 200.
    for level in (0.05, 0.25, 0.5):
        assert abs(np.mean(np.array(shares) <= level) - level) < 5 * (level / 200) ** 0.5


def test_the_mean_under_chance_is_high_with_few_samples_and_not_for_debiased_cka():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 60, 50))
    assert permutation_null(mean_cca, x, y, 20) > 0.8
    assert permutation_null(partial(cka, debiased=False), x, y, 20) > 0.4
    assert abs(permutation_null(cka, x, y, 50)) < 0.02


def test_places_of_a_sample_stay_together():
    rng = np.random.default_rng(0)
    # All images share a picture of 8 places: only places, not images, are alike in both layers.
    places = rng.normal(size=(8, 2))
    x, y = (np.tile(places, (50, 1)) + 0.3 * rng.normal(size=(400, 2)) for _ in range(2))
    observed = mean_cca(x, y)
    assert permutation_null(mean_cca, x, y, 20).high < observed / 2
    assert permutation_null(mean_cca, x, y, 20, rows_per_sample=8).high > observed - 0.02


def test_a_chance_is_a_float_with_its_distribution():
    found = Chance([0.4, 0.1, 0.2])
    assert isinstance(found, float) and found == pytest.approx(0.7 / 3)
    assert found.values.tolist() == [0.1, 0.2, 0.4] and found.median == 0.2
    assert found.low == found.quantile(0.05) < found.high == found.quantile(0.95)
    assert found.share_above(0.3) == 0.5
    assert "permutations=3" in repr(found)
    with pytest.raises(ValueError, match="observed similarity is NaN, which has no p-value"):
        found.share_above(float("nan"))
    again = pickle.loads(pickle.dumps(found))
    assert again == found and again.values.tolist() == found.values.tolist()


def test_what_has_no_null_is_said():
    x, y = pair()
    with pytest.raises(TypeError, match="function of two matrices, not str"):
        permutation_null("cka", x, y)
    for wrong in (0, -1, 1.5, True):
        with pytest.raises(ValueError, match="permutations is a whole number"):
            permutation_null(cka, x, y, wrong)
    with pytest.raises(ValueError, match="60 rows, no multiple of rows_per_sample=7"):
        permutation_null(cka, x, y, rows_per_sample=7)
    with pytest.raises(ValueError, match="20 samples and y 60"):
        permutation_null(cka, x[:20], y)
    with pytest.raises(ValueError, match="gave NaN or infinity"):
        permutation_null(lambda a, b: float("nan"), x, y)


def test_unrelated_maps_are_similar_only_if_places_are_shuffled():
    """What maps of one image share says nothing of two networks (pruning paper 4.4)."""
    images, side, filters, pairs, orders = 24, 6, 2, 200, 19
    rng = np.random.default_rng(0)

    def maps() -> torch.Tensor:
        """An image's filters vary around values of its own, apart from all other images."""
        own = rng.normal(size=(images, filters, 1, 1))
        return torch.from_numpy(own + 0.3 * rng.normal(size=(images, filters, side, side)))

    shares = {1: [], side**2: []}
    for number in range(pairs):
        x, y = as_rows(maps()), as_rows(maps())
        for kept, found in shares.items():
            null = permutation_null(svcca, x, y, orders, rows_per_sample=kept, seed=number)
            found.append(null.share_above(svcca(x, y)))
    places, pictures = (np.array(found) for found in shares.values())
    assert np.mean(places <= 0.05) > 0.9
    for level in (0.05, 0.25, 0.5, 0.75):  # uniform on 1/20, …, 1, within the binomial error
        count = int(np.sum(pictures <= level + 1e-9))
        assert binomtest(count, pairs, level).pvalue > 1e-3, level
