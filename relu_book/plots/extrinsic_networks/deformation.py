"""What extrinsic layers do to the plane: one layer as it starts, and a network while it learns."""

import numpy as np
import torch
from matplotlib.figure import Figure

from relu_book.experiments.extrinsic_networks.live import TIMES, Course
from relu_book.experiments.extrinsic_networks.networks import extrinsic
from relu_book.plots.style import BLUE, GREEN, LINE_COLOURS, ORANGE, SKY
from relu_book.plots.words import described

# Yellow, red, teal and light blue are the source's names of the classes.
CLASS_COLOURS = (LINE_COLOURS[5], ORANGE, GREEN, SKY)
MARKERS = "os^D"
LAYERS = {"input": 0, "1": 1, "2": 2, "3": 3}


def moved_grid(filters: int, shift: float, lines: int = 13, seed: int = 1) -> np.ndarray:
    """A net of straight lines behind one untrained layer, ``(2 lines, places, 2)``."""
    ticks, along = torch.linspace(-2, 2, lines), torch.linspace(-2, 2, 201)
    across = [torch.stack([tick.expand(201), along], 1) for tick in ticks]
    net = torch.stack([*across, *(line.flip(1) for line in across)])
    model = extrinsic(1, filters, weight=1.0, shift=shift, seed=seed)
    with torch.no_grad():
        return model[0](net).numpy()


def describe_layer(filters: int, shift: float) -> str:
    """Alt text of ``draw_layer``: how large the net has become."""
    size = np.abs(moved_grid(filters, shift)).max()
    return (
        f"A net of lines on [-2, 2]² behind one extrinsic layer of {filters} filters with s = "
        f"{shift:g} n/(2m): it reaches {size:.1f} from the origin, and its lines bend at "
        f"{filters} lines through the origin."
    )


@described(
    alt=describe_layer,
    caption="A net of straight lines behind one layer of definition 10 before training, without an "
    "added coordinate. Each filter moves its inactive half of the plane towards its line: lines "
    "bend there, and if they are moved too far the net is folded.",
)
def draw_layer(filters: int, shift: float) -> Figure:
    """The net behind one layer.

    Args:
        filters: m.
        shift: Of s, as a multiple of n/(2m).
    """
    figure = Figure(figsize=(5, 5))
    axes = figure.subplots()
    for number, line in enumerate(moved_grid(filters, shift)):
        axes.plot(*line.T, color=BLUE if number < 13 else ORANGE, lw=1.2)
    axes.set(xlim=(-2.6, 2.6), ylim=(-2.6, 2.6), aspect="equal", xlabel="$x_1$", ylabel="$x_2$")
    return figure


def describe_course(course: Course, time: str, layer: str) -> str:
    """Alt text of ``draw_course``: accuracy and the share of the plane that lies face down."""
    at = list(TIMES).index(time)
    down = np.mean(course.determinants[at] < 0)
    place = "in the input plane" if layer == "input" else f"behind layer {layer}"
    return (
        f"1,000 points of four classes {place}, {time}: accuracy {course.accuracy[at]:.0f} %, and "
        f"{down:.0%} of the points lie where the map of all layers has turned the plane over."
    )


@described(
    alt=describe_course,
    caption="Figure A.8 anew: 1,000 points of the board behind an extrinsic layer, three layers of "
    "600 filters, one seed, trained on the spot. Colour and mark are the class; filled points are "
    "named rightly by the network.",
)
def draw_course(course: Course, time: str, layer: str) -> Figure:
    """The points at one time behind one layer.

    Args:
        course: Of ``live.course``.
        time: A key of ``TIMES``.
        layer: A key of ``LAYERS``.
    """
    at = list(TIMES).index(time)
    x, y = course.places[at, LAYERS[layer]].T
    right = course.scores[at].argmax(1) == course.labels
    figure = Figure(figsize=(5, 5))
    axes = figure.subplots()
    for label, (colour, marker) in enumerate(zip(CLASS_COLOURS, MARKERS, strict=True)):
        for good in (True, False):
            these = (course.labels == label) & (right == good)
            axes.scatter(
                x[these],
                y[these],
                s=16,
                marker=marker,
                facecolors=colour if good else "none",
                edgecolors=colour,
                linewidths=0.8,
            )
    reach = max(2.0, 1.1 * float(np.abs(course.places[at, LAYERS[layer]]).max()))
    axes.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
    axes.set_title(f"{time}: {course.accuracy[at]:.0f} % right")
    return figure
