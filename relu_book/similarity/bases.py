"""Orthonormal bases of what the columns of a matrix span, in one pass over its rows.

For a centred matrix X the fast way takes the Gram matrix C = XᵀX, accumulated over chunks, and its
eigenvectors, C = B Λ Bᵀ: the columns of U = X B Λ^(−1/2) are orthonormal. Its error grows with the
ratio of the eigenvalues, the square of the condition. Where that is large, the triangle R of
X = QR is accumulated instead by Householder's QR of chunk after chunk, each below the triangle so
far, and R = A S Bᵀ gives U = X B S⁻¹, with an error that grows with the condition alone.

Directions whose deviation is below 16 roundings of the given numbers, in units of a mean column's,
are rounding and not data: they are left out. So a basis has as many columns as the rank.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from relu_book.similarity.matrices import CHUNK, Matrix

WELL_CONDITIONED = 1e-5  # smallest to largest eigenvalue for which the Gram matrix will do
_ROUNDINGS = 16
_EPSILON = torch.finfo(torch.float64).eps


@dataclass(frozen=True, eq=False)
class Basis:
    """Columns U = X W of a centred matrix, read in chunks.

    Attributes:
        matrix: X.
        weights: W, (features, columns), for X in its own units; none for X itself.
        loadings: XᵀU, (features, columns); none for X itself.
        stored: U, where it is kept, (samples, columns).
        well_conditioned: whether UᵀV may be had from XᵀY, without a loss of digits.
    """

    matrix: Matrix
    weights: Tensor | None = None
    loadings: Tensor | None = None
    stored: Tensor | None = None
    well_conditioned: bool = False

    @property
    def columns(self) -> int:
        """How many."""
        if self.stored is not None:
            return self.stored.shape[1]
        return self.matrix.features if self.weights is None else self.weights.shape[1]

    def chunks(self, order: Tensor | None = None) -> Iterator[Tensor]:
        """Rows of U, some at a time; in another order if one is given."""
        if self.stored is not None:
            rows = self.stored if order is None else self.stored[order]
            yield from rows.split(max(1, CHUNK // self.columns))
            return
        for chunk in self.matrix.chunks(order):
            yield chunk if self.weights is None else chunk @ self.weights

    def kept(self) -> "Basis":
        """The same with its columns stored, for use with several others."""
        if self.stored is not None:
            return self
        return replace(self, stored=torch.cat(list(self.chunks())))


def products(first: Basis, second: Basis, order: Tensor | None = None) -> Tensor:
    """UᵀV, (columns of the first, of the second), of all samples; V's rows in the given order."""
    if _better_unweighted(first, second):
        plain = products(Basis(first.matrix), Basis(second.matrix), order)
        return first.weights.T @ plain @ second.weights
    step = max(1, CHUNK // max(first.columns, second.columns))
    total = torch.zeros(
        first.columns, second.columns, dtype=torch.float64, device=first.matrix.device
    )
    for u, v in zip(_even(first.chunks(), step), _even(second.chunks(order), step), strict=True):
        total.addmm_(u.T, v.to(total.device))
    return total


def _better_unweighted(first: Basis, second: Basis) -> bool:
    """Whether XᵀY is exact enough, and quicker than rows of U and V."""
    if not (first.well_conditioned and second.well_conditioned):
        return False
    if first.stored is not None or second.stored is not None:
        return False
    p, q, k, l = first.matrix.features, second.matrix.features, first.columns, second.columns  # noqa: E741
    return p * q < p * k + q * l + k * l


def _even(chunks: Iterator[Tensor], step: int) -> Iterator[Tensor]:
    """The same rows, ``step`` at a time."""
    waiting: list[Tensor] = []
    have = 0
    for chunk in chunks:
        waiting.append(chunk)
        have += len(chunk)
        while have >= step:
            rows = torch.cat(waiting) if len(waiting) > 1 else waiting[0]
            yield rows[:step]
            have -= step
            waiting = [rows[step:]] if have else []
    if have:
        yield torch.cat(waiting)


def gram(matrix: Matrix) -> Tensor:
    """C = XᵀX of the centred matrix, (features, features)."""
    total = torch.zeros(matrix.features, matrix.features, dtype=torch.float64, device=matrix.device)
    for chunk in matrix.chunks():
        if chunk.device.type == "cpu":  # NumPy computes one half of a symmetric product, torch both
            total += torch.from_numpy(chunk.numpy().T @ chunk.numpy())
        else:
            total.addmm_(chunk.T, chunk)
    return total


def triangle(matrix: Matrix) -> Tensor:
    """R of X = QR of the centred matrix, (features, features) at the most."""
    found = torch.zeros(0, matrix.features, dtype=torch.float64, device=matrix.device)
    for chunk in matrix.chunks():
        _, found = torch.linalg.qr(torch.cat([found, chunk]), mode="r")
    return found


def orthonormal(matrix: Matrix, variance: float | None = None) -> Basis:
    """A basis of what the columns span, or of the fewest directions with most of the variance.

    Args:
        matrix: more samples than varying features.
        variance: the share of the summed squares of all singular values that is to be kept, in
            (0, 1]; None keeps all, and scales the columns to one deviation to tell the rank.

    Returns:
        Orthonormal columns in falling order of their singular values.

    Cost: a product of every two columns, and an eigendecomposition of them; with nearly dependent
    columns a QR, some four times as long.
    """
    products_of_all = gram(matrix)
    norms = products_of_all.diagonal().clamp(min=0).sqrt()
    scale = (
        torch.where(matrix.varies, 1 / norms, 0.0) if variance is None else torch.ones_like(norms)
    )
    eigenvalues, vectors = torch.linalg.eigh(scale[:, None] * products_of_all * scale)
    squares, vectors = eigenvalues.flip(0), vectors.flip(1)
    number = _number(squares.clamp(min=0), matrix, variance)
    floor = max(WELL_CONDITIONED * squares[0], _floor(squares, matrix) ** 2)
    if squares[number - 1] > floor and (variance is not None or number == matrix.features):
        weights = scale[:, None] * vectors[:, :number] / squares[:number].sqrt()
        return Basis(matrix, weights, products_of_all @ weights, well_conditioned=True)
    found = triangle(matrix)
    left, singular, right = torch.linalg.svd(found * scale, full_matrices=False)
    number = _number(singular.square(), matrix, variance)
    weights = scale[:, None] * right[:number].T / singular[:number]
    return Basis(matrix, weights, found.T @ left[:, :number])


def _floor(squares: Tensor, matrix: Matrix) -> Tensor:
    """The singular value below which a direction is rounding."""
    own = matrix.features**0.5 * _EPSILON / 2  # of the QR itself
    return _ROUNDINGS * max(matrix.rounding, own) * squares.clamp(min=0).mean().sqrt()


def _number(squares: Tensor, matrix: Matrix, variance: float | None) -> int:
    """How many directions are kept, of falling squares of singular values."""
    rank = int((squares.sqrt() > _floor(squares, matrix)).sum())
    if variance is None or variance == 1:
        return rank
    shares = squares.cumsum(0) / squares.sum()
    return min(rank, int((shares < variance - 1e-12).sum()) + 1)
