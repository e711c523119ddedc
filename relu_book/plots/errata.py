"""Pictures of the errata chapter."""

import numpy as np
import torch
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from relu_book.datasets import CHECKBOARD_LAYOUTS, checkboard_class
from relu_book.plots.words import described

# Yellow, red, teal, light blue: the classes 0 to 3 of the source's figures.
CLASS_COLOURS = ListedColormap(["#F0E442", "#D55E00", "#009E73", "#56B4E9"])


@described(
    alt="The layouts of the toy data set side by side: the printed formula gives diagonal stripes, "
    "the reading used here a board of four by four squares in four colours, the others variants "
    "of it.",
    caption="Every layout of the toy data set: the class of each place, one colour a class. Only "
    "layout D, our reading, is a checkerboard of four by four squares; the printed formula gives "
    "diagonal stripes.",
)
def checkboards(columns: int = 5) -> Figure:
    """Every layout of the checkboard: the class at each point of the square."""
    edge = 3**0.5
    ticks = np.linspace(-edge, edge, 201)[:-1] + edge / 200
    x, y = np.meshgrid(ticks, ticks)
    points = torch.from_numpy(np.stack([x, y], axis=-1).reshape(-1, 2))
    rows = -(-len(CHECKBOARD_LAYOUTS) // columns)
    figure = Figure(figsize=(2.2 * columns, 2.6 * rows))
    grid = figure.subplots(rows, columns).ravel()
    for axes in grid:
        axes.axis("off")
    for axes, layout in zip(grid, CHECKBOARD_LAYOUTS, strict=False):
        classes = checkboard_class(points, layout).reshape(x.shape).numpy()
        axes.imshow(classes, origin="lower", cmap=CLASS_COLOURS, vmin=0, vmax=3)
        axes.set_title({"A": "A, as printed", "D": "D, our reading"}.get(layout, layout))
    return figure
