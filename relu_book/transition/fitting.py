"""Two parameters of a transition curve, fitted to measured shares of changed patterns.

With y_i the share at rate η_i, counted from n_i evaluations, and P_i(θ) the value of the curve, two
fits (thesis 3.2.3 and appendix A.4 name least squares alone):

    least squares        min Σ (y_i − P_i)²
    maximum likelihood   max Σ n_i [y_i ln P_i + (1 − y_i) ln(1 − P_i)]

both by damped scoring steps (JᵀWJ) δ = JᵀW (y − P) with J = ∂P/∂θ and W = 1 or n / P(1 − P); for
the log-normal curve the second is the probit regression on ln η.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri, stdtrit, xlogy

from relu_book.transition.numbers import numbers

Curve = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]]
_LEAST = 1e-300  # keeps logarithms and weights finite where a curve is 0 or 1 in float64
# Below these the errors of a fit are not known, by simulation: shares between 0 and 1, and changes
# or stays, whichever are fewer, that are expected beside the rate with most of them.
_LEAST_BETWEEN = 6
_LEAST_COUNTED = 3.0


class FitError(ValueError):
    """The measurements determine no transition; the sentence says why and what would."""


class Measurements(NamedTuple):
    """Checked measurements, one a rate."""

    log_rates: np.ndarray
    shares: np.ndarray
    evaluations: np.ndarray | None

    @property
    def between(self) -> np.ndarray:
        """Which shares are neither 0 nor 1."""
        return (self.shares > 0) & (self.shares < 1)

    @property
    def informative(self) -> int:
        """The number of different rates with a share between 0 and 1."""
        return len(np.unique(self.log_rates[self.between]))


def measurements(
    learning_rates: ArrayLike, probabilities: ArrayLike, evaluations: ArrayLike | None
) -> Measurements:
    """The arguments of a fit, checked: they can determine a curve that rises.

    Raises:
        FitError: they cannot, with the reason.
    """
    rates = numbers(learning_rates, "learning_rates")
    shares = numbers(probabilities, "probabilities")
    if rates.ndim != 1 or shares.shape != rates.shape:
        raise FitError(
            "learning rates and probabilities are two sequences of one length, but came in the "
            f"shapes {rates.shape} and {shares.shape}"
        )
    wrong = ~((rates > 0) & (rates < np.inf))
    if wrong.any():
        raise FitError(
            "a transition is fitted in the logarithm of the learning rate, which is positive and "
            f"finite, but {rates[wrong][0]:g} came; leave it out"
        )
    wrong = ~((shares >= 0) & (shares <= 1))
    if wrong.any():
        raise FitError(
            f"probabilities lie between 0 and 1, but {shares[wrong][0]} came at the learning rate "
            f"{rates[wrong][0]:g}; leave that rate out"
        )
    if evaluations is not None:
        evaluations = numbers(evaluations, "evaluations")
        if evaluations.shape not in ((), rates.shape) or not (evaluations > 0).all():
            raise FitError(
                "evaluations is one positive number, or one for each of the "
                f"{len(rates)} learning rates, not {evaluations} of shape {evaluations.shape}"
            )
        evaluations = np.broadcast_to(evaluations, rates.shape)
    given = Measurements(np.log(rates), shares, evaluations)
    _check_they_determine_a_curve(given)
    return given


def _check_they_determine_a_curve(given: Measurements) -> None:
    x, y = given.log_rates, given.shares
    if given.evaluations is None:
        enough = given.informative >= 2
    else:  # the likelihood has a maximum where a change lies below a stay, in rates
        stays, changes = x[y < 1], x[y > 0]
        enough = len(stays) and len(changes) and changes.min() < stays.max()
    if not enough:
        zeros, ones = (y == 0).sum(), (y == 1).sum()
        raise FitError(
            "a transition needs probabilities between 0 and 1 at two learning rates, but of "
            f"{len(y)} measurements {zeros} are 0 and {ones} are 1{_where_to_measure(x, y)}"
        )
    weights = np.ones(len(x)) if given.evaluations is None else given.evaluations
    centred = weights * (x - np.average(x, weights=weights))
    if centred @ y <= 1e-12 * np.abs(centred).sum():
        raise does_not_rise(x)


def _where_to_measure(x: np.ndarray, y: np.ndarray) -> str:
    below, above = x[y == 0], x[y == 1]
    if not len(below) or not len(above) or below.max() >= above.min():
        return ""
    return f"; measure between the rates {np.exp(below.max()):.3g} and {np.exp(above.min()):.3g}"


def does_not_rise(log_rates: np.ndarray) -> FitError:
    """The error of measurements that do not rise."""
    low, high = np.exp([log_rates.min(), log_rates.max()])
    return FitError(
        "the probability of a change does not rise with the learning rate between "
        f"{low:.3g} and {high:.3g}; measure over a wider range, or more evaluations"
    )


def fitted(curve: Curve, theta: np.ndarray, given: Measurements) -> np.ndarray:
    """The parameters of the best curve, from a start near it.

    Args:
        curve: (θ, ln η) → P, 1 − P, and ∂P/∂θ of shape (2, rates).
        theta: where to start, shape (2,).
        given: the measurements.

    Cost: some ten evaluations of the curve.
    """
    x, y, n = given

    def misfit(p: np.ndarray, q: np.ndarray) -> float:
        if n is None:
            return float((y - p) @ (y - p))
        return -float(n @ (xlogy(y, p + _LEAST) + xlogy(1 - y, q + _LEAST)))

    p, q, jacobian = curve(theta, x)
    cost, damping = misfit(p, q), 1e-4
    for _ in range(100):
        weighted = jacobian if n is None else jacobian * (n / (p * q + _LEAST))
        gradient = weighted @ (y - p)
        (a, b), (_, d) = weighted @ jacobian.T
        size = 1 + np.abs(theta).max()
        while damping < 1e9:
            damped = np.array([[a * (1 + damping), b], [b, d * (1 + damping)]])
            with np.errstate(invalid="ignore"):  # a saturated curve has no step
                step = _inverse(damped) @ gradient
                length = np.abs(step).max()
                if not length > 1e-9 * size:
                    return theta
                step *= min(1, 3 * size / length)
            trial = curve(theta + step, x)
            new = misfit(*trial[:2])
            if new < cost:
                break
            damping *= 10
        else:
            return theta
        theta, cost, (p, q, jacobian) = theta + step, new, trial
        damping = max(damping / 10, 1e-12)
    return theta


def covariance(curve: Curve, theta: np.ndarray, given: Measurements) -> np.ndarray:
    """The covariance (2, 2) of fitted parameters; infinite where the measurements do not tell it.

    With evaluations it is the inverse of the information, where more than one rate carries some: a
    curve through a single share between 0 and 1 may be as steep as it likes.

    Without evaluations the variance of a share is taken as φ P(1 − P), as among equally many
    evaluations, dependent or not, and φ from the residuals r = M e, M = 1 − Jᵀ(JJᵀ)⁻¹J, by
    E rᵀr = φ tr MV, V = diag P(1 − P). Saturated rates add to neither, so they feign no certainty.
    The sum has the spread of one of ν = (tr MV)²/tr (MV)² squares (Satterthwaite), but is large
    where the errors are. So these are widened by the quantile of Student's t over the normal one at
    ν + 1 degrees of freedom, which simulation bears out for six shares or more between 0 and 1.
    """
    x, y, n = given
    p, q, jacobian = curve(theta, x)
    variance = p * q
    if n is not None:
        counted = n * variance
        if counted.sum() - counted.max() < _LEAST_COUNTED:
            return np.full((2, 2), np.inf)
        return _inverse((jacobian * (n / (variance + _LEAST))) @ jacobian.T)
    if given.between.sum() < _LEAST_BETWEEN:
        return np.full((2, 2), np.inf)
    inverse = _inverse(jacobian @ jacobian.T)
    leverage = (jacobian * (inverse @ jacobian)).sum(0)
    noise = inverse @ (jacobian * variance) @ jacobian.T
    trace = (1 - leverage) @ variance
    squares = (1 - 2 * leverage) @ variance**2 + np.trace(noise @ noise)
    widened = stdtrit(trace**2 / squares + 1, 0.975) / ndtri(0.975)
    return widened**2 * ((y - p) @ (y - p)) / trace * (noise @ inverse)


def _inverse(matrix: np.ndarray) -> np.ndarray:
    """Of a symmetric (2, 2) matrix; infinite where it has none. ``np.linalg.inv`` takes longer."""
    (a, b), (_, d) = matrix.tolist()
    determinant = a * d - b * b
    if not determinant > 0:
        return np.full((2, 2), np.inf)
    return np.array([[d, -b], [-b, a]]) / determinant
