"""Two views of one layer, and two ways to its read-out (thesis figure A.4, in both readings)."""

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor

from relu_book.experiments.extrinsic_projection.lemmas import layer
from relu_book.experiments.extrinsic_projection.statements import sheet
from relu_book.extrinsic import project
from relu_book.patterns import hash_patterns, pack
from relu_book.plots.style import cell_colours
from relu_book.plots.words import described

_POINTS = 40  # along a side of the sheet


def stages(inputs: int, seed: int = 0) -> dict[str, Tensor]:
    """The sheet on both ways: points by the name of the stage, and ``colours`` of their cells.

    Args:
        inputs: 3, a sheet in space, or 2.
        seed: of weights, bias and read-out.
    """
    x, weight, bias, read_out = sheet(inputs, _POINTS, seed)
    y = x @ weight + bias
    deformed = project(layer(weight, bias), x, 0)
    design = torch.cat([deformed, torch.ones_like(deformed[:, :1])], 1)
    read = y.relu() @ read_out
    counterpart = torch.linalg.pinv(design) @ read  # the best V', c'; those of lemma 3 in space
    return {
        "sheet (e)": x,
        "intrinsic (i)": y,
        "ReLU (ii)": y.relu(),
        "deformed (eee)": deformed,
        "read out (iii)": read,
        "read out of (eee)": design @ counterpart,
        "colours": torch.from_numpy(cell_colours(hash_patterns(pack(y)).numpy()) / 255),
    }


def _gap(found: dict[str, Tensor]) -> float:
    return float((found["read out (iii)"] - found["read out of (eee)"]).norm(dim=1).max())


def describe_routes(inputs: int, seed: int = 0) -> str:
    """Alt text of ``draw_routes``."""
    found = stages(inputs, seed)
    cells = len(found["colours"].unique(dim=0))
    return (
        f"A square sheet of {cells} cells on two ways. Above it is mapped into the space of three "
        "filters, folded onto the walls of the positive corner, and read out in the plane. Below "
        "it is deformed where it lies; its best read-out misses the other by "
        f"{_gap(found):.1g} at the most."
    )


@described(
    alt=describe_routes,
    caption="Figure A.4: a square sheet goes through three filters (i), a ReLU (ii) and a read-out "
    "(iii). Below, the same sheet is deformed in the space that it lies in (eee) and read out from "
    "there. Colours are activation cells. The footnote of the source gives three inputs and two: "
    "only in space the deformed sheet holds all that the read-out needs.",
)
def draw_routes(inputs: int, seed: int = 0) -> Figure:
    """All stages of both ways.

    Args:
        inputs: 3, a sheet in space, or 2.
        seed: of weights, bias and read-out.
    """
    figure = Figure(figsize=(9.6, 5.4))
    found = stages(inputs, seed)
    colours = found.pop("colours").numpy()
    places = dict(zip(found, (1, 2, 3, 7, 4, 8), strict=True))
    for name, points in found.items():
        space = points.shape[1] == 3
        axes = figure.add_subplot(2, 4, places[name], projection="3d" if space else None)
        axes.scatter(*points.T.numpy(), s=3, c=colours, rasterized=True)
        axes.set_title(name)
        if space:
            axes.set(xticklabels=[], yticklabels=[], zticklabels=[])
            axes.set_box_aspect(np.ptp(points.numpy(), axis=0) + 0.2)
        else:
            axes.set(xticks=[], yticks=[])
            axes.set_aspect("equal", adjustable="datalim")
    return figure
