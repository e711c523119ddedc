"""The transition model of the thesis: the rate at which a pattern changes is log-normal (3.2.3).

    P = Φ((ln η − μ)/σ) = ½ (1 + erf((ln η − μ)/(σ√2)))      hypothesis 2, equation 3.17

Equations 3.42 to 3.44 print μ + ln η, with which "high μ is cold" (3.2.4) would be false.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from relu_book.transition.fitting import Measurements, does_not_rise
from relu_book.transition.model import Transition
from relu_book.transition.numbers import normal_density


@dataclass(frozen=True)
class LogNormal(Transition):
    """Hypothesis 2 of the thesis, equation 3.17: P = Φ((ln η − μ)/σ), the default model.

    Half of the patterns change at the rate e^μ, 16 % at e^(μ−σ), 84 % at e^(μ+σ). High μ is cold.

    Args:
        mu: natural logarithm of the rate at which half of the patterns change.
        sigma: width of the transition in ln η, positive.

    Example:
        >>> model = LogNormal(mu=-2.0, sigma=1.5)
        >>> round(model.probability(0.1), 3)
        0.42
        >>> round(model.learning_rate(8 / 9), 3)  # a temperature of 3.17 bits
        0.844
    """

    mu: float
    sigma: float

    def _probability(self, rate: np.ndarray) -> np.ndarray:
        return ndtr((np.log(rate) - self.mu) / self.sigma)

    def _learning_rate(self, probability: np.ndarray) -> np.ndarray:
        return np.exp(self.mu + self.sigma * ndtri(probability))

    # θ = (a, b) of the regression z = a + b x, b = 1/σ: its likelihood has a single maximum.

    @classmethod
    def _curve(cls, theta: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        z = np.minimum(np.maximum(theta[0] + theta[1] * x, -30), 30)
        density = normal_density(z)
        return ndtr(z), ndtr(-z), np.array([density, density * x])

    @classmethod
    def _start(cls, given: Measurements) -> np.ndarray:
        x, y, n = given
        if n is None:
            x, y, n = x[given.between], y[given.between], 1.0
        else:
            y = (y * n + 0.5) / (n + 1)
            n = n / (y * (1 - y))
        z = ndtri(y)
        weights = n * normal_density(z) ** 2
        centre = (weights @ x) / weights.sum()
        slope = (weights * (x - centre)) @ z / (weights @ (x - centre) ** 2)
        return np.array([(weights @ z) / weights.sum() - slope * centre, slope])

    @classmethod
    def _natural(
        cls, theta: np.ndarray, given: Measurements
    ) -> tuple[tuple[float, float], np.ndarray]:
        a, b = theta.tolist()
        if not b > 0:
            raise does_not_rise(given.log_rates)
        return (-a / b, 1 / b), np.array([[-1 / b, a / b**2], [0, -1 / b**2]])
