"""Centred kernel alignment of two layers, by default without the bias of few samples.

Kornblith et al., arXiv 1905.00414: with centred X and Y, K = XXᵀ and L = YYᵀ,

    CKA = HSIC(K, L) / √(HSIC(K, K) HSIC(L, L)),   HSIC(K, L) ∝ tr KL = ‖XᵀY‖²,

which is high for unrelated layers of many features. Debiased, as Nguyen et al., arXiv 2010.15327,
use it, HSIC is the unbiased estimator of Song et al. (JMLR 13, 2012); in terms of the squared
lengths k_i and l_i of the centred rows

    n(n−3) HSIC₁ = ‖XᵀY‖² − Σ kl + Σk Σl / ((n−1)(n−2)) − 2 Σ kl / (n−2),

since it changes with no shift of the rows, and the sums of the rows of K without its diagonal are
−k. So no n × n matrix is needed where there are more samples than features; where there are fewer,
K, which is all that matters, gives n columns that stand for the features, exactly.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from relu_book.similarity.bases import Basis, products
from relu_book.similarity.matrices import Matrix, require_same_samples
from relu_book.similarity.measures import Steps, measure, of_two

_NOTHING_LEFT = 1e-12  # of ‖XᵀX‖², what cancellation leaves of an HSIC that is 0


@dataclass(frozen=True, eq=False)
class _Rows(Basis):
    """The centred rows, their squared lengths, and the HSIC of the layer with itself."""

    lengths: Tensor | None = None
    own: float = 0.0


def _hsic(first: Basis, second: Basis, k: Tensor, l: Tensor, debiased: bool, order=None) -> float:  # noqa: E741
    """HSIC times n(n−3), or n² with its bias."""
    inner = float(products(first, second, order).square().sum())
    if not debiased:
        return inner
    n = len(k)
    both = float(k @ (l if order is None else l[order.to(l.device)]).to(k.device))
    apart = float(k.sum()) * float(l.sum()) / ((n - 1) * (n - 2))
    return inner - both + apart - 2 * both / (n - 2)


def _prepared(given: Any, name: str, debiased: bool) -> _Rows:
    matrix = Matrix(given, name)
    if not matrix.varies.any():
        raise ValueError(f"all {matrix.features} features of {name} are constant")
    stored = _factor(matrix) if matrix.features > matrix.samples else None
    basis = Basis(matrix, stored=stored)
    k = torch.empty(matrix.samples, dtype=torch.float64, device=matrix.device)
    start = 0
    for chunk in basis.chunks():
        torch.linalg.vecdot(chunk, chunk, out=k[start : start + len(chunk)])
        start += len(chunk)
    inner = float(products(basis, basis).square().sum())
    own = _hsic(basis, basis, k, k, debiased)
    if not own > _NOTHING_LEFT * inner:
        raise ValueError(
            f"{name} of shape ({matrix.samples}, {matrix.features}) holds nothing that debiased "
            "CKA sees: all samples but one, or nearly, are alike; take more samples"
        )
    return _Rows(matrix, stored=stored, lengths=k, own=own)


def _factor(matrix: Matrix) -> Tensor:
    """F with FFᵀ = K, (samples, samples), from fewer samples than features."""
    kernel = torch.zeros(matrix.samples, matrix.samples, dtype=torch.float64, device=matrix.device)
    for block in matrix.columns():
        kernel.addmm_(block, block.T)
    squares, vectors = torch.linalg.eigh(kernel)
    return vectors * squares.clamp(min=0).sqrt()


def _steps(debiased: bool = True) -> Steps:
    def value(first: _Rows, second: _Rows, order: Tensor | None = None) -> float:
        require_same_samples(first.matrix, second.matrix)
        shared = _hsic(first, second, first.lengths, second.lengths, debiased, order)
        return shared / (first.own**0.5 * second.own**0.5)

    return Steps(lambda given, name: _prepared(given, name, bool(debiased)), value)


@measure(_steps)
def cka(x: Any, y: Any, *, debiased: bool = True) -> float:
    """The linear centred kernel alignment of two layers (Kornblith et al., 2019).

    It does not change if a layer is rotated, shifted or scaled as a whole. Constant features add
    nothing; there may be more features than samples.

    Args:
        x: tensor or array (samples, features), float16, bfloat16, float32 or float64;
            :func:`relu_book.similarity.as_rows` makes one of a convolution's maps, or
            ``x.flatten(1)``, with the places among the features.
        y: the other layer, row i of the same input as row i of ``x``.
        debiased: whether the unbiased estimator of HSIC is used. Without it the value for
            unrelated layers is far from 0 unless there are many more samples than features.

    Returns:
        At most 1; around 0 for unrelated layers, and then also a little below. With the bias from 0
        to 1.

    Raises:
        TypeError: neither a tensor nor an array, or not of such numbers.
        ValueError: no matrix; NaN or inf; less than four samples; constant features only, or rows
            in which the unbiased estimator finds nothing; different numbers of samples.

    Cost: products of every two columns and a chunk of 8 MiB; with fewer samples than features those
    of every two samples, and their eigenvectors.

    Example:
        >>> import numpy as np
        >>> rng = np.random.default_rng(0)
        >>> x, y = rng.normal(size=(2, 50, 400))
        >>> abs(cka(x, y)) < 0.1, round(cka(x, y, debiased=False), 1), round(cka(x, 1 - 2 * x), 6)
        (True, 0.9, 1.0)
    """
    return of_two(_steps(debiased), x, y)
