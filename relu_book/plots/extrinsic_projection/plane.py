"""Trainings through the lens of the projection into the plane (thesis figures A.6 and A.7)."""

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from relu_book import datasets
from relu_book.experiments.extrinsic_projection import live
from relu_book.extrinsic import project
from relu_book.plots.extrinsic_projection.board import show_points
from relu_book.plots.words import described

TWO = ((2, 2, 2, 4), 128, live.SHOWN_BY_TWO)
FIFTY = ((2, 50, 50, 50, 4), 0, live.SHOWN_BY_FIFTY)


def describe_two() -> str:
    """Alt text of ``two_filters``."""
    right = live.accuracy(live.training(*TWO)[TWO[2][-1]])
    return (
        "Two rows of five panels, layers by times. With training ever more of the board is pressed "
        "onto lines; in the end the second layer has bent it into two arms, with red and blue "
        "along them and yellow and green where they meet. The network classifies "
        f"{right:.1f} per cent rightly."
    )


@described(
    alt=describe_two,
    caption="Figure A.6 again: 1,000 points of the board behind either layer of a network of two "
    "filters each, projected back into the plane, before training and after 1, 2, 3 and 10 epochs. "
    "Colours are classes. Nothing is hidden: the network knows of a point only where it lies here. "
    "Each panel has its own scale, equal on both axes.",
)
def two_filters() -> Figure:
    """The network ``TWO`` that comes near the printed accuracy, by layer and time."""
    models = live.training(*TWO)
    figure = Figure(figsize=(9.6, 4.3))
    panels = figure.subplots(2, len(models))
    data = datasets.load("checkboard", "validation", samples=1000)
    for column, (step, model) in zip(panels.T, models.items(), strict=True):
        for layer, axes in enumerate(column):
            sheet = project(model, data.images.double(), layer)
            show_points(axes, sheet.numpy(), data.labels.numpy(), size=3)
        column[0].set_title(live.when(step), fontsize=11)
    for row, axes in enumerate(panels[:, 0], start=1):
        axes.set_ylabel(f"layer {row}")
    return figure


def stretched(points: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n 2"]:
    """Points of deviation 1 in all directions, without a turn; flat ones stay flat.

    With C their covariance that is (x - mean) C^(-1/2).
    """
    centred = points - points.mean(0)
    spread, axes = np.linalg.eigh(np.cov(centred.T))
    factor = np.where(spread > 1e-9 * spread.max(), spread, np.inf) ** -0.5
    return centred @ (axes * factor) @ axes.T


def describe_fifty(step: int) -> str:
    """Alt text of ``draw_fifty_filters``."""
    right = live.accuracy(live.training(*FIFTY)[step])
    return (
        f"Four panels {live.when(step)}: the board behind layers 1, 2, 3 and the read-out. Layer 1 "
        f"keeps its square. The network classifies {right:.1f} per cent rightly."
    )


@described(
    alt=describe_fifty,
    caption="Figure A.7 again: 1,000 points of the board behind each of three layers of fifty "
    "filters, and behind the read-out as if it zeroed, projected back into the plane. Colours are "
    "classes. What lies on each other here may be apart in the other 48 dimensions. Each panel is "
    "stretched until it is as wide in all directions, for affine maps say nothing (definition 8).",
)
def draw_fifty_filters(step: int) -> Figure:
    """The network ``FIFTY`` at a step, layer by layer.

    Args:
        step: One of ``live.SHOWN_BY_FIFTY``.
    """
    model = live.training(*FIFTY)[step]
    figure = Figure(figsize=(9.6, 2.9))
    data = datasets.load("checkboard", "validation", samples=1000)
    panels = figure.subplots(1, 4)
    for axes, layer in zip(panels, (0, 1, 2, None), strict=True):
        sheet = project(model, data.images.double(), layer)
        show_points(axes, stretched(sheet.numpy()), data.labels.numpy(), size=5)
        axes.set_title("read-out" if layer is None else f"layer {layer + 1}")
    return figure
