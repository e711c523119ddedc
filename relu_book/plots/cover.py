"""Cover, preview card, logo and favicon, drawn from exact cells.

python -m relu_book.plots.cover book/_static
"""

import io
import sys
from pathlib import Path

import numpy as np
import torch
from matplotlib import style
from matplotlib.collections import PolyCollection
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

from relu_book.cells import exact_cells
from relu_book.models import mlp
from relu_book.patterns import hash_patterns

# Dark blue to warm white: quiet enough to stand above a text, light or dark.
_SHADES = LinearSegmentedColormap.from_list(
    "cover", ["#10213f", "#1f4e79", "#3d8fb3", "#9ccfd8", "#f2e3c6", "#e9a15b"]
)


def draw(widths: tuple[int, ...], seed: int, window, size: tuple[float, float], line: float):
    """Cells of the last hidden layer of a network on the plane, as a figure without axes."""
    model = mlp(widths, head=False, seed=seed, dtype=torch.float64)
    complex_ = exact_cells(model, -1, window)
    hashes = hash_patterns(torch.as_tensor(complex_.patterns)).numpy().view(np.uint64)
    # Multiplied by the golden ratio, so that patterns that differ in one sign differ in shade.
    mixed = (hashes * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(40)
    colours = _SHADES(mixed.astype(float) / 2**24)
    figure = Figure(figsize=size, layout="none")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.add_collection(
        PolyCollection(complex_.polygons, facecolors=colours, edgecolors="white", linewidths=line)
    )
    axes.set(xlim=window[0], ylim=window[1])
    axes.set_axis_off()
    return figure


def card() -> Figure:
    """What a link to the book shows where it is shared: cells beside the title, 1200 by 630."""
    figure = draw((2, 28, 16), 5, ((-1.2, 1.2), (-0.63, 0.63)), (12, 6.3), 0.8)
    axes = figure.axes[0]
    panel = {"transform": axes.transAxes, "color": "#10213f", "alpha": 0.92, "linewidth": 0}
    axes.add_patch(Rectangle((0, 0.24), 1, 0.52, **panel))
    for height, size, words in [
        (0.57, 60, "ReLU, cell by cell"),
        (0.37, 22, "Information flow in deep ReLU networks: rebuilt, measured, judged"),
    ]:
        place = {"transform": axes.transAxes, "ha": "center", "va": "center"}
        axes.text(0.5, height, words, size=size, color="white", **place)
    return figure


def save(figure: Figure, path: Path, dpi: int, colours: int = 256) -> None:
    """A PNG with a palette: without date and program version, so the same file on every day."""
    data = io.BytesIO()
    with style.context("default"):  # a look that somebody uses would crop the picture
        figure.savefig(data, dpi=dpi)
    picture = Image.open(data).convert("RGB").quantize(colours, dither=Image.Dither.NONE)
    picture.save(path, optimize=True)


def main(folder: Path) -> None:
    cover = draw((2, 28, 16), 5, ((-2.4, 2.4), (-0.8, 0.8)), (12.8, 4.27), 0.8)
    save(cover, folder / "cover.png", dpi=125)
    save(card(), folder / "preview.png", dpi=100, colours=64)
    logo = draw((2, 7), 3, ((-1.4, 1.4), (-1.4, 1.4)), (2.0, 2.0), 2.5)
    save(logo, folder / "logo.png", dpi=128)
    save(logo, folder / "favicon.png", dpi=32)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
