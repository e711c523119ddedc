"""The look of every picture: one style sheet, colours of cells, and the way into page and notebook.

Lines are drawn in the colours of Okabe and Ito ("Color universal design", 2008), which readers with
any colour vision tell apart. Activation cells get one of 64 colours by their pattern alone:

    colour(pattern) = CELL_COLOURS[mix(hash(pattern)) >> 58],

with the hash of thesis 2.2.3, algorithm 1, and ``mix`` the finaliser of SplitMix64, which spreads
neighbouring hashes over all colours. So a cell keeps its colour while anything else in the picture
moves. Two different patterns share a colour with probability 1/64.
"""

import base64
import html
import io
from collections.abc import Mapping

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from PIL import Image

from relu_book.plots.words import Words, words_of

# Okabe and Ito's colours; yellow last, because thin yellow lines are faint on white.
LINE_COLOURS = (
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000", "#F0E442",
)  # fmt: skip

BLUE, ORANGE, GREEN, PURPLE, SKY = LINE_COLOURS[:5]

# Picked one after another from a grid of sRGB (chroma <= 0.16, lightness 0.35 to 0.96 in OKLab):
# each is the colour farthest from those before it, under normal, protan and deutan vision alike.
# Written out, because rounding on another CPU could change the order and with it every picture.
_CELL_COLOURS = """
c3a55a 4b1e78 7878e1 c3ffff 785a00 78c3ff ffe15a 2d6987 5a2d2d 7896a5 c3d2b4 a5784b 3c4ba5 96b4b4
e1c35a 5aa5ff 96e1ff b4ffb4 694b4b 5a3c69 7878a5 693c00 2d69c3 c38700 965a5a a59678 c387d2 967878
96690f 96c396 96f0e1 69d2e1 c3b400 f0d287 4b2d5a a53c78 0f4b87 964ba5 5a3c4b a578c3 b4780f 87a5a5
d2b469 691e00 4b693c d2e1b4 4bb4f0 87b487 f0d24b 4bc3d2 4b96f0 d2960f e1ff87 005a2d a58787 87e1d2
e1785a 2d78c3 966987 4ba5e1 96ffd2 003c96 87d2ff 695a69
"""
CELL_COLOURS = np.array([[*bytes.fromhex(word)] for word in _CELL_COLOURS.split()], dtype=np.uint8)

# How far a picture may shrink from its natural size until 13 points are 9 pixels high.
READABLE = 0.52

# 13 points on a figure 6.4 inches wide are still 10 pixels high on a phone 390 pixels wide.
_STYLE = {
    "figure.figsize": (6.4, 4.4),
    "figure.dpi": 100,
    "figure.facecolor": "white",
    "figure.constrained_layout.use": True,
    "savefig.dpi": 100,
    "savefig.facecolor": "white",
    "font.size": 13,
    "font.family": ["DejaVu Sans"],  # comes with matplotlib: the same letters on every machine
    "axes.titlesize": 13,
    "axes.labelsize": 13,
    "xtick.labelsize": 12,
    "ytick.labelsize": 12,
    "legend.fontsize": 12,
    "legend.frameon": False,
    "axes.prop_cycle": mpl.cycler(color=LINE_COLOURS),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "grid.color": "#d9d9d9",
    "lines.linewidth": 2,
    "image.cmap": "viridis",
    "image.interpolation": "nearest",
    "svg.hashsalt": "relu_book",  # the same picture gives the same file
    "svg.fonttype": "path",
}


def use() -> None:
    """Draw every later figure of this process in the book's style.

    Example:
        >>> use()
        >>> mpl.rcParams["font.size"]
        13.0
    """
    mpl.rcParams.update(_STYLE)


