"""Pictures of where a network sees two objects (thesis 2.1, figures 2.2b, c and e)."""

from functools import lru_cache

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from relu_book.experiments.tutorial import two_objects
from relu_book.experiments.tutorial.canvases import to_canvas
from relu_book.experiments.tutorial.maps import class_maps, components, last_activations
from relu_book.plots.style import GREEN, ORANGE
from relu_book.plots.tutorial.panels import panels, record
from relu_book.plots.words import described


def describe_class_map(canvas: int, digit: int) -> str:
    """Alt text: the digits of the canvas and where the map's positive part lies."""
    model, test = _two_objects()
    positive = np.maximum(to_canvas(class_maps(model, test.images[canvas])[digit]), 0)
    total = max(positive.sum(), np.finfo(float).tiny)
    left, right = ((positive * box).sum() / total for box in test.boxes[canvas])
    first, second = test.labels[canvas].tolist()
    return (
        f"A canvas with a {first} on the left and a {second} on the right, and the class "
        f"activation map for {digit}: {left:.0%} of its positive part lie in the box of the left "
        f"digit and {right:.0%} in that of the right one."
    )


@described(
    alt=describe_class_map,
    caption="A canvas with two digits, and the class activation map for one digit: red places "
    "speak for it, blue ones against it, on one scale a canvas. The percentage is how "
    "sure the network is of the digit. Red lies in the box of the digit, if it is there.",
)
def draw_class_map(canvas: int, digit: int) -> Figure:
    """A canvas of two digits, and what each place adds to the output for a digit."""
    model, test = _two_objects()
    maps = class_maps(model, test.images[canvas])
    limit = np.abs(maps).max()
    figure = Figure(figsize=(9.6, 2.75), layout="none")
    left, right = panels(figure, (0.01, 0.485), (0.515, 0.99))
    _show_canvas(left, canvas)
    right.imshow(to_canvas(maps[digit]), cmap="RdBu_r", vmin=-limit, vmax=limit)
    _mark(right, canvas)
    right.set_title(f"for {digit} (red), against it (blue): {_probability(canvas, digit):.0%}")
    return figure


def describe_components(canvas: int, component: int) -> str:
    """Alt text: what the components explain."""
    found = _components(canvas)
    first, second = _two_objects()[1].labels[canvas].tolist()
    return (
        f"A canvas with the digits {first} and {second}, principal component {component} of the "
        f"last layer, with {found.shares[component - 1]:.0%} of the variance, and the first three "
        f"as colours, with {found.shares.sum():.0%}."
    )


@described(
    alt=describe_components,
    caption="A canvas, one principal component of the filters of the last layer, and the first "
    "three as red, green and blue; percentages are shares of the variance. The sign of a "
    "component, and so which side is orange, has no meaning. The first tells the digits "
    "from the background, or one digit from the other.",
)
def draw_components(canvas: int, component: int) -> Figure:
    """A canvas, a principal component of its last layer, and three of them as red, green, blue."""
    found = _components(canvas)
    figure = Figure(figsize=(9.6, 1.95), layout="none")
    left, middle, right = panels(figure, (0.01, 0.325), (0.343, 0.657), (0.675, 0.99))
    _show_canvas(left, canvas)
    limit = np.abs(found.pictures).max()
    middle.imshow(to_canvas(found.pictures[component - 1]), cmap="PuOr", vmin=-limit, vmax=limit)
    middle.set_title(f"component {component}: {found.shares[component - 1]:.0%}")
    low = found.pictures.min((1, 2), keepdims=True)
    high = found.pictures.max((1, 2), keepdims=True)
    right.imshow(to_canvas((found.pictures - low) / (high - low)).transpose(1, 2, 0))
    right.set_title(f"all three: {found.shares.sum():.0%}")
    return figure


@lru_cache(maxsize=1)
def _two_objects():
    return two_objects.of_record(record("tutorial/two_objects"))


@lru_cache(maxsize=8)
def _components(canvas: int):
    model, test = _two_objects()
    return components(last_activations(model, test.images[canvas]))


@torch.no_grad()
def _probability(canvas: int, digit: int) -> float:
    model, test = _two_objects()
    return model(test.images[canvas : canvas + 1])[0, digit].sigmoid().item()


def _show_canvas(axes: Axes, canvas: int) -> None:
    test = _two_objects()[1]
    axes.imshow(test.images[canvas, 0].numpy(), cmap="gray", vmin=0, vmax=1)
    _mark(axes, canvas)
    axes.set_title("{} and {}".format(*test.labels[canvas].tolist()))


def _mark(axes: Axes, canvas: int) -> None:
    """The boxes of both objects."""
    for box, colour in zip(_two_objects()[1].boxes[canvas], (ORANGE, GREEN), strict=True):
        rows, columns = np.flatnonzero(box.any(1)), np.flatnonzero(box.any(0))
        corners = columns[[0, 0, -1, -1, 0]] + [-0.5, -0.5, 0.5, 0.5, -0.5]
        sides = rows[[0, -1, -1, 0, 0]] + [-0.5, 0.5, 0.5, -0.5, -0.5]
        axes.plot(corners, sides, color=colour)
