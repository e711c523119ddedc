"""Averages after and before a non-linearity, by how much is averaged (thesis 4.2, capacitors)."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from relu_book.plots.binarization.samples_axis import samples_axis
from relu_book.plots.style import BLUE, ORANGE
from relu_book.plots.words import described

Curves = Mapping[str, Sequence[float]]


def describe_averages(curves: Curves) -> str:
    """Alt text of ``averages``: both ends."""
    k = curves["counts"]
    return (
        f"Two falling curves. From {k[0]} to {k[-1]}, averaged outputs: error "
        f"{curves['after'][0]:.2g} to {curves['after'][-1]:.2g}, nearly level at last; averaged "
        f"before the ReLU: {curves['before'][0]:.2g} to {curves['before'][-1]:.2g}, still falling."
    )


@described(
    alt=describe_averages,
    caption="A network with one hidden layer, root mean square error of its outputs. Orange, the "
    "mean of k outputs with one sample each; blue, one output whose weights have k samples. "
    "Dotted, a fall with the root of k.",
)
def averages(curves: Curves) -> Figure:
    """Both errors over the number that is averaged.

    Args:
        curves: As ``capacitors.errors_of_both`` gives them.
    """
    figure = Figure(figsize=(6.4, 4.2), layout="constrained")
    axes, k = figure.subplots(), np.array(curves["counts"])
    axes.plot(k, curves["before"][0] / np.sqrt(k), ":", color="0.3")
    axes.plot(k, curves["after"], "s-", color=ORANGE, label="outputs averaged")
    axes.plot(k, curves["before"], "o-", color=BLUE, label="averaged before the ReLU")
    axes.set(yscale="log", ylabel="error of the outputs")
    samples_axis(axes, k, "samples k")
    axes.legend()
    return figure
