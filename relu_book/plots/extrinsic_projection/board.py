"""The board of thesis A.2.2 (figure A.5), as printed and as read, and four places to gather at."""

import matplotlib as mpl
import numpy as np
import torch
from matplotlib.figure import Figure

from relu_book import datasets
from relu_book.datasets.toys import CHECKBOARD_LAYOUTS
from relu_book.plots.words import described

# Okabe and Ito's yellow, vermilion, green and sky blue, by class.
CLASS_COLOURS = ("#F0E442", "#D55E00", "#009E73", "#56B4E9")
_MAP = mpl.colors.ListedColormap(CLASS_COLOURS)


@described(
    alt="Four square panels. Layout A has 16 diagonal stripes of four colours in turn. Layouts D "
    "and F are boards of four by four fields; in D yellow and red alternate in two columns, green "
    "and blue in the others, in F every column has two colours. Last, four clusters of one colour "
    "each, cut apart by two lines that cross.",
    caption="Figure A.5: the formula of the source gives stripes (A). Two boards fit its words and "
    "numbers (D, F). On the right a place for each class where one linear layer of four outputs "
    "tells all of them apart; grey lines are where its largest output changes. Lengths have no "
    "unit.",
)
def board(points: int = 4000) -> Figure:
    """Three layouts and the goal.

    Args:
        points: drawn in each panel.
    """
    figure = Figure(figsize=(9.6, 3.0))
    panels = figure.subplots(1, 4)
    for axes, layout in zip(panels, "ADF", strict=False):
        data = datasets.load("checkboard", layout=layout, samples=points)
        show_points(axes, data.images.numpy(), data.labels.numpy(), size=4)
        axes.set_title(f"{layout}: {CHECKBOARD_LAYOUTS[layout][0].split(',')[0]}", fontsize=11)
    labels = np.arange(points) % 4
    angle = labels * np.pi / 2 + np.pi / 4
    spread = 0.2 * torch.randn(points, 2, generator=torch.Generator().manual_seed(0)).numpy()
    goal = 1.2 * np.stack([np.cos(angle), np.sin(angle)], 1) + spread
    show_points(panels[3], goal, labels, size=4)
    panels[3].axhline(0, color="grey", linewidth=1)
    panels[3].axvline(0, color="grey", linewidth=1)
    panels[3].set_title("goal", fontsize=11)
    return figure


def show_points(axes: mpl.axes.Axes, points: np.ndarray, labels: np.ndarray, size: float) -> None:
    """Points (n, 2) in the colours of their classes, on axes of equal scale without numbers."""
    axes.scatter(*points.T, s=size, c=labels, cmap=_MAP, vmin=0, vmax=3, rasterized=True)
    axes.set(xticks=[], yticks=[])
    axes.set_aspect("equal", adjustable="datalim")