def cell_colours(hashes) -> np.ndarray:
    """Colours of cells by the 64-bit hashes of their patterns.

    Args:
        hashes: (n,) integers, as ``relu_book.patterns.hash_patterns`` returns them
            (tensor or array, signed or unsigned, 64 bits).

    Returns:
        (n, 3) uint8, red, green, blue; always the same colour for the same hash. O(n).

    Raises:
        TypeError: the hashes are not 64-bit integers.

    Example:
        >>> cell_colours(np.array([7, -1, 7])).tolist()
        [[120, 90, 0], [210, 225, 180], [120, 90, 0]]
    """
    hashes = np.asarray(hashes)
    if hashes.dtype not in (np.int64, np.uint64):
        raise TypeError(
            f"cell_colours expects hashes of 64-bit integers, got {hashes.dtype} of shape "
            f"{hashes.shape}; pass what hash_patterns returned."
        )
    mixed = hashes.astype(np.uint64)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return CELL_COLOURS[mixed >> np.uint64(58)]


def show_cells(axes: Axes, raster) -> AxesImage:
    """Draw a raster of activation cells, each in the colour of its pattern.

    Args:
        axes: where to draw.
        raster: a ``CellRaster``: ``.labels`` (H, W), row 0 at the smallest y; ``.hashes`` (cells,),
            one a label; ``.window``, a ``Window``, or (low, high) for both axes, or
            ((x0, x1), (y0, y1)).

    Returns:
        The image, with equal scales on both axes.

    Example:
        >>> from types import SimpleNamespace
        >>> raster = SimpleNamespace(
        ...     labels=np.array([[0, 1], [1, 1]]), hashes=np.array([5, 6]), window=(-1, 1)
        ... )
        >>> image = show_cells(Figure().subplots(), raster)
        >>> [float(edge) for edge in image.get_extent()], image.axes.get_aspect()
        ([-1.0, 1.0, -1.0, 1.0], 1.0)
    """
    edges = tuple(np.ravel(getattr(raster.window, "bounds", raster.window)))
    colours = cell_colours(raster.hashes)[np.asarray(raster.labels)]
    image = axes.imshow(
        colours, origin="lower", extent=edges * (4 // len(edges)), interpolation="nearest"
    )
    axes.set_aspect("equal")
    return image


# For bands whose borders are drawn, too.
EDGED = {"linewidth": 1}


def band(axes: Axes, x, mean, spread, colour: str, **look) -> None:
    """Shade what lies within one standard deviation of a mean.

    Args:
        axes: where to draw.
        x: (n,) places along the axis.
        mean: (n,) mean over the seeds.
        spread: (n,) standard deviation over the seeds.
        colour: that of the mean's line.
        **look: what else ``fill_between`` takes.

    Example:
        >>> axes = Figure().subplots()
        >>> band(axes, np.array([0, 1]), np.array([1, 2]), np.array([0.5, 0.5]), BLUE)
        >>> len(axes.collections)
        1
    """
    look = {"alpha": 0.25, "linewidth": 0} | look
    axes.fill_between(x, mean - spread, mean + spread, color=colour, **look)


def to_image(picture) -> Image.Image:
    """Turn a figure, an image or an array into an RGB image; a figure is closed.

    Args:
        picture: a matplotlib figure; a PIL image; or a uint8 array (H, W), (H, W, 3) or (H, W, 4).

    Returns:
        The picture as an RGB image on white.

    Raises:
        TypeError: the picture is something else.

    Example:
        >>> to_image(np.zeros((2, 3), np.uint8)).size
        (3, 2)
    """
    if isinstance(picture, Figure):
        canvas = FigureCanvasAgg(picture)
        canvas.draw()
        _close(picture)
        picture = Image.fromarray(np.array(canvas.buffer_rgba()))
    elif isinstance(picture, np.ndarray):
        shape_fits = picture.ndim == 2 or (picture.ndim == 3 and picture.shape[2] in (3, 4))
        if picture.dtype != np.uint8 or not shape_fits:
            raise TypeError(
                f"expected a uint8 array of shape (H, W), (H, W, 3) or (H, W, 4), got "
                f"{picture.dtype} of shape {picture.shape}; scale it to 0..255 and convert it."
            )
        picture = Image.fromarray(np.ascontiguousarray(picture))
    elif not isinstance(picture, Image.Image):
        raise TypeError(
            "expected a matplotlib figure, a PIL image or a uint8 array, got "
            f"{type(picture).__name__}; return the picture that was drawn."
        )
    layers = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layers.size, "white"), layers).convert("RGB")


