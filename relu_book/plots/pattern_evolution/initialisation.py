"""Entropy of the patterns at initialisation (thesis 3.1.7)."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from relu_book.experiments.pattern_evolution import initialisation
from relu_book.plots.style import BLUE, SKY
from relu_book.plots.words import described


def describe_entropy_by_correlation(correlations: Sequence[float], entropies: np.ndarray) -> str:
    """Alt text of ``entropy_by_correlation``: the means along the curve."""
    points = [
        f"{mean:.2f} at {correlation:g}"
        for correlation, mean in zip(correlations, np.mean(entropies, axis=1), strict=True)
    ]
    return f"Relative entropy over the correlation of the inputs: {', '.join(points)}."


@described(
    alt=describe_entropy_by_correlation,
    caption="Relative entropy of a layer at He's initialisation over the correlation of its "
    "inputs: dots are draws of the weights, the line is their mean. It falls late: only strongly "
    "correlated inputs cost much entropy.",
)
def entropy_by_correlation(correlations: Sequence[float], entropies: np.ndarray) -> Figure:
    """Relative entropy of a layer at He's initialisation over the correlation of its inputs.

    Args:
        correlations: Of every pair of inputs.
        entropies: (correlations, draws), of ``initialisation.entropies_by_correlation``.
    """
    figure = Figure(figsize=(6.4, 3.4))
    axes = figure.subplots()
    axes.plot(correlations, entropies, "o", color=SKY, markersize=5)
    axes.plot(correlations, np.mean(entropies, axis=1), color=BLUE)
    axes.set(
        xlabel=f"correlation of the {initialisation.INPUTS} inputs",
        ylabel="relative entropy",
        ylim=(0, 1.03),
    )
    axes.grid(axis="y")
    return figure
