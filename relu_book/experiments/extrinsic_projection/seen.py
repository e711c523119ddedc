"""What is measured on the deformed sheet: points of the plane and where a layer projects them.

With z and ẑ the points and their projections as complex numbers, both less their mean:

    angle       = |arg Σ z* ẑ|                          of the rotation that brings them nearest
    residual    = ‖x̂ − best affine map of x‖ / ‖x̂ − mean x̂‖
    separation  = Σ_c n_c ‖m_c − m‖² / Σ_n ‖x̂_n − m_c(n)‖²       means m_c of the classes
    closeness   = mean distance of the centres of fields of one class / of different classes
"""

import numpy as np
import torch
from jaxtyping import Float, Int64
from scipy.spatial.distance import pdist
from sklearn.linear_model import LogisticRegression

from relu_book.experiments.extrinsic_projection.board import SIDE

FIELDS = 4  # along a side of the board
Points = Float[np.ndarray, "n 2"]


def angle(points: Points, projected: Points) -> float:
    """Angle of the best rotation from the points to their projections, 0 to 180 degrees."""
    z, other = (_centred(each) @ (1, 1j) for each in (points, projected))
    return abs(np.degrees(np.angle(np.vdot(z, other))))


def residual(points: Points, projected: Points) -> float:
    """What the best affine map leaves over, as a share of the projections' deviation, 0 to 1.

    Projections that are all in one place are an affine image of anything: 0.
    """
    z, other = _centred(points), _centred(projected)
    fitted = z @ np.linalg.lstsq(z, other)[0]
    spread = np.linalg.norm(other)
    return float(np.linalg.norm(other - fitted) / spread) if spread else 0.0


def separation(projected: Points, labels: Int64[np.ndarray, " n"]) -> float:
    """Variance between the classes over variance within; 0 where all points are in one place."""
    means = _means(projected, labels)[labels]
    within = np.square(projected - means).sum()
    return float(np.square(_centred(means)).sum() / within) if within else 0.0


def fields(points: Float[np.ndarray, "n 2"]) -> Int64[np.ndarray, " n"]:
    """Number of the field of the board, 0 to 15: column times four plus row."""
    column, row = np.clip((points / SIDE + 1) * FIELDS / 2, 0, FIELDS - 1).astype(int).T
    return FIELDS * column + row


def closeness(points: Points, projected: Points, labels: Int64[np.ndarray, " n"]) -> float:
    """How near the fields of one class are, relative to those of others; 1 in one place.

    Raises:
        ValueError: a field without points.
    """
    of_field = fields(points)
    if len(np.unique(of_field)) < FIELDS**2:
        raise ValueError(f"each of the {FIELDS**2} fields needs points, but some have none")
    distance = pdist(_means(projected, of_field))
    same = pdist(np.round(_means(labels[:, None], of_field))) == 0
    other = distance[~same].mean()
    return float(distance[same].mean() / other) if other else 1.0


def linear_accuracy(
    projected: Points,
    labels: Int64[np.ndarray, " n"],
    test: Points,
    test_labels: Int64[np.ndarray, " m"],
) -> float:
    """Accuracy in per cent on test points of a linear classifier with one output a class."""
    mean, spread = projected.mean(0), projected.std() or 1.0
    fitted = LogisticRegression(C=1e4, max_iter=1000).fit((projected - mean) / spread, labels)
    return 100 * fitted.score((test - mean) / spread, test_labels)


def _centred(points: Points) -> Points:
    return points - points.mean(0)


def _means(values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Mean of each group, (groups, columns)."""
    rows = torch.from_numpy(groups)
    sums = torch.zeros(groups.max() + 1, values.shape[1], dtype=torch.float64)
    sums.index_add_(0, rows, torch.from_numpy(values).double())
    return (sums / rows.bincount()[:, None]).numpy()
