"""Centred kernel alignment beside the kernels themselves, closed forms and its own convergence."""

import numpy as np
import pytest
import torch

from relu_book.similarity import cka
from relu_book.similarity import matrices as matrices_module


def by_kernels(x, y, debiased=True):
    """HSIC₁ of Song et al. (2012), equation 5, or the biased one, from n × n kernels."""

    def hsic(k, l):  # noqa: E741
        n = len(k)
        if not debiased:
            centre = np.eye(n) - 1 / n
            return np.trace(k @ centre @ l @ centre)
        k, l = (m * (1 - np.eye(n)) for m in (k, l))  # noqa: E741
        ones = np.ones(n)
        apart = ones @ k @ ones * (ones @ l @ ones) / ((n - 1) * (n - 2))
        return np.trace(k @ l) + apart - 2 * (ones @ k @ l @ ones) / (n - 2)

    k, l = x @ x.T, y @ y.T  # noqa: E741
    return hsic(k, l) / np.sqrt(hsic(k, k) * hsic(l, l))


def pair(n, p, q, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, p))
    y = rng.normal(size=(n, q))
    y[:, 0] += 2 * x[:, 0]
    return x + 1, y * 3 - 2


@pytest.mark.parametrize("debiased", [True, False])
@pytest.mark.parametrize(
    ("n", "p", "q"), [(50, 6, 4), (20, 100, 7), (20, 6, 90), (20, 60, 90), (5, 30, 2), (9, 9, 9)]
)
def test_it_is_the_formula_of_the_kernels(n, p, q, debiased):
    x, y = pair(n, p, q)
    assert cka(x, y, debiased=debiased) == pytest.approx(by_kernels(x, y, debiased), abs=1e-11)


def test_chunks_do_not_matter(monkeypatch):
    x, y = pair(120, 10, 7)
    wide = np.random.default_rng(0).normal(size=(120, 300))
    expected = cka(x, y), cka(x, wide)
    monkeypatch.setattr(matrices_module, "_SMALL", 0)
    monkeypatch.setattr(matrices_module, "CHUNK", 500)
    assert (cka(x, y), cka(x, wide)) == pytest.approx(expected, abs=1e-12)


def test_it_is_one_for_a_layer_and_its_images_and_symmetric():
    x, y = pair(40, 8, 5)
    rotation = np.linalg.qr(np.random.default_rng(1).normal(size=(8, 8)))[0]
    for debiased in (True, False):
        assert cka(x, x @ rotation * 7 + 3, debiased=debiased) == pytest.approx(1, abs=1e-12)
        assert cka(x, y, debiased=debiased) == pytest.approx(cka(y, x, debiased=debiased))


def test_a_closed_form_where_features_are_orthogonal():
    # ‖XᵀY‖² over the root of ‖XᵀX‖² ‖YᵀY‖², with X = [h₁, h₂] and Y = [h₁, h₃, h₄].
    h = np.ones((1, 1))
    while len(h) < 64:
        h = np.block([[h, h], [h, -h]])
    assert cka(h[:, [1, 2]], h[:, [1, 3, 4]], debiased=False) == pytest.approx(
        1 / 6**0.5, abs=1e-14
    )


def test_without_a_bias_unrelated_layers_are_at_zero_and_many_samples_lead_to_the_same():
    rng = np.random.default_rng(0)
    pairs = [rng.normal(size=(2, 30, 300)) for _ in range(100)]
    values = np.array([cka(x, y) for x, y in pairs])
    assert abs(values.mean()) < 3 * values.std() / 10 < 0.02
    assert min(cka(x, y, debiased=False) for x, y in pairs) > 0.8
    x, y = pair(20_000, 5, 5)
    # Cov = I and 9·diag(5, 1, 1, 1, 1), cross-covariance 3·2 in one place: 36/√(5·81·29).
    truth = 36 / np.sqrt(5 * 81 * 29)
    assert cka(x, y) == pytest.approx(truth, abs=0.02)
    assert cka(x, y, debiased=False) == pytest.approx(cka(x, y), abs=2e-3)


def test_the_estimate_of_few_samples_is_that_of_many_on_average():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 100_000, 8))
    y[:, :4] += x[:, :4]
    many = cka(x, y)
    for n in (50, 200):
        some = [cka(x[i : i + n], y[i : i + n]) for i in range(0, 200 * n, n)]
        assert np.mean(some) == pytest.approx(many, abs=0.02)


def test_constant_features_add_nothing_and_alone_are_refused():
    x, y = pair(30, 4, 3)
    with_constants = np.concatenate([x, np.full((30, 2), 0.1)], axis=1)
    assert cka(with_constants, y) == pytest.approx(cka(x, y), abs=1e-13)
    with pytest.raises(ValueError, match="all 2 features of y are constant"):
        cka(x, np.ones((30, 2)))


@pytest.mark.parametrize("n", [4, 30])
def test_rows_in_which_the_unbiased_estimator_finds_nothing_are_refused(n):
    x = np.zeros((n, 3))
    x[0] = [1, 2, 3]
    y = np.random.default_rng(0).normal(size=(n, 3))
    with pytest.raises(ValueError, match="holds nothing that debiased CKA sees"):
        cka(x, y)
    assert 0 <= cka(x, y, debiased=False) <= 1


def test_more_features_than_memory_would_hold_squared():
    generator = torch.Generator().manual_seed(0)
    x, y = torch.randn(2, 8, 100_000, generator=generator)
    assert abs(cka(x, y)) < 0.1
    assert cka(x, x) == pytest.approx(1, abs=1e-12)
