"""Theorem 1 of thesis 3.2.3 and the steps of its proof, as simulations and integrals.

A filter has the pre-activation c and changes by g per unit of rate, so a step with the rate eta
leaves c - eta g. Its sign changes where 0 < c/g < eta: every sign has one *critical rate*, c/g, or
none, and a pattern changes at the least critical rate of its filters. One draw of c and g gives the
share of changed patterns at all rates at once. For independent normal numbers,

    D(eta) = 1 - [1 - arctan(r)/pi]^d,    r = eta sigma_g / sigma_c    (3.18).
"""

from itertools import pairwise
from math import exp, pi, sqrt

import numpy as np
from scipy.integrate import quad
from scipy.special import erf, ndtr

from relu_book.transition import change_probability

FILTERS = (1, 4, 16, 64)
RATES = np.geomspace(1e-3, 1e2, 20)
FAN_IN = 1024
WEIGHT, GRADIENT = (2 / FAN_IN) ** 0.5, 0.3 * FAN_IN**-0.5  # standard deviations


def critical_rates(before: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    """The rate from which on each sign is another one, infinite where it never is.

    Args:
        before: c, pre-activations, of any shape.
        gradient: g, what a step with the rate 1 takes off them, of the same shape.

    Example:
        >>> critical_rates(np.array([1.0, 1.0, -3.0]), np.array([0.5, -0.5, -1.0]))
        array([ 2., inf,  3.])
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(before * gradient > 0, before / gradient, np.inf)


def shares_below(rates: np.ndarray, critical: np.ndarray) -> np.ndarray:
    """Share of changed patterns at each rate, from their critical rates.

    Example:
        >>> shares_below(np.array([0.5, 2.5, 9.0]), np.array([1.0, 2.0, 3.0, np.inf]))
        array([0.  , 0.5 , 0.75])
    """
    return np.searchsorted(np.sort(critical, axis=None), rates) / critical.size


def in_a_wide_layer(layers: int = 200, inputs: int = 512) -> dict:
    """thm-1.a: layers of 1,024 inputs and 64 filters, of which the first ones count, and inputs."""
    rng = np.random.default_rng(0)
    x = rng.exponential(size=(FAN_IN, inputs)).astype(np.float32) - 1  # of mean zero, and skewed
    critical = np.empty((layers, max(FILTERS), inputs), np.float32)
    for layer in critical:
        weights = WEIGHT * rng.standard_normal((max(FILTERS), FAN_IN), np.float32)
        gradients = GRADIENT * rng.standard_normal((max(FILTERS), FAN_IN), np.float32)
        layer[:] = critical_rates(weights @ x, gradients @ x)
    deviation = [
        shares_below(RATES, critical[:, :filters].min(1))
        - change_probability(RATES, GRADIENT, WEIGHT, filters)
        for filters in FILTERS
    ]
    return {
        "deviation": np.ravel(deviation),
        "filters": FILTERS,
        "fan_in": FAN_IN,
        "draws": layers * inputs,
    }


def over_the_data(filters: int = 10_000, inputs: int = 400, fan_in: int = 16) -> dict:
    """thm-1.b: single filters with fixed weights and gradients, over inputs of four laws."""
    rng = np.random.default_rng(1)
    shape = (fan_in, inputs)
    laws = (
        rng.normal(size=shape),
        rng.exponential(size=shape),
        rng.standard_t(1.5, size=shape),  # of infinite variance
        rng.normal(size=(1, inputs)) + 0.1 * rng.normal(size=shape),  # nearly on a line
    )
    weights, gradients = rng.normal(size=(2, filters, fan_in))
    expected = change_probability(RATES, 1.0, 1.0, 1)
    deviation = [
        shares_below(RATES, critical_rates(weights @ x, gradients @ x)) - expected for x in laws
    ]
    return {"deviation": deviation}


def variance_of_products(draws: int = 200_000, fan_in: int = 32) -> dict:
    """eq-3.19: the variance of a pre-activation by variances and by second moments of inputs."""
    rng = np.random.default_rng(2)
    weight, bias, means = 0.3, 0.5, (0.0, 1.0)
    printed, corrected = [], []
    for mean in means:
        x = mean + rng.normal(size=(draws, fan_in))
        w = weight * rng.normal(size=(draws, fan_in))
        found = ((w * x).sum(1) + bias * rng.normal(size=draws)).var()
        printed.append(found / (weight**2 * fan_in + bias**2))
        corrected.append(found / (weight**2 * fan_in * (1 + mean**2) + bias**2))
    return {"printed_ratio": printed, "second_moment_ratio": corrected, "input_means": means}


def at_a_fixed_gradient(draws: int = 100_000) -> dict:
    """eq-3.26: both forms of the probability of an unchanged sign, and simulations of it."""
    rng = np.random.default_rng(3)
    a = np.linspace(0, 6, 121)
    deviation = (1.5 - ndtr(a)) - (1 - erf(a / sqrt(2)) / 2)
    errors = []
    for ratio in np.linspace(0.1, 3, 12):
        before, gradient = rng.normal(size=draws), rng.choice([-ratio, ratio], draws)
        unchanged = ((before > 0) == (before - gradient > 0)).mean()
        expected = 1.5 - ndtr(ratio)
        errors.append((unchanged - expected) / (expected * (1 - expected) / draws) ** 0.5)
    return {"deviation": deviation, "standard_errors": errors}


def over_gradients() -> dict:
    """eq-3.36: the integral of equation 3.31 and its closed form, in 105 cases."""
    deviation = []
    for ratio in (0.25, 1.0, 4.0):  # sigma_g / sigma_c
        for rate in np.geomspace(1e-3, 1e2, 35):

            def unchanged(g, slope=ratio * rate):
                """Of gradients in units of their deviation."""
                return _density(g) * (1.5 - ndtr(abs(g) * slope))

            integral = 2 * _integral(unchanged, 1 / (ratio * rate))
            deviation.append(integral - (1 - np.arctan(ratio * rate) / pi))
    return {"deviation": deviation}


def owens_identity() -> dict:
    """eq-3.37: the integral that the proof takes from a table, in 64 pairs of a and b."""
    deviation = []
    for a in (-4.0, -2.0, -1.0, -0.5, 0.5, 1.0, 2.0, 4.0):
        for b in (-10.0, -3.0, -1.0, -0.1, 0.1, 1.0, 3.0, 10.0):

            def product(x, a=a, b=b):
                return _density(a * x) * ndtr(b * x)

            closed = (pi / 2 + np.arctan(b / abs(a))) / (2 * pi * abs(a))
            deviation.append(_integral(product, 1 / abs(b)) - closed)
    return {"deviation": deviation}


def one_changed_sign(draws: int = 100_000) -> dict:
    """eq-3.38: patterns of filters with ratios of their own, and the product of what stays."""
    rng = np.random.default_rng(4)
    ratios = np.geomspace(0.3, 3, max(FILTERS))
    rng.shuffle(ratios)
    critical, deviation = np.full(draws, np.inf), []
    for number, ratio in enumerate(ratios, 1):
        before, gradient = rng.normal(size=(2, draws))
        critical = np.minimum(critical, critical_rates(before, ratio * gradient))
        if number in FILTERS:
            stays = 1 - np.arctan(RATES[:, None] * ratios[:number]) / pi
            deviation.append(shares_below(RATES, critical) - (1 - stays.prod(1)))
    return {"deviation": np.ravel(deviation)}


def _density(x: float) -> float:
    return exp(-x * x / 2) / sqrt(2 * pi)


def _integral(function, scale: float) -> float:
    """From 0 to infinity, cut where the function bends, at multiples of ``scale``."""
    cuts = np.unique([0.0, *(scale * np.array([0.5, 1, 2, 4, 8])).clip(0, 40), 1, 2, 4, 8, 40])
    pieces = pairwise(cuts)
    return sum(quad(function, *piece, epsabs=1e-13, epsrel=1e-13)[0] for piece in pieces)
