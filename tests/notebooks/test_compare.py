"""What counts as the same picture, at the edges of the rules."""

import base64
import io

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from relu_book.plots.player import FramePlayer
from relu_book.plots.style import encode_webp, figure
from tests.notebooks.compare import difference, split_html


def png(pixels):
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, "PNG")
    return data.getvalue()


def grey(height=320, width=320):
    return np.full((height, width, 3), 100, np.uint8)


def test_a_shade_is_no_difference_and_more_is():
    assert difference(png(grey()), png(grey() + 24)) is None
    assert difference(png(grey()), png(grey() + 25)) == "100.0 % of the pixels differ (1 % allowed)"
    one_channel = grey()
    one_channel[:, :, 1] -= 25
    assert "100.0 % of the pixels" in difference(png(grey()), png(one_channel))


def test_transparency_is_compared():
    clear = np.zeros((40, 40, 4), np.uint8)
    solid = clear.copy()
    solid[..., 3] = 255
    assert "100.0 %" in difference(png(clear), png(solid))


def test_scattered_pixels_up_to_one_per_cent():
    generator = np.random.default_rng(0)
    places = generator.permutation(320 * 320)
    for number, same in ((1024, True), (1025, False)):
        pixels = grey().reshape(-1, 3)
        pixels[places[:number]] = 255
        found = difference(png(grey()), png(pixels.reshape(320, 320, 3)))
        assert (found is None) == same


@pytest.mark.parametrize(("side", "same"), [(10, True), (11, False)])
def test_a_patch_is_seen_where_the_whole_picture_hides_it(side, same):
    pixels = grey(640, 640)
    pixels[320 : 320 + side, 64 : 64 + side] = 0
    found = difference(png(grey(640, 640)), png(pixels))
    assert found == (None if same else "12 % of the pixels differ in the square at x 64, y 320 "
                     "(10 % allowed)")  # fmt: skip


def test_sizes_and_broken_files_are_named():
    assert difference(png(grey()), png(grey(width=321))) == (
        "its size is 321 x 320 pixels, not 320 x 320"
    )
    assert "cannot be read" in difference(png(grey()), b"")
    assert "cannot be read" in difference(png(grey())[:60], png(grey()))
    assert "cannot be read" in difference(b"<svg></svg>", b"<svg><path></svg>")
    assert "cannot be read" in difference(b"<svg></svg>", png(grey()))


def drawn(values, title="A line", colour="#0072B2"):
    fig = Figure()
    axes = fig.subplots()
    axes.plot(values, marker="o", color=colour, clip_on=True)
    axes.set(title=title, ylim=(0, 10), xlim=(0, 3))
    return figure(fig, "A line.").data


def test_svg_of_nearly_equal_numbers_is_equal_though_its_ids_are_not():
    stored = drawn([1, 2, 4])
    fresh = drawn([1, 2, 4.001])
    assert stored != fresh
    assert difference(stored, fresh) is None
    assert difference(stored, drawn([1, 2, 4])) is None


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ({"values": [1, 2, 4.2]}, "coordinates differ by up to"),
        ({"values": [1, 2]}, "SVG"),
        ({"values": [4, 2, 1]}, "coordinates differ by up to"),
        ({"title": "A lime"}, "<path> has another id: 'DejaVuSans-50'"),
        ({"title": "A"}, "elements"),
        ({"colour": "#0073B2"}, "has another style"),
    ],
)
def test_svg_of_another_figure_is_seen(change, finding):
    assert finding in difference(drawn([1, 2, 4]), drawn(**({"values": [1, 2, 4]} | change)))


def test_pixels_inside_svg_are_compared_as_pixels():
    def raster(value):
        fig = Figure()
        pixels = np.zeros((40, 40))
        pixels[3:30] = value
        fig.subplots().imshow(pixels, vmin=0, vmax=10)
        return figure(fig, "Pixels.").data

    assert difference(raster(5), raster(5.01)) is None
    assert "holds another picture" in difference(raster(5), raster(8))


def test_html_is_split_into_text_and_pictures():
    red, blue = (encode_webp(Image.new("RGB", (2, 2), colour)) for colour in ("red", "blue"))
    page = FramePlayer({"c": ["r", "b"]}, [red, blue], ["red", "blue"], [1]).html()
    text, pictures = split_html(page)
    assert pictures == [blue, red, blue]
    assert base64.b64encode(blue).decode() not in text
    assert '"alts": ["red", "blue"]' in text
    other, _ = split_html(FramePlayer({"c": ["r", "b"]}, [red, red], ["red", "blue"], [1]).html())
    assert other == text  # the player's key depends on its frames
    renamed, _ = split_html(
        FramePlayer({"c": ["r", "b"]}, [red, blue], ["red", "green"], [1]).html()
    )
    assert renamed != text
