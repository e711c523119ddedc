"""Two filters on Gaussian data, with the biases of a batch normalisation (thesis figure A.1)."""

from functools import cache

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from relu_book.entropy import pattern_entropy
from relu_book.experiments.entropy_gradient.statements import entropy_of_two
from relu_book.plots.style import LINE_COLOURS, ORANGE
from relu_book.plots.words import described

_REACH = 1.5  # of the biases, in standard deviations


@cache
def _noise(points: int = 4000) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((points, 2))


def _data(correlation: float) -> np.ndarray:
    """Points (n, 2) with mean 0 and standard deviation 1."""
    first, second = _noise().T
    x = np.stack([first, correlation * first + (1 - correlation**2) ** 0.5 * second], 1)
    return (x - x.mean(0)) / x.std(0)


def _counted(correlation: float, biases: tuple[float, float]) -> float:
    return float(pattern_entropy(torch.from_numpy(_data(correlation) + biases)))


def _scatter(axes: Axes, correlation: float, biases: tuple[float, float]) -> None:
    """The points in the colours of their patterns, and the borders of both filters."""
    x = _data(correlation)
    x = x[:1000]
    active = x + biases > 0
    colours = np.array(LINE_COLOURS)[active @ [1, 2]]
    axes.scatter(*x.T, s=9, c=colours, rasterized=True)
    axes.axvline(-biases[0], color="black", linewidth=1.5)
    axes.axhline(-biases[1], color="black", linewidth=1.5)
    axes.set(xlim=(-3.2, 3.2), ylim=(-3.2, 3.2), aspect="equal", xticks=[], yticks=[])


def describe_two_filters(correlation: float, first: float, second: float) -> str:
    """Alt text of ``draw_two_filters``."""
    here = float(entropy_of_two(correlation, first, second))
    zero = float(entropy_of_two(correlation, 0.0, 0.0))
    counted = _counted(correlation, (first, second))
    return (
        f"Two filters with the biases {first:g} and {second:g} on data of correlation "
        f"{correlation:g}: {here:.3f} bits by quadrature, {counted:.3f} counted on 4,000 points; "
        f"{zero:.3f} with zero biases."
    )


@described(
    alt=describe_two_filters,
    caption="Left: Gaussian data behind a batch normalisation, in the colours of their patterns, "
    "and the borders of two filters. Right: the entropy over both biases, by quadrature; the dot "
    "is the setting on the left.",
)
def draw_two_filters(correlation: float, first: float, second: float) -> Figure:
    """The data with the borders of two filters, and the entropy over all biases.

    Args:
        correlation: of the two coordinates, between -1 and 1.
        first: the bias of the first filter, in standard deviations.
        second: that of the second.
    """
    figure = Figure(figsize=(9.2, 4.4))
    left, right = figure.subplots(1, 2)
    _scatter(left, correlation, (first, second))
    left.set_title(f"counted: {_counted(correlation, (first, second)):.3f} bits")
    biases = np.linspace(-_REACH, _REACH, 61)
    grid = entropy_of_two(correlation, biases, biases[:, None])
    image = right.pcolormesh(biases, biases, grid, vmin=0, vmax=2, rasterized=True)
    right.contour(biases, biases, grid, levels=8, colors="white", linewidths=0.6)
    right.plot(first, second, "o", color=ORANGE, markeredgecolor="white", markersize=10)
    right.set(
        aspect="equal", xlabel="bias of filter 1", ylabel="bias of filter 2",
        title=f"quadrature: {float(entropy_of_two(correlation, first, second)):.3f} bits",
    )  # fmt: skip
    figure.colorbar(image, ax=right, label="entropy in bits")
    return figure


def describe_panels(
    correlations: tuple[float, float] = (0.0, 0.9), bias: tuple[float, float] = (-0.3, 0.3)
) -> str:
    """Alt text of ``two_filters``."""
    told = [
        f"correlation {rho:g}: {float(entropy_of_two(rho, 0.0, 0.0)):.3f} bits with zero biases, "
        f"{float(entropy_of_two(rho, *bias)):.3f} with {bias[0]:g} and {bias[1]:g}"
        for rho in correlations
    ]
    return f"Four clouds of points, each cut by two lines; {'; '.join(told)}."


@described(
    alt=describe_panels,
    caption="Figure A.1: two filters on independent (left) and on dependent data (right), with "
    "zero biases (above) and others (below). Above each panel the entropy of the patterns in bits, "
    "by quadrature and counted on 4,000 points. Zero biases are the best of all on the left, and "
    "not even the best of those close by on the right.",
)
def two_filters(
    correlations: tuple[float, float] = (0.0, 0.9), bias: tuple[float, float] = (-0.3, 0.3)
) -> Figure:
    """Both kinds of data with both pairs of biases.

    Args:
        correlations: of the data on the left and on the right.
        bias: the biases of the lower row; those of the upper are zero.
    """
    figure = Figure(figsize=(7.2, 7.6))
    for row, biases in zip(figure.subplots(2, 2), ((0.0, 0.0), bias), strict=True):
        for axes, rho in zip(row, correlations, strict=True):
            _scatter(axes, rho, biases)
            exact = float(entropy_of_two(rho, *biases))
            axes.set_title(f"{exact:.3f} bits, counted {_counted(rho, biases):.3f}")
            axes.set_xlabel(f"correlation {rho:g}, biases {biases[0]:g}, {biases[1]:g}")
    return figure
