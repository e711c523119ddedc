"""Pictures of what a trained network sees and dreams of (thesis 2.1, figures 2.2a to 2.2e)."""

from functools import lru_cache

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor, nn

from relu_book.experiments.tutorial import checkpoint, deep_dream, two_objects
from relu_book.experiments.tutorial.activation_maps import last_activations, pre_activations
from relu_book.experiments.tutorial.canvases import to_canvas
from relu_book.experiments.tutorial.class_activation import class_maps
from relu_book.experiments.tutorial.drawings import GARMENTS, garment
from relu_book.experiments.tutorial.principal_components import components
from relu_book.plots.style import LINE_COLOURS
from relu_book.runs import get

BLUE, ORANGE, GREEN, PURPLE = LINE_COLOURS[:4]
CLASSES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
    "Ankle boot",
)  # fmt: skip


# --- Activation maps ---


def draw_maps(picture: str, layer: int) -> Figure:
    """A drawn garment and the pre-activations of all filters of a layer of the small VGG."""
    maps = _maps(picture)[layer - 1].numpy()
    limit = np.abs(maps).max()
    figure = Figure(figsize=(9.6, 3.9), layout="none")
    left, right = _panels(figure, (0.01, 0.30), (0.34, 0.99))
    left.imshow(garment(picture)[0].numpy(), cmap="gray", vmin=0, vmax=1)
    left.set_title(f"taken for: {_answer(picture)}")
    # White around each map: NaN is not drawn.
    right.imshow(_tiled(maps), cmap="RdBu_r", vmin=-limit, vmax=limit)
    right.set_title(f"layer {layer}: {len(maps)} filters, {(maps > 0).mean():.0%} above 0 (red)")
    return figure


def describe_maps(picture: str, layer: int) -> str:
    """Alt text: layout, share above zero, and the network's answer."""
    maps = _maps(picture)[layer - 1]
    filters, height, width = maps.shape
    return (
        f"The {picture} drawn by hand, taken for {_answer(picture)}, and {filters} maps of "
        f"{height} by {width} places at layer {layer}; {(maps > 0).double().mean():.0%} of the "
        "pre-activations are above zero."
    )


@lru_cache(maxsize=1)
def _vgg() -> nn.Sequential:
    return checkpoint.read()


@lru_cache(maxsize=8)
def _maps(picture: str) -> tuple[Tensor, ...]:
    return tuple(pre_activations(_vgg(), garment(picture)).values())


@torch.no_grad()
def _answer(picture: str) -> str:
    return CLASSES[_vgg()(garment(picture)[None]).argmax()]


def _tiled(maps: np.ndarray) -> np.ndarray:
    """Maps (filters, h, w) side by side, twice as many in a row as there are rows or more."""
    columns = 4 if len(maps) <= 8 else 8
    framed = np.pad(maps, ((0, 0), (0, 1), (0, 1)), constant_values=np.nan)
    rows = framed.reshape(-1, columns, *framed.shape[1:])
    return rows.transpose(0, 2, 1, 3).reshape(-1, columns * framed.shape[2])


# --- Two objects on a canvas ---


def draw_class_map(canvas: int, digit: int) -> Figure:
    """A canvas of two digits, and what each place adds to the output for a digit."""
    model, test = _two_objects()
    maps = class_maps(model, test.images[canvas])
    limit = np.abs(maps).max()
    figure = Figure(figsize=(9.6, 2.75), layout="none")
    left, right = _panels(figure, (0.01, 0.485), (0.515, 0.99))
    _show_canvas(left, canvas)
    right.imshow(to_canvas(maps[digit]), cmap="RdBu_r", vmin=-limit, vmax=limit)
    _mark(right, canvas)
    right.set_title(f"for {digit} (red), against it (blue): {_probability(canvas, digit):.0%}")
    return figure


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


def draw_components(canvas: int, component: int) -> Figure:
    """A canvas, a principal component of its last layer, and three of them as red, green, blue."""
    found = _components(canvas)
    figure = Figure(figsize=(9.6, 1.95), layout="none")
    left, middle, right = _panels(figure, (0.01, 0.325), (0.343, 0.657), (0.675, 0.99))
    _show_canvas(left, canvas)
    limit = np.abs(found.pictures).max()
    middle.imshow(to_canvas(found.pictures[component - 1]), cmap="PuOr", vmin=-limit, vmax=limit)
    middle.set_title(f"component {component}: {found.shares[component - 1]:.0%}")
    low = found.pictures.min((1, 2), keepdims=True)
    high = found.pictures.max((1, 2), keepdims=True)
    right.imshow(to_canvas((found.pictures - low) / (high - low)).transpose(1, 2, 0))
    right.set_title(f"all three: {found.shares.sum():.0%}")
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


@lru_cache(maxsize=1)
def _two_objects():
    return two_objects.of_record(get("tutorial/two_objects"))


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


# --- Deep dream ---


def draw_dream(layer: int, step: int) -> Figure:
    """Three starts after a number of steps towards a layer, and the activation on the way."""
    dream = _dream(layer)
    figure = Figure(figsize=(9.6, 3.4), layout="none")
    left, right = _panels(figure, (0.01, 0.62), (0.72, 0.98))
    pictures = np.pad(dream.pictures[step, :, 0].numpy(), ((0, 0), (0, 0), (0, 2)),
                      constant_values=np.nan)  # fmt: skip
    left.imshow(np.concatenate(pictures, 1), cmap="gray", vmin=0, vmax=1)
    left.set_title(f"after {step} steps towards layer {layer}")
    right.set_axis_on()
    right.set_position((0.73, 0.2, 0.25, 0.66))
    activation = dream.activation.numpy()
    right.plot(activation, color="#bbbbbb")
    right.plot(activation[: step + 1], color=BLUE)
    right.set(title="mean activation", xlabel="step", ylim=(0, None), xlim=(0, deep_dream.STEPS))
    return figure


def describe_dream(layer: int, step: int) -> str:
    """Alt text: how far the activation has come."""
    activation = _dream(layer).activation.mean(1)
    return (
        f"Three pictures that began as grey noise, after {step} steps of ascent towards layer "
        f"{layer}: its mean activation went from {activation[0]:.2f} to {activation[step]:.2f}."
    )


@lru_cache(maxsize=8)
def _dream(layer: int) -> deep_dream.Dream:
    return deep_dream.ascend(_vgg(), f"relu{layer}", deep_dream.noise(3))


def _panels(figure: Figure, *sides: tuple[float, float]) -> list[Axes]:
    """Panels for pictures: placed by hand, which draws a slider's frames in half the time."""
    made = [figure.add_axes((left, 0.02, right - left, 0.84)) for left, right in sides]
    for axes in made:
        axes.set_axis_off()
        axes.set_anchor("N")
    return made


__all__ = [
    "GARMENTS",
    "describe_class_map",
    "describe_components",
    "describe_dream",
    "describe_maps",
    "draw_class_map",
    "draw_components",
    "draw_dream",
    "draw_maps",
]
