"""Canonical correlations beside closed forms, QR, scikit-learn and Google's formula."""

import numpy as np
import pytest
from sklearn.cross_decomposition import CCA

from relu_book.similarity import bases, cca, mean_cca, pwcca, svcca
from relu_book.similarity import matrices as matrices_module
from relu_book.similarity.matrices import Matrix

RNG = np.random.default_rng(0)


def by_qr(x, y):
    """The correlations, the long way."""
    u, v = (np.linalg.qr(m - m.mean(0))[0] for m in (x, y))
    return np.clip(np.linalg.svd(u.T @ v, compute_uv=False), 0, 1)


def google(x, y):
    """cca_core.py of google/svcca: inverse roots of covariances; weights of pwcca.py."""
    p = x.shape[1]
    sigma = np.cov(x.T, y.T)
    xx, xy, yy = sigma[:p, :p], sigma[:p, p:], sigma[p:, p:]

    def inverse_root(m):
        values, vectors = np.linalg.eigh(m)
        return vectors * values**-0.5 @ vectors.T

    left, s, right = np.linalg.svd(inverse_root(xx) @ xy @ inverse_root(yy))
    if p <= y.shape[1]:
        layer, directions = x, left[:, : len(s)].T @ inverse_root(xx) @ (x - x.mean(0)).T
    else:
        layer, directions = y, right[: len(s)] @ inverse_root(yy) @ (y - y.mean(0)).T
    projections, _ = np.linalg.qr(directions.T)
    weights = np.abs(projections.T @ (layer - layer.mean(0))).sum(1)
    return s, float(weights @ s / weights.sum())


def related(n, p, q, shared, seed=0):
    """Two layers that share some directions, mixed."""
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(n, p)), rng.normal(size=(n, q))
    y[:, :shared] = x[:, :shared] + rng.normal(size=(n, shared)) * np.linspace(0.2, 2, shared)
    return x @ rng.normal(size=(p, p)) + 3, y @ rng.normal(size=(q, q)) - 1


@pytest.mark.parametrize(
    ("n", "p", "q", "shared"), [(200, 5, 3, 2), (300, 4, 9, 4), (50, 20, 20, 7), (4, 1, 1, 1)]
)
def test_correlations_are_those_of_qr_and_of_google(n, p, q, shared):
    x, y = related(n, p, q, shared)
    found = cca(x, y)
    assert np.allclose(found.correlations, by_qr(x, y), rtol=0, atol=1e-11)
    if n > 4:
        theirs, weighted = google(x, y)
        assert np.allclose(found.correlations, theirs, rtol=0, atol=1e-10)
        assert pwcca(x, y) == pytest.approx(weighted, abs=1e-10)
    assert mean_cca(x, y) == pytest.approx(found.correlations.mean(), abs=1e-14) == found.mean
    assert mean_cca(x, y) == pytest.approx(mean_cca(y, x), abs=1e-12)


def test_correlations_are_those_of_scikit_learn():
    x, y = related(500, 4, 3, 2)
    theirs = CCA(n_components=3, max_iter=10_000, tol=1e-12).fit(x, y).transform(x, y)
    expected = [np.corrcoef(a, b)[0, 1] for a, b in zip(theirs[0].T, theirs[1].T, strict=True)]
    assert np.allclose(cca(x, y).correlations, expected, rtol=0, atol=1e-6)


def test_variates_are_orthonormal_and_attain_the_correlations():
    x, y = related(300, 6, 4, 3)
    found = cca(x, y)
    z1, z2 = ((m - m.mean(0)) @ w for m, w in ((x, found.x_weights), (y, found.y_weights)))
    assert found.x_weights.shape == (6, 4) and found.y_weights.shape == (4, 4)
    assert np.allclose(z1.T @ z1, np.eye(4), rtol=0, atol=1e-12)
    assert np.allclose(z2.T @ z2, np.eye(4), rtol=0, atol=1e-12)
    assert np.allclose(z1.T @ z2, np.diag(found.correlations), rtol=0, atol=1e-12)


def hadamard(n):
    """Orthogonal columns of ±1; all but the first have mean 0."""
    h = np.ones((1, 1))
    while len(h) < n:
        h = np.block([[h, h], [h, -h]])
    return h


