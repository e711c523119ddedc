"""How a hash list fills, and what that does to each measure (thesis 3.1.2, algorithm 2)."""

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from relu_book.experiments.pattern_evolution import hash_lists as experiments
from relu_book.plots.style import BLUE, ORANGE
from relu_book.plots.words import described

SIDE = 64  # as many places as this squared are shown, the first of the list
IMAGES = 64  # a batch
ON_WHITE = {"facecolor": "white", "edgecolor": "none", "pad": 1}


def describe_filling(images: int, places: int) -> str:
    """Alt text of ``draw_filling``."""
    found = experiments.filling(max(1, round(images / IMAGES)), places)
    values = "; ".join(
        f"{name} {_number(listed)} instead of {_number(exact)}"
        for name, (listed, exact) in found.items()
    )
    return f"A hash list of {places:,} places after {images} images. {values}."


@described(
    alt=describe_filling,
    caption="A hash list as it fills. Left: its first places, darker for what was seen more often, "
    "white where free. Right: each measure as a multiple of its exact value, on a logarithmic "
    "axis; at the blue line the list is right. Similarity suffers first and most.",
)
def draw_filling(images: int, places: int) -> Figure:
    """Places of the list on the left; each measure over its exact value on the right.

    Args:
        images: How many have been counted, a multiple of 64 up to 512, with 64 patterns each.
        places: Size of the list.
    """
    batches = max(1, round(images / IMAGES))  # a live slider may stand between two
    found = experiments.filling(batches, places)
    counts = experiments.places(batches, places)
    figure = Figure(figsize=(7.8, 4.1))
    left, right = figure.subplots(1, 2, width_ratios=[1, 1.25])
    shown = np.ma.masked_equal(counts[: SIDE**2].reshape(SIDE, SIDE), 0)
    left.imshow(shown, norm=LogNorm(1, 1000), cmap="viridis_r")
    left.set(xticks=[], yticks=[])
    left.set_xlabel(f"first {SIDE**2:,} places, white: free")
    left.set_title(f"{(counts > 0).mean():.1%} of the places taken")
    for row, (listed, exact) in enumerate(found.values()):
        ratio = listed / exact
        right.plot([1, ratio], [row, row], color=ORANGE, lw=3)
        right.plot(ratio, row, "o", color=ORANGE, markersize=8)
        text = f"{_number(listed)}, exactly {_number(exact)}"
        right.text(1, row - 0.28, text, ha="center", fontsize="small", bbox=ON_WHITE)
    right.axvline(1, color=BLUE, lw=1.5, zorder=0)
    right.set_xscale("log")
    right.set_xlim(1 / 6, 6)
    ticks = [0.25, 0.5, 1, 2, 4]
    right.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    right.minorticks_off()
    right.set_ylim(len(found) - 0.5, -0.7)
    right.set_yticks(range(len(found)), [name.replace(" ", "\n", 1) for name in found])
    right.set_xlabel("hash list over exact value")
    return figure


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
