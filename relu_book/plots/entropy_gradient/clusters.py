"""Where one layer's borders lie among five clusters (thesis figure A.3)."""

import numpy as np
import torch
from matplotlib.figure import Figure

from relu_book.entropy import pattern_entropy
from relu_book.experiments.entropy_gradient import clusters
from relu_book.plots.style import LINE_COLOURS
from relu_book.plots.words import described


def _layers(seed: int, filters: int) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
    """By title, weights (filters, 2) and biases: y = Wx + b."""
    x, _ = clusters.points(seed)
    start = clusters.layer(seed, filters)
    raised = clusters.maximised(seed, "linear", clusters.RATES[1], filters)
    with torch.no_grad():  # a shift by the mean; the scale moves no border
        return {
            "batch normalisation": (start.weight, -start(x).mean(0)),
            "maximised entropy": (raised.weight, raised.bias),
        }


def _entropies(seed: int, filters: int) -> list[float]:
    x, _ = clusters.points(seed)
    layers = _layers(seed, filters).values()
    return [pattern_entropy(x @ weight.T + bias).item() for weight, bias in layers]


def describe_borders(seed: int = 0, filters: int = 4) -> str:
    """Alt text of ``borders``."""
    normalised, raised = _entropies(seed, filters)
    return (
        f"Five clusters and the {filters} border lines of one layer, twice: with batch "
        f"normalisation all lines go through the middle, {normalised:.2f} bits; after maximising "
        f"the entropy each goes its own way, {raised:.2f} bits."
    )


@described(
    alt=describe_borders,
    caption="Figure A.3: the borders of the filters of one layer among five clusters, from equal "
    "He weights: batch normalisation with zero bias, and after 100 steps on the entropy of the "
    "patterns (linear potential). The lines of batch normalisation meet in the mean of the data.",
)
def borders(seed: int = 0, filters: int = 4) -> Figure:
    """The clusters and the borders, a panel a method.

    Args:
        seed: of clusters and weights.
        filters: how many.
    """
    x, labels = clusters.points(seed)
    figure = Figure(figsize=(9.2, 4.8))
    entropies = _entropies(seed, filters)
    for axes, (title, (weight, bias)), entropy in zip(
        figure.subplots(1, 2), _layers(seed, filters).items(), entropies, strict=True
    ):
        axes.scatter(*x.numpy().T, s=8, c=np.array(LINE_COLOURS)[labels], rasterized=True)
        reach = 2.4
        for (first, second), shift in zip(weight.detach(), bias.detach(), strict=True):
            along = torch.tensor([-second, first]) / (first**2 + second**2).sqrt()
            foot = -shift * torch.tensor([first, second]) / (first**2 + second**2)
            ends = foot + torch.tensor([[-9.0], [9.0]]) * along
            axes.plot(*ends.numpy().T, color="black", linewidth=1.5)
        axes.set(
            title=f"{title}\n{entropy:.2f} bits", xlim=(-reach, reach), ylim=(-reach, reach),
            aspect="equal", xticks=[], yticks=[],
        )  # fmt: skip
    return figure