@pytest.mark.parametrize("rho", [0.0, 0.3, 0.999, 1.0])
def test_closed_forms(rho):
    h = hadamard(64)[:, 1:]
    x = h[:, :3]
    y = np.stack([rho * h[:, 0] + np.sqrt(1 - rho**2) * h[:, 3], h[:, 4], h[:, 5]], axis=1)
    assert mean_cca(x, y) == pytest.approx(rho / 3, abs=1e-12)
    assert cca(x, y).correlations == pytest.approx([rho, 0, 0], abs=1e-12)
    # Weights are the sizes of the features where these are the variates.
    assert pwcca(x * [4, 1, 1], y * [9, 1, 1]) == pytest.approx(
        rho * (4 / 6 if rho else 0), abs=1e-12
    )
    # Squared singular values 16, 1 and 1: the first alone has 16 of 18 of the variance.
    assert svcca(x * [4, 1, 1], y, 16 / 18) == pytest.approx(rho, abs=1e-12)
    assert svcca(x * [4, 1, 1], y, 17 / 18) == pytest.approx(rho / 2, abs=1e-12)
    assert svcca(x * [4, 1, 1], y, 1) == pytest.approx(rho / 3, abs=1e-12)


@pytest.mark.parametrize("variance", [0.5, 0.9, 0.99, 1.0])
def test_svcca_is_the_naive_two_decompositions(variance):
    x, y = related(400, 30, 20, 10)

    def leading(m):
        u, s, _ = np.linalg.svd(m - m.mean(0), full_matrices=False)
        return u[:, : np.searchsorted(np.cumsum(s**2) / (s**2).sum(), variance - 1e-12) + 1]

    expected = np.linalg.svd(leading(x).T @ leading(y), compute_uv=False).mean()
    assert svcca(x, y, variance) == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("condition", [1e1, 1e3, 1e5, 1e7])
@pytest.mark.parametrize("scaled_only", [True, False])
def test_badly_conditioned_layers_lose_no_more_than_qr(condition, scaled_only):
    x, y = related(400, 12, 8, 6)
    expected = by_qr(x, y).mean()
    sizes = np.logspace(0, -np.log10(condition), 12)
    mixed = np.eye(12) if scaled_only else np.linalg.qr(RNG.normal(size=(12, 12)))[0]
    bad = (x - x.mean(0)) @ np.linalg.inv(np.cov(x.T)) * sizes @ mixed
    # No method does better: the numbers of x themselves are rounded.
    assert mean_cca(bad, y) == pytest.approx(expected, abs=1e-10 + 1e-15 * condition)
    assert mean_cca(bad, y) == pytest.approx(by_qr(bad, y).mean(), abs=1e-10 + 1e-15 * condition)


def test_both_ways_to_a_basis_agree_and_chunks_do_not_matter(monkeypatch):
    x, y = related(500, 12, 8, 6)
    expected = [mean_cca(x, y), pwcca(x, y), svcca(x, y)]
    for small in (0, 1 << 20):
        monkeypatch.setattr(matrices_module, "_SMALL", small)
        monkeypatch.setattr(matrices_module, "CHUNK", 400)
        monkeypatch.setattr(bases, "CHUNK", 300)
        assert [mean_cca(x, y), pwcca(x, y), svcca(x, y)] == pytest.approx(expected, abs=1e-12)
    monkeypatch.setattr(bases, "WELL_CONDITIONED", 2)  # QR throughout
    assert not bases.orthonormal(Matrix(x)).well_conditioned
    assert [mean_cca(x, y), pwcca(x, y), svcca(x, y)] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_columns_that_depend_on_others_count_once(kind):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(400, 6)), rng.normal(size=(400, 4))
    dependent = np.concatenate([x, x[:, :2], x @ rng.normal(size=(6, 3))], axis=1).astype(kind)
    error = float(100 * np.finfo(kind).eps)
    assert len(cca(dependent, dependent).correlations) == 6
    assert mean_cca(dependent, dependent) == pytest.approx(1, abs=1e-12)
    assert pwcca(dependent, dependent) == pytest.approx(1, abs=1e-12)
    assert svcca(dependent, dependent, 1) == pytest.approx(1, abs=1e-12)
    assert mean_cca(dependent, y) == pytest.approx(mean_cca(x, y), abs=error)
    assert mean_cca(dependent[:, [0, 0, 1]], dependent[:, [1, 0]]) == pytest.approx(1, abs=1e-12)


