"""A weight as a power of two and a coin: figure 4.1 of the thesis, and what one weight becomes."""

import numpy as np
import torch
from matplotlib.figure import Figure
from scipy.stats import binom

from relu_book.binarization import encode, variance
from relu_book.plots.style import BLUE, ORANGE
from relu_book.plots.words import described


@described(
    alt="Four panels over weights from 0 to 4: a staircase that rises by one at each power of two; "
    "a sawtooth from 0 to 1 in each octave; arcs that are 0 at powers of two, the highest 1 at 3; "
    "arcs of one height, 0.354, at 1/3 of each octave.",
    caption="Figure 4.1: exponent and probability of a weight w, variance and relative standard "
    "deviation of a single sample. Dotted, the bounds w²/8 and 1/√8. The variance is largest in "
    "the middle of an octave, the relative error at a third of it.",
)
def panels() -> Figure:
    """Exponent, probability, variance and relative error over weights from 1/32 to 4."""
    w = torch.arange(1 / 32, 4, 1 / 512, dtype=torch.float64)
    code, of_one = encode(w), variance(w, 1)
    figure = Figure(figsize=(7.4, 5.6), layout="constrained")
    axes = figure.subplots(2, 2, sharex=True)
    axes[0, 0].step(w, code.exponent, color=BLUE, where="post")
    axes[0, 1].plot(w, code.probability, color=BLUE)
    axes[1, 0].plot(w, of_one, color=BLUE)
    axes[1, 0].plot(w, w**2 / 8, ":", color="0.3")
    axes[1, 1].plot(w, of_one.sqrt() / w, color=BLUE)
    axes[1, 1].axhline(8**-0.5, linestyle=":", color="0.3")
    words = ("exponent e", "probability p", "variance", "standard deviation / w")
    for letter, panel, label in zip("abcd", axes.flat, words, strict=True):
        panel.set_title(f"({letter}) {label}")
        panel.grid(axis="y")
    for panel in axes[1]:
        panel.set_xlabel("weight w")
    return figure


def outcomes(w: float, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Values that a drawn weight takes, and their probabilities.

    Example:
        >>> [part.round(6).tolist() for part in outcomes(3.0, 1)]
        [[2.0, 4.0], [0.5, 0.5]]
    """
    code = encode(torch.tensor(w, dtype=torch.float64))
    ones = np.arange(n + 1)
    values = float(code.scale) * (1 + ones / n)
    return values, binom.pmf(ones, n, float(code.probability))


def describe_weight(w: float, n: int) -> str:
    """Alt text of ``draw_weight``: mean, standard deviation, most likely value."""
    values, probabilities = outcomes(w, n)
    deviation = float(variance(torch.tensor(w, dtype=torch.float64), n)) ** 0.5
    return (
        f"w = {w:.4g} with n = {n}: standard deviation {deviation:.3g}; the most likely value is "
        f"{values[probabilities.argmax()]:.4g}, at {probabilities.max():.0%}."
    )


@described(
    alt=describe_weight,
    caption="All values that a drawn weight can take, and how likely they are. The line is the "
    "mean, which is w itself, the band one standard deviation to each side, by the closed form "
    "4^e p(1 − p)/n.",
)
def draw_weight(w: float, n: int) -> Figure:
    """The distribution of a drawn weight.

    Args:
        w: not 0.
        n: samples.
    """
    values, probabilities = outcomes(w, n)
    code = encode(torch.tensor(w, dtype=torch.float64))
    deviation = float(variance(code, n)) ** 0.5
    figure = Figure(figsize=(6.4, 3.8), layout="constrained")
    axes = figure.subplots()
    axes.axvspan(w - deviation, w + deviation, color=ORANGE, alpha=0.25, linewidth=0)
    axes.axvline(w, color=ORANGE)
    axes.vlines(values, 0, probabilities, color=BLUE, linewidth=3)
    axes.plot(values, probabilities, "o", color=BLUE)
    low, high = 2.0 ** int(code.exponent), 2.0 ** (int(code.exponent) + 1)
    axes.set(
        xlim=(low - 0.08 * low, high + 0.08 * low),
        ylim=(0, 1.05),
        xlabel="drawn weight",
        ylabel="probability",
        title=f"w = {w:.4g} = 2^{int(code.exponent)} · (1 + {float(code.probability):.4g}),  "
        f"n = {n},  σ/w = {deviation / w:.3f}",
    )
    return figure
