"""A sheet in space that three filters a layer fold (thesis A.2.1, summary, and figure A.4).

The board lies in three dimensions, its third coordinate 0, and every layer has three filters. So
every W is square, the projection loses nothing, and all that the network does to the board is seen.
Between two layers the fold is drawn in stages: of what layer l zeroes the share 1 - t is left,

    v = max(z, (1 - t) z),        t from 0 to 1,

and projected back like the layer's own output.
"""

import matplotlib as mpl
import numpy as np
import torch
from jaxtyping import Float
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from torch import Tensor, nn

from relu_book.datasets.toys import checkboard_class
from relu_book.experiments.extrinsic_projection import live
from relu_book.plots.extrinsic_projection.board import CLASS_COLOURS
from relu_book.plots.words import described

NETWORK = ((3, 3, 3, 4), 29, live.SHOWN_BY_FIFTY)
LAYERS = 2
_CELLS = 48  # along a side of the sheet, a multiple of its four fields
_LIGHT = np.array([-0.4, -0.5, 0.77])


def corners(cells: int = _CELLS) -> Float[Tensor, "n 3"]:
    """The corners of a grid on the sheet, row by row."""
    line = torch.linspace(-(3**0.5), 3**0.5, cells + 1, dtype=torch.float64)
    return live.embedded(torch.cartesian_prod(line, line), 3)


def folded(model: nn.Sequential, points: Float[Tensor, "n 3"], fold: float) -> Tensor:
    """Where points lie after so many folds: 1 behind layer 1, 1.5 half way on to layer 2.

    Args:
        model: of layers of three filters with a ReLU, and a read-out.
        points: of the input space.
        fold: 0 to the number of layers.

    Returns:
        Points of the input space, (n, 3).
    """
    values, layers = points, [part for part in model if isinstance(part, nn.Linear)][:-1]
    passed: list[nn.Linear] = []
    with torch.no_grad():
        for number, layer in enumerate(layers):
            share = min(max(fold - number, 0.0), 1.0)
            if not share:
                break
            before = layer(values)
            values = torch.maximum(before, (1 - share) * before)
            passed.append(layer)
        for layer in passed[::-1]:
            values = torch.linalg.solve(layer.weight, (values - layer.bias).T).T
    return values


def describe_folds(fold: float, turn: int) -> str:
    """Alt text of ``draw_folds``."""
    if not fold:
        said = "The flat board of four by four fields lies in space"
    else:
        said = f"The board in space after {fold:g} folds, pressed onto planes and lines"
    return f"{said}, seen from {turn} degrees around."


@described(
    alt=describe_folds,
    caption="The board in space, folded by a trained network of two layers of three filters. "
    "Whole numbers are the sheet behind that layer; between them a fold is under way. Colours are "
    "classes; shading is light from the upper left. Every W is square, so this is all that the "
    "network knows. Axes have equal scales within a picture.",
)
def draw_folds(fold: float, turn: int) -> Figure:
    """The sheet of the trained network, part of the way through its layers.

    Args:
        fold: 0, the flat sheet, to 2, behind the last layer.
        turn: degrees around the vertical axis.
    """
    return _drawn(folded(live.training(*NETWORK)[NETWORK[2][-1]], corners(), fold), turn)


def describe_course(step: int, turn: int) -> str:
    """Alt text of ``draw_course``."""
    right = live.accuracy(live.training(*NETWORK)[step], 3)
    return (
        f"The board in space behind the last layer {live.when(step)}, seen from {turn} degrees "
        f"around. The network classifies {right:.1f} per cent rightly."
    )


@described(
    alt=describe_course,
    caption="The same board behind the last of the two layers while the network learns. A linear "
    "read-out cuts this space by planes, so it can tell apart only what the folds have brought to "
    "different sides. Colours are classes; axes have equal scales within a picture.",
)
def draw_course(step: int, turn: int) -> Figure:
    """The sheet behind the last layer at a step of the training.

    Args:
        step: One of ``live.SHOWN_BY_FIFTY``.
        turn: degrees around the vertical axis.
    """
    return _drawn(folded(live.training(*NETWORK)[step], corners(), LAYERS), turn)


def _drawn(sheet: Tensor, turn: int) -> Figure:
    """The sheet with its fields in the colours of their classes, lit."""
    side = _CELLS + 1
    x, y, z = sheet.T.reshape(3, side, side).numpy()
    at = corners()[:, :2].view(side, side, 2)
    middle = (at[1:, 1:] + at[:-1, :-1]) / 2
    labels = checkboard_class(middle.reshape(-1, 2)).view(_CELLS, _CELLS).numpy()
    colours = np.array([to_rgb(colour) for colour in CLASS_COLOURS])[labels]
    figure = Figure(figsize=(6.4, 5.2))
    axes = figure.add_subplot(projection="3d")
    axes.plot_surface(
        x, y, z, rcount=side, ccount=side, facecolors=colours * _lit(x, y, z), shade=False,
        linewidth=0, antialiased=False, rasterized=True,
    )  # fmt: skip
    axes.view_init(elev=28, azim=turn)
    half = max(np.ptp(each) for each in (x, y, z)) / 2
    for name, values in zip("xyz", (x, y, z), strict=True):
        centre = (values.max() + values.min()) / 2
        getattr(axes, f"set_{name}lim")(centre - half, centre + half)
        getattr(axes, f"set_{name}ticklabels")([])
    axes.set_box_aspect((1, 1, 1), zoom=1.15)
    axes.set(xlabel="x", ylabel="y", zlabel="third coordinate")
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.labelpad = -12
        axis.set_pane_color(mpl.colors.to_rgba("#f4f4f4"))
    return figure


def _lit(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
    """How bright each cell is, from either side: 0.6 in grazing light to 1 in light from above."""
    points = np.stack([x, y, z], -1)
    across = np.cross(points[1:, 1:] - points[:-1, :-1], points[1:, :-1] - points[:-1, 1:])
    length = np.linalg.norm(across, axis=-1, keepdims=True)
    facing = abs(across @ _LIGHT)[..., None] / np.where(length, length, 1)
    return 0.6 + 0.4 * np.clip(facing, 0, 1)
