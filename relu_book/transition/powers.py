"""Models of the transition in which many independent filters keep their signs: P = 1 − stay(s η)^m.

    ErfPower      stay(u) = 1 − ½ erf(u/√2)     thesis 3.2.3, equation 3.40
    ArctanPower   stay(u) = 1 − arctan(u)/π     equation 3.41, theorem 1
    Lomax         stay(u) = 1/(1 + u)           not in the thesis

Equation 3.41 prints the exponent −μ, with which P is negative for positive μ; here m is positive.
The first two reach 1 − 2^−m at the most: a filter keeps its sign with probability ½ however large
the step.
"""

from abc import abstractmethod
from dataclasses import dataclass
from math import exp, inf, log, pi, sqrt

import numpy as np
from scipy.special import erf, erfinv

from relu_book.transition.fitting import Measurements
from relu_book.transition.model import Transition
from relu_book.transition.numbers import normal_density


class _Power(Transition):
    """P = 1 − stay(s η)^m, with stay(u) falling from 1 as u grows from 0."""

    _least = log(0.5)  # the logarithm of stay(∞)

    @staticmethod
    @abstractmethod
    def _log_stay(u: np.ndarray) -> np.ndarray: ...

    @staticmethod
    @abstractmethod
    def _log_stay_slope(u: np.ndarray) -> np.ndarray:
        """The derivative by u."""

    @staticmethod
    @abstractmethod
    def _log_stay_inverse(log_stay: np.ndarray) -> np.ndarray: ...

    def _probability(self, rate: np.ndarray) -> np.ndarray:
        return -np.expm1(self.exponent * self._log_stay(self.scale * rate))

    def _learning_rate(self, probability: np.ndarray) -> np.ndarray:
        log_stay = np.log1p(-probability) / self.exponent
        u = self._log_stay_inverse(np.maximum(log_stay, self._least))
        return np.where(log_stay > self._least, u / self.scale, inf)

    # θ = (ln(s m), ln m): for large m the curve depends on the product alone. Beyond e^14 it does
    # so in float64, and a fit that would go on stays there.

    @staticmethod
    def _logarithms(theta: np.ndarray) -> tuple[float, float]:
        """ln s and ln m."""
        log_exponent = min(max(theta[1], -14.0), 14.0)
        return min(max(theta[0] - log_exponent, -700.0), 700.0), log_exponent

    @classmethod
    def _curve(cls, theta: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        log_scale, log_exponent = cls._logarithms(theta)
        m = exp(log_exponent)
        u = np.exp(np.minimum(log_scale + x, 300))  # its square is finite
        exponent = m * cls._log_stay(u)
        stays = np.exp(exponent)
        by_scale = -m * stays * cls._log_stay_slope(u) * u
        return -np.expm1(exponent), stays, np.array([by_scale, -exponent * stays - by_scale])

    @classmethod
    def _start(cls, given: Measurements) -> np.ndarray:
        """The best of a coarse grid: exponents from ¼ to 1,000, middles at the measured rates."""
        x, y = given.log_rates, given.shares
        exponents = np.geomspace(0.25, 1000, 9)
        half = np.log((1 + np.exp(exponents * cls._least)) / 2)  # of what the curve reaches
        middle = cls._log_stay_inverse(half / exponents)
        shift = np.linspace(x.min(), x.max(), 17)
        u = middle[:, None, None] * np.exp(x - shift[:, None])
        p = -np.expm1(exponents[:, None, None] * cls._log_stay(u))
        row, column = np.unravel_index(((p - y) ** 2).sum(-1).argmin(), p.shape[:2])
        m = exponents[row]
        return np.array([log(m * middle[row]) - shift[column], log(m)])

    @classmethod
    def _natural(
        cls, theta: np.ndarray, given: Measurements
    ) -> tuple[tuple[float, float], np.ndarray]:
        s, m = map(exp, cls._logarithms(theta))
        return (s, m), np.array([[s, -s], [0, m]])


@dataclass(frozen=True)
class ArctanPower(_Power):
    """Equation 3.41 of the thesis: P = 1 − [1 − arctan(s η)/π]^m.

    Theorem 1 with s = σ_g/σ_c and m = d_l (``change_probability``), both fitted. It reaches
    1 − 2^−m. The steepest curve it has, at m = ∞, is 1 − exp(−m s η/π): for a steeper rise m grows
    until nothing changes any more, and its standard error with it.

    Args:
        scale: s, positive, in units of 1/η.
        exponent: m, positive; the thesis prints −μ.

    Example:
        >>> model = ArctanPower(scale=0.5, exponent=8)
        >>> round(model.probability(0.2), 3)
        0.227
        >>> model.learning_rate(0.999)  # 1 - 2**-8 = 0.996 is the most
        inf
    """

    scale: float
    exponent: float

    @staticmethod
    def _log_stay(u: np.ndarray) -> np.ndarray:
        return np.log1p(-np.arctan(u) / pi)

    @staticmethod
    def _log_stay_slope(u: np.ndarray) -> np.ndarray:
        return -1 / ((pi - np.arctan(u)) * (1 + u * u))

    @staticmethod
    def _log_stay_inverse(log_stay: np.ndarray) -> np.ndarray:
        return np.tan(-pi * np.expm1(log_stay))


@dataclass(frozen=True)
class ErfPower(_Power):
    """Equation 3.40 of the thesis: P = 1 − [1 − ½ erf(s η/√2)]^m, for gradients of equal size.

    It reaches 1 − 2^−m; the steepest curve it has, at m = ∞, is that of ``ArctanPower``.

    Args:
        scale: s, positive, in units of 1/η; the thesis prints σ.
        exponent: m, positive; the thesis prints μ.

    Example:
        >>> model = ErfPower(scale=0.5, exponent=8)
        >>> round(model.learning_rate(model.probability(0.2)), 6)
        0.2
    """

    scale: float
    exponent: float

    @staticmethod
    def _log_stay(u: np.ndarray) -> np.ndarray:
        return np.log1p(-0.5 * erf(u / sqrt(2)))

    @staticmethod
    def _log_stay_slope(u: np.ndarray) -> np.ndarray:
        return -normal_density(u) / (1 - 0.5 * erf(u / sqrt(2)))

    @staticmethod
    def _log_stay_inverse(log_stay: np.ndarray) -> np.ndarray:
        return sqrt(2) * erfinv(-2 * np.expm1(log_stay))


@dataclass(frozen=True)
class Lomax(_Power):
    """Not in the thesis: P = 1 − (1 + s η)^−m, so that the temperature is m log₂(1 + s η).

    At one input, the signs that change in a small step are about Poisson in number, with a mean
    that is proportional to the rate: P = 1 − exp(−λη). Inputs differ in λ, as the cells around them
    differ in size; if λ is a gamma variable of shape m, the mean over inputs is this curve, the
    Lomax distribution. Like every mean of such exponentials it begins in proportion to η, as
    measured shares do, and unlike ``LogNormal``.

    Fitted on every second of 25 rates, it misses the shares at the others by 0.011 (root mean
    square over 0.02 < P < 0.98, mean of 190 layers of five small networks on the digits, before
    and after 200 steps), ``ArctanPower`` by 0.012, ``ErfPower`` by 0.015, ``LogNormal`` by 0.028;
    for the mean over a network's layers by 0.010, 0.024, 0.038 and 0.021. The more layers with
    transitions at different rates are averaged, the better ``LogNormal`` gets: in the 19 layers of
    ResNet-20 and ConvNet-20 on CIFAR-10 (three seeds, before and after 60 steps) ``Lomax`` misses
    by 0.005 and ``LogNormal`` by 0.022, for their mean by 0.013 and 0.008.

    Args:
        scale: s, positive, in units of 1/η.
        exponent: m, positive; infinite if all inputs had the same λ = m s.

    Example:
        >>> model = Lomax(scale=2.0, exponent=3.0)
        >>> model.probability(0.5)
        0.875
        >>> round(model.learning_rate(0.875), 6)
        0.5
    """

    scale: float
    exponent: float

    _least = -inf

    @staticmethod
    def _log_stay(u: np.ndarray) -> np.ndarray:
        return -np.log1p(u)

    @staticmethod
    def _log_stay_slope(u: np.ndarray) -> np.ndarray:
        return -1 / (1 + u)

    @staticmethod
    def _log_stay_inverse(log_stay: np.ndarray) -> np.ndarray:
        return np.expm1(-log_stay)