def encode_webp(image: Image.Image, raster: str = "cells") -> bytes:
    """Encode a picture for a page.

    Args:
        image: RGB.
        raster: ``"cells"`` for flat colours and lines (128 colours, then lossless: sharp, 5 to
            17 kB a frame; 64 would save 3 % and blur cells into one another); ``"heat"`` for smooth
            shades (lossy, all colours).

    Returns:
        A WebP file.

    Raises:
        ValueError: ``raster`` is neither of the two.

    Example:
        >>> encode_webp(Image.new("RGB", (8, 8), "red"))[8:12]
        b'WEBP'
    """
    data = io.BytesIO()
    if raster == "cells":
        _save_lossless(image, 128, data)
    elif raster == "heat":
        image.save(data, "WEBP", quality=82, method=5)
    else:
        raise ValueError(f"raster is 'cells' or 'heat', got {raster!r}.")
    return data.getvalue()


def _save_lossless(image: Image.Image, colours: int, file: io.BytesIO) -> None:
    flat = image.quantize(colours, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    flat.convert("RGB").save(file, "WEBP", lossless=True, quality=90, method=4)


class Picture:
    """A finished figure for notebook and page: an ``<img>`` in its words, or the alt text."""

    def __init__(self, data: bytes, mime: str, words: Words, width: float):
        self.data, self.mime, self.words, self.width = data, mime, words, width

    def _repr_mimebundle_(self, include=None, exclude=None) -> Mapping[str, str]:
        source = base64.b64encode(self.data).decode()
        return {
            "text/plain": self.words.alt,
            # In a narrow window a wide figure scrolls instead of shrinking until none can read it.
            # The pages of the book fit it to a phone, where a tap enlarges it.
            "text/html": self.words.around(
                f'<div style="overflow-x:auto"><img class="relu-figure" '
                f'alt="{html.escape(self.words.alt)}" width="{self.width:.0f}" style="height:auto;'
                f'max-width:max(100%,{self.width * READABLE:.0f}px);background:#fff" '
                f'src="data:{self.mime};base64,{source}"></div>'
            ),
        }


def figure(
    fig: Figure, alt: str | None = None, *, caption: str = "", vector: bool = True
) -> Picture:
    """Show a matplotlib figure with alt text and a caption, and close it.

    Both come with the figure of a ``described`` plotting function; your own figure needs an alt
    text here. It goes into the page's HTML, where screen readers find it, and into the notebook's
    plain text. A figure of pixels (``imshow``, many points) is smaller as WebP: ``vector=False``.

    Args:
        fig: the figure.
        alt: what the picture shows, in a sentence, for readers who do not see it; in place of all
            words that came with the figure.
        caption: what to see in this picture; it stands before the caption that came with it.
        vector: SVG (lines), or WebP of 256 colours (pixels, twice the page's resolution).

    Returns:
        What a notebook shows when it is the last expression of a cell, or given to ``display``.

    Raises:
        ValueError: there is no alt text.

    Example:
        >>> drawn = Figure()
        >>> _ = drawn.subplots().plot([1, 2])
        >>> figure(drawn, "A line that rises from 1 to 2.")._repr_mimebundle_()["text/plain"]
        'A line that rises from 1 to 2.'
    """
    words = words_of(fig) if alt is None else Words(alt)
    if words is None or not isinstance(words.alt, str) or not words.alt.strip():
        raise ValueError(f"a figure needs alt text that says what it shows, got {alt!r}.")
    data = io.BytesIO()
    if vector:
        # Neither date nor program version: the same figure is the same file on every day.
        with mpl.rc_context({"svg.hashsalt": _STYLE["svg.hashsalt"], "svg.fonttype": "path"}):
            fig.savefig(data, format="svg", metadata={"Date": None, "Creator": None})
    else:
        fig.set_dpi(2 * fig.dpi)
        _save_lossless(to_image(fig), 256, data)
    _close(fig)
    width = fig.get_figwidth() * 96  # CSS pixels an inch
    mime = "image/svg+xml" if vector else "image/webp"
    return Picture(data.getvalue(), mime, words.led_by(caption), width)


def _close(fig: Figure) -> None:
    """Take the figure from pyplot's list, so that a notebook does not show it a second time."""
    import matplotlib.pyplot as plt

    plt.close(fig)
