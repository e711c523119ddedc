"""How often a path is folded, by depth, beside the entropy of patterns on it."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from relu_book.plots.style import BLUE, ORANGE
from relu_book.plots.words import described


def describe_folds(found: Mapping[str, np.ndarray]) -> str:
    """Alt text of ``folds_by_depth``: where both end."""
    chi, bits = found["folding"].mean(0), found["entropy"].mean(0)
    return (
        f"Folding and entropy by depth. Random networks: folding from {chi[0]:.2f} to "
        f"{chi[-1]:.2f}, entropy from {bits[0]:.1f} to {bits[-1]:.1f} bits. Cantor networks: "
        f"folding from {found['cantor_folding'][0]:.2f} to {found['cantor_folding'][-1]:.2f}, "
        f"entropy from {found['cantor_entropy'][0]:.1f} to {found['cantor_entropy'][-1]:.1f} bits."
    )


@described(
    alt=describe_folds,
    caption="How much a straight path is folded (left), and the entropy of the patterns along it, "
    "weighted by length (right), by depth. Random networks have 8 filters a layer and He's "
    "weights (mean and standard deviation of 20), Cantor networks two.",
)
def folds_by_depth(found: Mapping[str, np.ndarray]) -> Figure:
    """Both measures by depth.

    Args:
        found: Of ``cantor.by_depth``.
    """
    figure = Figure(figsize=(6.4, 3.6))
    for axes, name, label in zip(
        figure.subplots(1, 2), ("folding", "entropy"), ("folding χ", "entropy in bits"), strict=True
    ):
        mean, deviation = found[name].mean(0), found[name].std(0, ddof=1)
        axes.fill_between(found["depth"], mean - deviation, mean + deviation, alpha=0.2, color=BLUE)
        axes.plot(found["depth"], mean, "o-", color=BLUE, label="random")
        axes.plot(found["depth"], found[f"cantor_{name}"], "s--", color=ORANGE, label="Cantor")
        axes.set(xlabel="layers", ylabel=label)
        axes.set_ylim(bottom=0)
    axes.legend(loc="upper left")
    return figure
