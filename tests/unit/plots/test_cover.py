"""Cover, card, logo and favicon: their sizes, and that the same drawing is the same file."""

import matplotlib as mpl
from PIL import Image

from relu_book.plots.cover import main

LOOK = {"figure.constrained_layout.use": True, "savefig.bbox": "tight"}  # of the book's figures
SIZES = {
    "cover.png": (1600, 533),
    "preview.png": (1200, 630),
    "logo.png": (256, 256),
    "favicon.png": (64, 64),
}


def test_the_pictures_are_small_and_the_same_each_time(tmp_path):
    folders = [tmp_path / "first", tmp_path / "second"]
    for folder, look in zip(folders, [{}, LOOK], strict=True):
        folder.mkdir()
        with mpl.rc_context(look):
            main(folder)
    for name, size in SIZES.items():
        first, second = ((folder / name).read_bytes() for folder in folders)
        assert first == second and len(first) < 150_000
        with Image.open(folders[0] / name) as picture:
            assert picture.size == size
