"""The map of a measure of similarity over the layers of two networks.

It takes what ``relu_book.similarity.compare`` gives and nothing else::

    similarity_map(compare(model_a, model_b, loader)).savefig("similarity.png")
"""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from relu_book.plots.words import described
from relu_book.similarity import Comparison

NAMED = 24  # as many layers have their names beside the map, of more every second, third, …
WRITTEN = 12  # up to so many layers a side their values stand in the map
SHORT = 3  # characters of a name that is not turned
DARK = 0.55  # of the scale, below which writing is white


def _beaten(found: Comparison) -> np.ndarray:
    """Where the value is more similar than every permutation."""
    if found.chance_high is None:
        return np.ones(found.values.shape, dtype=bool)
    return found.values > found.chance_high


def describe_similarity_map(found: Comparison) -> str:
    """Alt text of ``similarity_map``: the ends of the values, and where the largest stands."""
    row, column = np.unravel_index(found.values.argmax(), found.values.shape)
    text = (
        f"Heat map of {found.measure} for {len(found.layers_a)} layers of the one network upwards "
        f"and {len(found.layers_b)} of the other to the right: {found.values.min():.2f} to "
        f"{found.values.max():.2f}, the largest for {found.layers_a[row]} and "
        f"{found.layers_b[column]}"
    )
    if found.chance is not None:
        text += f"; under chance {found.chance.min():.2f} to {found.chance.max():.2f}"
    return f"{text}."


def caption_of_similarity_map(found: Comparison) -> str:
    """Caption of ``similarity_map``: how to read it."""
    chance = ""
    if found.chance is not None:
        chance = (
            f" In other orders of the inputs the mean is {found.chance.min():.2g} to "
            f"{found.chance.max():.2g}, by pair of layers."
        )
        lost = int((~_beaten(found)).sum())
        if lost:
            chance += f" Crosses: {lost} pairs no more alike than in some of these orders."
    return (
        f"Similarity ({found.measure}) of the layers of two networks for {found.samples} inputs: "
        f"layers from the input upwards and to the right. Light is alike.{chance}"
    )


@described(alt=describe_similarity_map, caption=caption_of_similarity_map)
def similarity_map(found: Comparison) -> Figure:
    """The similarity of each layer of one network with each of another.

    Args:
        found: what :func:`relu_book.similarity.compare` gives.

    Returns:
        A figure with the layers of the first network upwards and those of the second to the right,
        colours from 0 (or the least value, below 0) to 1 (or the largest, above it), numbers where
        there is room, and crosses where some order of the inputs gave as much.

    Raises:
        TypeError: no ``Comparison``.

    Example:
        >>> found = Comparison(np.eye(2), ("0", "2"), ("0", "2"), "cka", 100)
        >>> similarity_map(found).axes[0].get_ylabel()
        'layer of the first network'
    """
    if not isinstance(found, Comparison):
        raise TypeError(
            f"similarity_map draws what compare gives, a Comparison, not {type(found).__name__}"
        )
    rows, columns = found.values.shape
    longest = max(map(len, found.layers_a + found.layers_b))
    beside = 1.3 + 0.085 * longest
    width, height = (max(2.4, min(count, NAMED) * 0.36) for count in (columns, rows))
    figure = Figure(figsize=(beside + width + 1.1, beside + height), layout="constrained")
    axes = figure.subplots()
    norm = Normalize(min(0, found.values.min()), max(1, found.values.max()))
    image = axes.imshow(found.values, origin="lower", norm=norm, cmap="viridis", aspect="auto")
    _name(axes, found)
    lost = np.argwhere(~_beaten(found))
    if max(rows, columns) <= WRITTEN:
        _write(axes, found, norm)
    elif len(lost):
        axes.plot(*lost.T[::-1], "x", color="white", ms=5, mew=1.2)
    figure.colorbar(image, ax=axes, label=f"similarity, {found.measure}")
    if len(lost):
        cross = Line2D(
            [], [], ls="", marker="x", color="black", label="no more alike than by chance"
        )
        figure.legend(handles=[cross], loc="outside upper center")
    return figure


def _name(axes: Axes, found: Comparison) -> None:
    for side, layers in (("y", found.layers_a), ("x", found.layers_b)):
        named = range(0, len(layers), -(-len(layers) // NAMED))
        turned = {"rotation": 90} if side == "x" and max(map(len, layers)) > SHORT else {}
        getattr(axes, f"set_{side}ticks")(named, [layers[n] for n in named], **turned)
    axes.set(ylabel="layer of the first network", xlabel="layer of the second network")
    axes.grid(False)


def _write(axes: Axes, found: Comparison, norm: Normalize) -> None:
    beaten = _beaten(found)
    for (row, column), value in np.ndenumerate(found.values):
        text = f"{value:.2f}".replace("0.", ".", 1) if abs(value) < 0.995 else f"{value:.1f}"
        if not beaten[row, column]:
            text = f"×\n{text}"
        colour = "white" if norm(value) < DARK else "black"
        axes.text(column, row, text, ha="center", va="center", size=7, color=colour)