def test_a_linear_layer_in_float32_has_the_rank_of_its_input():
    rng = np.random.default_rng(0)
    narrow = rng.normal(size=(1000, 16)).astype(np.float32)
    wide = narrow @ rng.normal(size=(16, 64)).astype(np.float32) + np.float32(0.5)
    assert len(cca(wide, wide).correlations) == 16
    assert mean_cca(wide, narrow) == pytest.approx(1, abs=1e-6)


def test_a_layer_is_like_itself_and_like_what_an_invertible_map_makes_of_it():
    x, _ = related(100, 7, 3, 1)
    turned = x @ np.random.default_rng(1).normal(size=(7, 7))
    for measure in (mean_cca, svcca, pwcca):
        assert measure(x, x) == pytest.approx(1, abs=1e-12)
    assert mean_cca(x, turned) == pytest.approx(1, abs=1e-10)
    rotated = x @ np.linalg.qr(turned[:7])[0] * 5 + 2
    assert svcca(x, rotated, 0.9) == pytest.approx(1, abs=1e-10)


def test_constant_features_are_named_and_the_cut_drops_them():
    x, y = related(100, 4, 3, 2)
    with_constants = np.concatenate([x, np.full((100, 1), 0.1), np.zeros((100, 1))], axis=1)
    for measure in (mean_cca, pwcca, cca):
        with pytest.raises(ValueError, match=r"2 of 6 features of y are constant \(columns 4, 5\)"):
            measure(x, with_constants)
    assert svcca(with_constants, y) == pytest.approx(svcca(x, y), abs=1e-12)
    with pytest.raises(ValueError, match="all 2 features of x are constant"):
        svcca(np.ones((10, 2)), y[:10])
    # One rounding error away from constant, such as a sum in another order.
    nearly = np.full((100, 1), 0.1)
    nearly[::2] = np.nextafter(0.1, 1)
    with pytest.raises(ValueError, match="constant"):
        mean_cca(np.concatenate([x, nearly], axis=1), y)


@pytest.mark.parametrize("measure", [mean_cca, pwcca, svcca])
def test_no_more_samples_than_features_are_refused(measure):
    rng = np.random.default_rng(0)
    for n in (4, 9, 10, 11):  # centring takes one dimension
        with pytest.raises(ValueError, match=f"{n} samples and 10 features that vary"):
            measure(rng.normal(size=(n, 10)), rng.normal(size=(n, 2)))
    assert 0 < measure(rng.normal(size=(12, 10)), rng.normal(size=(12, 2))) <= 1


@pytest.mark.parametrize("wrong", [0, -0.1, 1.01, float("nan"), "0.9", None, True])
def test_a_share_of_variance_is_one(wrong):
    with pytest.raises(ValueError, match="variance is a share in"):
        svcca(np.eye(5), np.eye(5), wrong)


def test_pwcca_weighs_with_the_narrower_layer_and_the_first_of_two_as_wide():
    x, y = related(200, 5, 3, 3)
    assert pwcca(x, y) == pytest.approx(pwcca(y, x), abs=1e-12)
    first, second = related(200, 4, 4, 3)
    assert pwcca(first, second) != pytest.approx(pwcca(second, first), abs=1e-6)
    assert pwcca(first, second) == pytest.approx(google(first, second)[1], abs=1e-10)


def test_the_mean_of_unrelated_layers_falls_like_the_root_of_features_over_samples():
    rng = np.random.default_rng(0)
    scaled = [
        mean_cca(rng.normal(size=(n, 16)), rng.normal(size=(n, 16))) * np.sqrt(n / 16)
        for n in (1_000, 10_000, 100_000)
    ]
    assert np.ptp(scaled) < 0.1 and 0.8 < np.mean(scaled) < 0.9
