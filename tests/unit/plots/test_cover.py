"""Cover, card, logo and favicon: their sizes, and that the same drawing is the same file."""

from PIL import Image

from relu_book.plots.cover import main

SIZES = {
    "cover.png": (1600, 533),
    "preview.png": (1200, 630),
    "logo.png": (256, 256),
    "favicon.png": (64, 64),
}


def test_the_pictures_are_small_and_the_same_each_time(tmp_path):
    folders = [tmp_path / "first", tmp_path / "second"]
    for folder in folders:
        folder.mkdir()
        main(folder)
    for name, size in SIZES.items():
        first, second = ((folder / name).read_bytes() for folder in folders)
        assert first == second and len(first) < 150_000
        with Image.open(folders[0] / name) as picture:
            assert picture.size == size
