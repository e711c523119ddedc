"""Theorem 1 of the thesis (3.2.3, equation 3.18): how likely the pattern of a layer changes."""

from __future__ import annotations

from math import inf, pi

import numpy as np
from numpy.typing import ArrayLike

from relu_book.transition.numbers import as_it_came, numbers, within


def change_probability(
    learning_rate: ArrayLike,
    gradient_scale: ArrayLike,
    pre_activation_scale: ArrayLike,
    width: ArrayLike,
) -> float | np.ndarray:
    """The probability that the pattern of a layer changes in a step, by theorem 1 of the thesis:

        D(η) = 1 − [1 − arctan(σ_g η/σ_c)/π]^d

    At one input x, the pre-activation c of a filter and its change g per unit of rate are normal
    numbers of mean 0, independent of each other; its sign changes where 0 < c/g < η, and c/g is a
    Cauchy variable of scale σ_c/σ_g. Where filters are independent of each other, the d-th power is
    exact at every width: no limit is needed.

    Without biases σ_g/σ_c = σ_Δw/σ_w does not depend on x, so this is the probability over the data
    as well, of whatever law (averaged over networks: one network scatters about it). With biases
    the ratio depends on the length of x, σ² = σ_w² ‖x‖² + σ_b²: average over x after the power.
    (Equations 3.20 and 3.21 print the variance of x where its second moment belongs.) Gradients of
    a loss break the independence of the filters in layers above the first.

    The limit of large rates is 1 − 2^−d, not 1, so a layer of d filters has a temperature of d bits
    at the most.

    Args:
        learning_rate: η, 0 or more.
        gradient_scale: σ_g, standard deviation of a filter's change per unit of rate, 0 or more.
        pre_activation_scale: σ_c, standard deviation of its pre-activation, positive.
        width: d, the number of filters, 1 or more.

    Returns:
        A float from 0 to 1 − 2^−d for four numbers, else a float64 array of the shape that they
        broadcast to.

    Raises:
        ValueError: an argument is out of its range, or the shapes do not broadcast.

    Example:
        >>> round(change_probability(1.0, gradient_scale=1.0, pre_activation_scale=1.0, width=1), 6)
        0.25
        >>> change_probability([0.01, 0.1, 1.0], 1.0, 1.0, width=64).round(3)
        array([0.185, 0.873, 1.   ])
    """
    rate = within(learning_rate, "learning_rate", 0, inf)
    gradient = within(gradient_scale, "gradient_scale", 0, inf)
    scale = numbers(pre_activation_scale, "pre_activation_scale")
    if not ((scale > 0) & (scale < inf)).all():
        raise ValueError(f"pre_activation_scale is positive, not {pre_activation_scale!r}")
    filters = within(width, "width", 1, inf)
    flip = np.arctan2(gradient * rate, scale) / pi
    return as_it_came(-np.expm1(filters * np.log1p(-flip)))
