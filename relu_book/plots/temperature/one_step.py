"""One step in the plane: cells and samples before and after (thesis 3.2.2, definition 5)."""

import torch
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from torch import nn

from relu_book.cells import exact_cells
from relu_book.experiments.temperature.live import plane_step
from relu_book.patterns import hash_patterns
from relu_book.plots.style import cell_colours
from relu_book.plots.words import described
from relu_book.temperature import temperature

WINDOW = (-2.0, 2.0)


def _numbers(rate: float, layer: int) -> tuple[int, int, float]:
    """Changed samples, all samples, and the temperature in bits."""
    step = plane_step(rate)
    changed = int(step.changed[:, layer - 1].sum())
    return changed, len(step.points), float(temperature(step.distance)[0, layer - 1])


def describe_step(rate: float, layer: int) -> str:
    """Alt text of ``draw_step``."""
    changed, samples, bits = _numbers(rate, layer)
    counts = [
        exact_cells(model, layer - 1, WINDOW).distinct
        for model in (plane_step(rate).before, plane_step(rate).after)
    ]
    return (
        f"Cells of layer {layer} before and after a step with the rate {rate:g}: {counts[0]} "
        f"patterns, then {counts[1]}. The step changes the pattern of {changed} of {samples} "
        f"samples, a temperature of {bits:.2f} bits."
    )


@described(
    alt=describe_step,
    caption="Exact cells of one layer of a network with two layers of 8 filters, before and after "
    "one step of gradient descent, and the samples that the step was computed from. Orange with a "
    "dark edge: its pattern is another one after the step. Colours are those of patterns.",
)
def draw_step(rate: float, layer: int) -> Figure:
    """The cells of a layer before and after the step with a rate, changed samples marked.

    Args:
        rate: Of the step.
        layer: 1 or 2.
    """
    step = plane_step(rate)
    changed, samples, bits = _numbers(rate, layer)
    figure = Figure(figsize=(8.4, 4.6))
    titles = ("before the step", f"after it: D = {changed}/{samples}, T = {bits:.2f} bits")
    models = (step.before, step.after)
    for axes, model, title in zip(figure.subplots(1, 2), models, titles, strict=True):
        _show_cells(axes, model, layer)
        flipped = torch.from_numpy(step.changed[:, layer - 1])
        axes.plot(*step.points[~flipped].T.numpy(), ".", color="0.15", markersize=4)
        axes.plot(
            *step.points[flipped].T.numpy(), "o", color="#E69F00", markeredgecolor="0", markersize=7
        )
        axes.set(title=title, xlabel="x", ylabel="y", xlim=WINDOW, ylim=WINDOW)
        axes.set_aspect("equal")
    return figure


def _show_cells(axes: Axes, model: nn.Sequential, layer: int) -> None:
    pieces = exact_cells(model, layer - 1, WINDOW)
    colours = cell_colours(hash_patterns(torch.as_tensor(pieces.patterns)).numpy()) / 255
    colours = 0.45 + 0.55 * colours  # pale, so that samples stand out
    axes.add_collection(
        PolyCollection(pieces.polygons, facecolors=colours, edgecolors=colours, linewidths=0.3)
    )
