"""Entropy of the patterns at initialisation (thesis 3.1.7)."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from relu_book.experiments.pattern_evolution import initialisation
from relu_book.plots.style import BLUE, SKY


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
