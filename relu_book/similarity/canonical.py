"""Canonical correlations of two layers and their means: mean CCA, SVCCA and PWCCA.

Pruning paper 3.2, equations 1 and 2: of two centred matrices X and Y of the same n inputs, with
orthonormal bases U and V of what their columns span, the canonical correlations are the singular
values of UᵀV = L diag(ρ) Rᵀ (Björck and Golub, Math. Comp. 27, 1973). Then

- mean CCA is the mean of ρ;
- SVCCA (Raghu et al., arXiv 1706.05806) is that of the leading singular directions of X and of Y,
  the fewest with 99 % of the variance;
- PWCCA (Morcos et al., arXiv 1806.05759) weighs ρ_i with ``Σ_j |⟨h_i, x_j⟩|``, h = U L and x_j the
  centred columns of the narrower matrix.

All lie in [0, 1]. With few samples all are high for unrelated layers, and where
samples − 1 ≤ features always 1, as centring takes a dimension: say ``permutation_null`` beside
them.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from relu_book.similarity.bases import Basis, orthonormal, products
from relu_book.similarity.matrices import Matrix, require_same_samples
from relu_book.similarity.measures import Steps, measure, of_two

_SHOWN = 5  # numbers of constant columns in a sentence


@dataclass(frozen=True, eq=False)
class CanonicalCorrelations:
    """What canonical correlation analysis finds; made by :func:`relu_book.similarity.cca`.

    Attributes:
        correlations: falling, in [0, 1], float64; as many as the smaller rank of the two.
        x_weights: W₁, float64 of shape ``(features, correlations)``: the columns of
            ``(x − x.mean(0)) @ x_weights`` are the canonical variates Z₁, orthonormal.
        y_weights: the same of y.
    """

    correlations: Float64[np.ndarray, "k"]  # noqa: F821
    x_weights: Float64[np.ndarray, "features k"]
    y_weights: Float64[np.ndarray, "other_features k"]

    def __repr__(self) -> str:
        return f"CanonicalCorrelations(number={len(self.correlations)}, mean={self.mean:.4g})"

    @property
    def mean(self) -> float:
        """The mean of the correlations."""
        return float(self.correlations.mean())


def _without_constants(given: Any, name: str) -> Basis:
    """A basis of all columns, each of which varies."""
    matrix = Matrix(given, name, by_column=True)
    if not matrix.varies.all():
        which = (~matrix.varies).nonzero()[:, 0].tolist()
        shown = ", ".join(map(str, which[:_SHOWN])) + ", …" * (len(which) > _SHOWN)
        raise ValueError(
            f"{len(which)} of {matrix.features} features of {name} are constant (columns {shown}), "
            "which correlate with nothing; leave them out, or take svcca or cka"
        )
    _require_samples(matrix, matrix.features)
    return orthonormal(matrix)


def _leading(given: Any, name: str, variance: float) -> Basis:
    """A basis of the directions with most of the variance."""
    matrix = Matrix(given, name)
    varying = int(matrix.varies.sum())
    if not varying:
        raise ValueError(f"all {matrix.features} features of {name} are constant")
    _require_samples(matrix, varying)
    return orthonormal(matrix, variance)


def _require_samples(matrix: Matrix, features: int) -> None:
    if matrix.samples - 1 <= features:  # centring leaves a rank of samples - 1
        raise ValueError(
            f"{matrix.name} has {matrix.samples} samples and {features} features that vary: where "
            "samples − 1 ≤ features canonical correlations are 1 whatever the data; take more "
            "samples, or cka"
        )


def _decomposed(first: Basis, second: Basis, order: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
    require_same_samples(first.matrix, second.matrix)
    left, correlations, right = torch.linalg.svd(
        products(first, second, order), full_matrices=False
    )
    return left, correlations.clamp(max=1), right.T


def _mean(first: Basis, second: Basis, order: Tensor | None = None) -> float:
    require_same_samples(first.matrix, second.matrix)
    correlations = torch.linalg.svdvals(products(first, second, order))
    return float(correlations.clamp(max=1).mean())


def _weighted(first: Basis, second: Basis, order: Tensor | None = None) -> float:
    left, correlations, right = _decomposed(first, second, order)
    basis, turn = (first, left) if first.columns <= second.columns else (second, right)
    # Columns of one matrix have units of their own: back to one for all.
    largest = basis.matrix.unit.min()
    loadings = basis.loadings * (largest / basis.matrix.unit)[:, None]
    weights = (loadings @ turn).abs().sum(0)
    return float((weights * correlations).sum() / weights.sum())


def _mean_steps() -> Steps:
    return Steps(_without_constants, _mean)


def _weighted_steps() -> Steps:
    return Steps(_without_constants, _weighted)


def _leading_steps(variance: float = 0.99) -> Steps:
    number = isinstance(variance, int | float | np.number) and not isinstance(variance, bool)
    if not number or not 0 < variance <= 1:
        raise ValueError(f"variance is a share in (0, 1], not {variance!r}")
    return Steps(lambda given, name: _leading(given, name, float(variance)), _mean)


def cca(x: Any, y: Any) -> CanonicalCorrelations:
    """The canonical correlations of two layers, with the weights that attain them.

    Args:
        x: tensor or array (samples, features), float16, bfloat16, float32 or float64.
        y: the other layer, row i of the same input as row i of ``x``.

    Returns:
        As many correlations as the smaller rank of the two matrices, which is the number of
        features of the narrower one unless columns depend on each other.

    Raises:
        TypeError: neither a tensor nor an array, or not of such numbers.
        ValueError: no matrix; NaN or inf; less than four samples, or less than features + 2; a
            constant feature; different numbers of samples.

    Cost: as :func:`relu_book.similarity.mean_cca`.

    Example:
        >>> x = np.random.default_rng(0).normal(size=(100, 3))
        >>> found = cca(x, x @ np.array([[1.0, 2.0], [0.0, 1.0], [0.0, 0.0]]))
        >>> found.correlations.round(6), found.x_weights.shape
        (array([1., 1.]), (3, 2))
    """
    first, second = _without_constants(x, "x"), _without_constants(y, "y")
    left, correlations, right = _decomposed(first, second, None)
    weights = (
        (basis.matrix.unit[:, None] * (basis.weights @ turn)).cpu().numpy()
        for basis, turn in ((first, left), (second, right))
    )
    return CanonicalCorrelations(correlations.cpu().numpy(), *weights)


@measure(_mean_steps)
def mean_cca(x: Any, y: Any) -> float:
    """The mean canonical correlation of two layers (pruning paper 3.2).

    It does not change if the features of a layer are mixed by any invertible map. Columns that
    depend on others are counted once: the mean is over the smaller rank of the two.

    Args:
        x: tensor or array (samples, features), float16, bfloat16, float32 or float64;
            :func:`relu_book.similarity.as_rows` makes one of a convolution's maps.
        y: the other layer, row i of the same input as row i of ``x``.

    Returns:
        From 0 to 1. Of two unrelated layers about √(p/n) for p features each and n ≫ p samples;
        from n < 2p on some correlations are 1 whatever the data.
        :func:`relu_book.similarity.permutation_null` says how much is chance.

    Raises:
        TypeError: neither a tensor nor an array, or not of such numbers.
        ValueError: no matrix; NaN or inf; less than four samples, or less than features + 2; a
            constant feature; different numbers of samples.

    Cost: products of every two columns, and a chunk of 8 MiB beside matrices of features² numbers.
    Nearly dependent columns take a QR, some four times as long.

    Example:
        >>> x = np.random.default_rng(0).normal(size=(1000, 4))
        >>> round(mean_cca(x, x[:, ::-1] + 2 * x), 6)
        1.0
        >>> mean_cca.larger_is_more_similar
        True
    """
    return of_two(_mean_steps(), x, y)


@measure(_weighted_steps)
def pwcca(x: Any, y: Any) -> float:
    """The projection weighted mean of the canonical correlations (Morcos et al., 2018).

    Correlations count by how much of the layer their variates make up, ``Σ_j |⟨h_i, x_j⟩|``
    over its centred columns x_j. The layer is the narrower of the two, as in the authors' code,
    ``x`` of two equally wide ones. (That code adds the means of the features again before it
    weighs; with centred features both agree.) Where correlations coincide, as in a layer that
    holds a copy of some features of the other, single weights depend on the basis that the
    decomposition takes.

    Args:
        x: tensor or array (samples, features), float16, bfloat16, float32 or float64.
        y: the other layer, row i of the same input as row i of ``x``.

    Returns:
        From 0 to 1.

    Raises:
        TypeError: as for :func:`relu_book.similarity.mean_cca`.
        ValueError: as for :func:`relu_book.similarity.mean_cca`.

    Cost: as :func:`relu_book.similarity.mean_cca`.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> x, noise = rng.normal(size=(2, 1000, 4))
        >>> y = np.concatenate([x[:, :2], noise[:, :2]], axis=1)
        >>> strong = x * [9, 9, 1, 1]  # what both have in common makes up most of this layer
        >>> pwcca(strong, y) > pwcca(x, y) > 0.4
        True
    """
    return of_two(_weighted_steps(), x, y)


@measure(_leading_steps)
def svcca(x: Any, y: Any, variance: float = 0.99) -> float:
    """The mean canonical correlation of the leading singular directions (Raghu et al., 2017).

    Of each centred layer the fewest singular directions are kept whose squared singular values make
    up the share ``variance`` of all (pruning paper 3.2); constant features drop out with the rest.
    It does not change if a layer is rotated or scaled as a whole.

    Args:
        x: tensor or array (samples, features), float16, bfloat16, float32 or float64;
            :func:`relu_book.similarity.as_rows` makes one of a convolution's maps.
        y: the other layer, row i of the same input as row i of ``x``.
        variance: the share, in (0, 1]; 1 keeps all directions that there are.

    Returns:
        From 0 to 1, the mean over as many correlations as directions were kept of the layer with
        fewer of them.

    Raises:
        TypeError: as for :func:`relu_book.similarity.mean_cca`.
        ValueError: as there, but only if all features are constant; or ``variance`` is no share.

    Cost: as :func:`relu_book.similarity.mean_cca`, or less with fewer directions.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> x = rng.normal(size=(1000, 4)) * [1, 1, 1, 1e-3]
        >>> y = np.concatenate([x[:, :3], rng.normal(size=(1000, 1)) * 1e-3], axis=1)
        >>> round(svcca(x, y), 6), round(mean_cca(x, y), 2)
        (1.0, 0.76)
    """
    return of_two(_leading_steps(variance), x, y)
