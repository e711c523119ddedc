"""The look: colours that stay with their pattern, figures that carry alt text and no date."""

import base64
import io
import re
from types import SimpleNamespace

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from PIL import Image

from relu_book.cells.window import Window
from relu_book.plots import style

# Machado, Oliveira, Fernandes (2009), full severity, on linear RGB.
PROTAN = [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]  # fmt: skip # noqa: E501
DEUTAN = [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]  # fmt: skip # noqa: E501
# Ottosson (2020): linear sRGB to OKLab.
LMS = [[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566], [0.0883024619, 0.2817188376, 0.6299787005]]  # fmt: skip # noqa: E501
LAB = [[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099], [0.0259040371, 0.7827717662, -0.8086757660]]  # fmt: skip # noqa: E501


@pytest.fixture(autouse=True)
def restored_style():
    with mpl.rc_context():
        yield


def oklab(colours, vision=None):
    scaled = colours / 255
    linear = np.where(scaled <= 0.04045, scaled / 12.92, ((scaled + 0.055) / 1.055) ** 2.4)
    if vision is not None:
        linear = np.clip(linear @ np.transpose(vision), 0, 1)
    return np.cbrt(linear @ np.transpose(LMS)) @ np.transpose(LAB)


@pytest.mark.parametrize("vision", [None, PROTAN, DEUTAN], ids=["normal", "protan", "deutan"])
def test_no_two_cell_colours_look_alike(vision):
    points = oklab(style.CELL_COLOURS.astype(float), vision)
    distance = np.linalg.norm(points[:, None] - points[None], axis=-1)[np.triu_indices(64, 1)]
    assert distance.min() > 0.035  # a just noticeable difference is about 0.02
    assert np.ptp(points[:, 0]) > 0.6


def test_a_cell_keeps_its_colour_whatever_else_is_there():
    hashes = np.random.default_rng(0).integers(-(2**63), 2**63, 500)
    together = style.cell_colours(hashes)
    alone = np.concatenate([style.cell_colours(hashes[i : i + 1]) for i in range(500)])
    assert together.dtype == np.uint8
    assert np.array_equal(together, alone)
    assert np.array_equal(together, style.cell_colours(torch.from_numpy(hashes)))
    assert np.array_equal(together, style.cell_colours(hashes.view(np.uint64)))


@pytest.mark.parametrize("step", [1, 64, 2**32, 2**57], ids=str)
def test_hashes_that_differ_little_spread_over_all_colours(step):
    hashes = (np.arange(6400, dtype=np.uint64) * np.uint64(step)).view(np.int64)[
        : min(6400, 2**64 // step)
    ]
    colours, counts = np.unique(style.cell_colours(hashes), axis=0, return_counts=True)
    expected = len(hashes) / 64
    assert len(colours) >= 64 * (1 - np.exp(-expected)) - 8
    assert counts.max() < expected + 6 * np.sqrt(expected)


def test_no_cells_and_wrong_hashes():
    assert style.cell_colours(np.zeros(0, np.int64)).shape == (0, 3)
    with pytest.raises(TypeError, match=r"64-bit integers, got float64 of shape \(2,\)"):
        style.cell_colours(np.zeros(2))


@pytest.mark.parametrize(
    ("window", "edges"),
    [
        ((-1, 2), [-1, 2, -1, 2]),
        (((0, 3), (-1, 1)), [0, 3, -1, 1]),
        (Window.of(((0, 3), (-1, 1))), [0, 3, -1, 1]),
    ],
    ids=["square", "pairs", "window"],
)
def test_cells_are_drawn_with_the_smallest_y_below(window, edges):
    raster = SimpleNamespace(
        labels=np.array([[0, 0, 1], [2, 2, 2]]), hashes=np.array([10, 20, 30]), window=window
    )
    image = style.show_cells(Figure().subplots(), raster)
    assert image.origin == "lower"
    assert [float(edge) for edge in image.get_extent()] == edges
    assert np.array_equal(image.get_array(), style.cell_colours(raster.hashes)[raster.labels])


def lines():
    fig, axes = plt.subplots()
    axes.plot([0, 1], [1, 0], label="falling")
    axes.legend()
    return fig


@pytest.mark.parametrize("vector", [True, False], ids=["svg", "webp"])
def test_a_figure_carries_its_alt_text_is_closed_and_always_the_same(vector):
    style.use()
    first, second = (style.figure(lines(), 'A "line" < 2', vector=vector) for _ in range(2))
    assert first.data == second.data
    assert not plt.get_fignums()
    bundle = first._repr_mimebundle_()
    assert bundle["text/plain"] == 'A "line" < 2'
    assert 'alt="A &quot;line&quot; &lt; 2"' in bundle["text/html"]
    mime, data = re.search(
        r'src="data:(image/[a-z+]*);base64,([^"]*)"', bundle["text/html"]
    ).groups()
    content = base64.b64decode(data)
    if vector:
        assert mime == "image/svg+xml"
        assert b"<dc:date>" not in content and b"Matplotlib v" not in content
    else:
        assert Image.open(io.BytesIO(content)).size == (1280, 880)


@pytest.mark.parametrize("alt", ["", "  ", None])
def test_a_figure_without_alt_text_is_refused(alt):
    with pytest.raises(ValueError, match="needs alt text"):
        style.figure(Figure(), alt)


def test_letters_are_readable_on_a_phone():
    style.use()
    pixels_per_point = 358 / (mpl.rcParams["figure.figsize"][0] * 72)  # 390 wide, 16 of margin
    for name in ("font.size", "axes.labelsize", "xtick.labelsize", "legend.fontsize"):
        assert mpl.rcParams[name] * pixels_per_point > 9


def test_transparent_pictures_come_out_on_white():
    clear = Image.new("RGBA", (2, 2), (255, 0, 0, 0))
    assert style.to_image(clear).getpixel((0, 0)) == (255, 255, 255)


def test_a_picture_of_64_cell_colours_and_letters_keeps_every_colour():
    cells = np.repeat(np.repeat(style.CELL_COLOURS.reshape(8, 8, 3), 20, 0), 20, 1)
    encoded = style.encode_webp(Image.fromarray(cells))
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(encoded)).convert("RGB")), cells)


def test_a_band_lies_one_standard_deviation_around_its_mean():
    axes = Figure().subplots()
    style.band(axes, np.arange(3), np.array([1.0, 2, 3]), np.array([0.5, 0, 1]), style.BLUE)
    (drawn,) = axes.collections
    corners = {tuple(corner) for corner in drawn.get_paths()[0].vertices.tolist()}
    assert corners >= {(0, 0.5), (0, 1.5), (1, 2), (2, 2), (2, 4)}
    assert drawn.get_linewidth() == 0
