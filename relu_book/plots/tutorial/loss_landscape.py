"""Pictures of the landscape of the loss (thesis 2.1, figure 2.2g)."""

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from relu_book.experiments.tutorial.loss_landscape_reading import basin
from relu_book.plots.style import BLUE, ORANGE
from relu_book.plots.tutorial.panels import record
from relu_book.plots.words import described


def describe_landscape(seed: int, reach: float) -> str:
    """Alt text: the loss in the centre and on the border."""
    found = basin(record("tutorial/loss_landscape").loss.sel(seed=seed))
    return (
        f"The loss up to {reach:g} filter lengths along two random directions, seed {seed}: "
        f"{found['centre']:.2f} at the trained network in the centre, at least "
        f"{found['lowest_border']:.2f} on the border of the whole square."
    )


@described(
    alt=describe_landscape,
    caption="The training loss on the plane of two random directions through the trained network "
    "(star), in lengths of its filters: as a map with logarithmic colours, and along the "
    "two axes. The network lies in a basin; how steep it is depends on the directions.",
)
def draw_landscape(seed: int, reach: float) -> Figure:
    """The loss on the plane of two random directions, as a map and along both axes.

    Args:
        seed: Of the directions.
        reach: How much of the square is shown; 1 moves a filter by its own length.
    """
    losses = record("tutorial/loss_landscape")["loss"].sel(seed=seed)
    losses = losses.sel(a=slice(-reach - 1e-9, reach + 1e-9), b=slice(-reach - 1e-9, reach + 1e-9))
    figure = Figure(figsize=(9.6, 4.1), layout="none")
    plane = figure.add_axes((0.08, 0.16, 0.36, 0.74))
    bar = figure.add_axes((0.45, 0.16, 0.015, 0.74))
    cuts = figure.add_axes((0.62, 0.16, 0.36, 0.74))
    levels = np.geomspace(losses.min(), losses.max(), 13)
    drawn = plane.contourf(
        losses["a"], losses["b"], losses.transpose("b", "a"), levels, norm=LogNorm()
    )
    plane.plot(0, 0, "*", color=ORANGE, markersize=14)
    plane.set(
        xlabel="first direction", ylabel="second direction", title=f"directions of seed {seed}"
    )
    plane.set_aspect("equal")
    figure.colorbar(drawn, bar, ticks=levels[::4], format="%.2g")
    for axis, other, colour in (("a", "b", BLUE), ("b", "a", ORANGE)):
        name = {"a": "first", "b": "second"}[axis]
        cut = losses.sel({other: 0}, method="nearest")
        cuts.plot(cut[axis], cut, color=colour, label=f"{name} direction")
    cuts.set(xlabel="way, in lengths of the filters", title="loss along the axes", ylim=(0, None))
    cuts.legend()
    return figure
