"""Pictures side by side, and the networks and records that several pictures show."""

from functools import lru_cache

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from relu_book.experiments.tutorial import checkpoint
from relu_book.runs import get

record = lru_cache(maxsize=4)(get)
small_vgg = lru_cache(maxsize=1)(checkpoint.read)


def panels(figure: Figure, *sides: tuple[float, float]) -> list[Axes]:
    """Panels for pictures: placed by hand, which draws a slider's frames in half the time."""
    made = [figure.add_axes((left, 0.02, right - left, 0.84)) for left, right in sides]
    for axes in made:
        axes.set_axis_off()
        axes.set_anchor("N")
    return made
