"""Where one layer's borders lie among five clusters (thesis figure A.3)."""

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from relu_book.entropy import pattern_entropy
from relu_book.experiments.entropy_gradient import clusters
from relu_book.plots.style import LINE_COLOURS
from relu_book.plots.words import described

REACH = 2.4  # of the plane that is shown, in standard deviations of the points


def _layers(seed: int, filters: int) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
    """By title, weights (filters, 2) and biases: y = Wx + b."""
    x, _ = clusters.points(seed)
    start = clusters.layer(seed, filters)
    raised = _raised("linear", clusters.STEPS, seed, filters)
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
    figure = Figure(figsize=(9.2, 4.8))
    entropies = _entropies(seed, filters)
    for axes, (title, lines), entropy in zip(
        figure.subplots(1, 2), _layers(seed, filters).items(), entropies, strict=True
    ):
        _show(axes, seed, *lines)
        axes.set_title(f"{title}\n{entropy:.2f} bits")
    return figure


def describe_maximising(potential: str, step: int, seed: int = 0, filters: int = 4) -> str:
    """Alt text of ``draw_maximising``."""
    here, start = (
        clusters.entropy(_raised(potential, number, seed, filters), seed) for number in (step, 0)
    )
    return (
        f"Five clusters and the border lines of {filters} filters after {step} steps on the "
        f"entropy with the {potential} potential: {here:.2f} bits, {start:.2f} at the start."
    )


@described(
    alt=describe_maximising,
    caption="The borders of four filters among five clusters, while gradient ascent raises the "
    "entropy of their patterns in whole-batch steps at the rate 0.1, with either potential. At the "
    "start all borders go through the origin.",
)
def draw_maximising(potential: str, step: int, seed: int = 0, filters: int = 4) -> Figure:
    """The clusters and the borders after some steps of gradient ascent.

    Args:
        potential: ``"linear"`` or ``"quadratic"``.
        step: how many steps.
        seed: of clusters and weights.
        filters: how many.
    """
    figure = Figure(figsize=(5.2, 5.4))
    axes = figure.subplots()
    raised = _raised(potential, step, seed, filters)
    _show(axes, seed, raised.weight, raised.bias)
    axes.set_title(f"{potential}, {step} steps\n{clusters.entropy(raised, seed):.2f} bits")
    return figure


def _raised(potential: str, step: int, seed: int, filters: int) -> torch.nn.Linear:
    return clusters.maximised(seed, potential, clusters.RATES[1], filters, step)


def _show(axes: Axes, seed: int, weights: torch.Tensor, biases: torch.Tensor) -> None:
    """The points in the colours of their clusters, and where each filter is zero."""
    x, labels = clusters.points(seed)
    axes.scatter(*x.numpy().T, s=8, c=np.array(LINE_COLOURS)[labels], rasterized=True)
    for weight, bias in zip(weights.detach(), biases.detach(), strict=True):
        along = torch.stack([-weight[1], weight[0]]) / weight.norm()
        foot = -bias * weight / weight.square().sum()
        ends = foot + torch.tensor([[-9.0], [9.0]]) * along
        axes.plot(*ends.numpy().T, color="black", linewidth=1.5)
    axes.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), aspect="equal", xticks=[], yticks=[])
