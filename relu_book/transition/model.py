"""What the models of the soft transition have in common: a curve P(η), its inverse, its fit."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, fields
from math import inf, sqrt
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from relu_book.transition.fitting import Measurements, covariance, fitted, measurements
from relu_book.transition.numbers import as_it_came, within


@dataclass(frozen=True)
class Transition(ABC):
    """A curve with two parameters: how likely a pattern changes in a step with the rate η.

    Attributes:
        covariance: (2, 2) of the fitted parameters, infinite where the measurements do not tell;
            None for a model that was not fitted.
        residual: root mean square of P(η) − share over the measured shares strictly between 0 and
            1 (over all, where there are none); None for a model that was not fitted.
    """

    covariance: np.ndarray | None = field(default=None, kw_only=True, compare=False, repr=False)
    residual: float | None = field(default=None, kw_only=True, compare=False, repr=False)

    def __post_init__(self) -> None:
        for name in self._names():
            value, signed = getattr(self, name), name == "mu"
            number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
            if not number or not (-inf if signed else 0) < value < inf:
                kind = "finite" if signed else "positive"
                raise ValueError(
                    f"{name} of {type(self).__name__} is a {kind} number, not {value!r}"
                )

    @classmethod
    def _names(cls) -> list[str]:
        return [each.name for each in fields(cls) if not each.kw_only]

    @property
    def standard_errors(self) -> dict[str, float] | None:
        """By parameter, infinite where the measurements do not tell; None for one not fitted."""
        if self.covariance is None:
            return None
        return dict(zip(self._names(), np.sqrt(np.diag(self.covariance)).tolist(), strict=True))

    def probability(self, learning_rate: ArrayLike) -> float | np.ndarray:
        """The probability P(η) that a pattern changes in a step with this rate.

        Args:
            learning_rate: 0 or more; a number, or an array or tensor of any shape.

        Returns:
            A float from 0 (at rate 0) to 1, or a float64 array of the same shape.

        Raises:
            ValueError: a rate is negative or NaN.
        """
        rate = within(learning_rate, "learning_rate", 0, inf)
        with np.errstate(divide="ignore", over="ignore"):
            return as_it_came(self._probability(rate))

    def learning_rate(self, probability: ArrayLike) -> float | np.ndarray:
        """The rate η at which a pattern changes with this probability: the inverse of P(η).

        Args:
            probability: from 0 to 1; a number, or an array or tensor of any shape.

        Returns:
            A float of 0 or more, or a float64 array of the same shape. 0 for probability 0,
            infinity for one that no rate reaches.

        Raises:
            ValueError: a probability is outside of [0, 1] or NaN.
        """
        share = within(probability, "probability", 0, 1)
        with np.errstate(divide="ignore", over="ignore"):
            return as_it_came(self._learning_rate(share))

    @classmethod
    def fit(
        cls,
        learning_rates: ArrayLike,
        probabilities: ArrayLike,
        evaluations: ArrayLike | None = None,
    ) -> Self:
        """The model that fits measured shares of changed patterns best.

        Without ``evaluations`` by least squares in P, as in thesis 3.2.3: on this scale the misfit
        of a layer is about equally large throughout the transition, and a rate beyond it decides
        nothing. (On the scale of quantiles, appendix A.4, shares near 0 or 1 weigh most, and those
        at 0 or 1 cannot be used.) With ``evaluations`` by maximum likelihood of binomial counts,
        for ``LogNormal`` the probit regression on ln η: a 0 of 64 says what it can, no more.

        A share of 0 or 1 bounds the curve but cannot take the place of one in between. Two rates
        with shares in between suffice; with ``evaluations``, a rate with changes below one without.

        Standard errors: 1.96 of them to either side hold the true parameter in about 95 of 100
        fits. With ``evaluations`` they are those of the likelihood, right
        if evaluations are independent and the model is true. Positions of one image are not
        independent, and no model is true to millions of evaluations: leave ``evaluations`` out, and
        the errors come from the residuals about the curve, whatever made them, widened where these
        are few. What shifts the whole curve, as another batch of images does, is in no residual.
        They are infinite where the measurements do not tell them: without ``evaluations`` for fewer
        than six shares between 0 and 1, with them where only one rate carries information.

        Args:
            learning_rates: (n,), positive, in any order, repeated or not.
            probabilities: (n,), the measured shares, from 0 to 1.
            evaluations: how many evaluations each share is counted from: a number, or (n,).

        Returns:
            A model that has ``standard_errors``, ``covariance`` and ``residual`` as well.

        Raises:
            FitError: the measurements determine no transition: a rate is not positive, a share is
                outside of [0, 1] or NaN, lengths differ, shares do not rise with the rate, or all
                are 0 below a rate and 1 above.

        Cost: below 1 ms for 25 rates.

        Example:
            >>> from relu_book.transition import LogNormal
            >>> rates = [0.001, 0.01, 0.1, 1.0, 10.0]
            >>> model = LogNormal.fit(rates, LogNormal(mu=-3.0, sigma=1.5).probability(rates))
            >>> round(model.mu, 6), round(model.sigma, 6)
            (-3.0, 1.5)
            >>> model = LogNormal.fit(rates, [0.0, 0.12, 0.7, 0.98, 1.0], evaluations=400)
            >>> {name: round(error, 3) for name, error in model.standard_errors.items()}
            {'mu': 0.0..., 'sigma': 0.0...}
            >>> LogNormal.fit(rates, [0, 0, 1, 1, 1])
            Traceback (most recent call last):
            relu_book.transition.fitting.FitError: a transition needs probabilities between 0 ...
        """
        given = measurements(learning_rates, probabilities, evaluations)
        theta = fitted(cls._curve, cls._start(given), given)
        parameters, derivatives = cls._natural(theta, given)
        with np.errstate(all="ignore"):  # saturated curves leave 0/0, steep ones huge scales
            spread = derivatives @ covariance(cls._curve, theta, given) @ derivatives.T
        if not np.isfinite(spread).all():
            spread = np.full((2, 2), inf)
        deviation = cls._curve(theta, given.log_rates)[0] - given.shares
        counted = deviation[given.between] if given.between.any() else deviation
        residual = sqrt(counted @ counted / len(counted))
        return cls(*parameters, covariance=spread, residual=residual)

    @abstractmethod
    def _probability(self, rate: np.ndarray) -> np.ndarray: ...

    @abstractmethod
    def _learning_rate(self, probability: np.ndarray) -> np.ndarray: ...

    @classmethod
    @abstractmethod
    def _curve(cls, theta: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """P, 1 − P, ∂P/∂θ (2, n) at x = ln η, in parameters in which the fit is easy."""

    @classmethod
    @abstractmethod
    def _start(cls, given: Measurements) -> np.ndarray:
        """A θ near the best one."""

    @classmethod
    @abstractmethod
    def _natural(
        cls, theta: np.ndarray, given: Measurements
    ) -> tuple[tuple[float, float], np.ndarray]:
        """The parameters of the model, and their derivatives by θ, (2, 2)."""
