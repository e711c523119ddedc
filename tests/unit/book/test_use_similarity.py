"""The page on similarity does what it says: its code runs, prints and draws what stands there.

``PYTHONPATH=.:tests/support python tests/unit/book/test_use_similarity.py`` draws its
picture again.
"""

import re

from guide_pages import BOOK, code_of, run_guide

from relu_book.plots.similarity import similarity_map
from relu_book.plots.style import figure

PAGE = BOOK / "use_similarity.md"
PICTURE = "pictures/similarity_map.html"
PIXELS = re.compile(r'src="data:[^"]*"')


def picture(names: dict) -> str:
    """The picture of the page, from the comparison that its code made."""
    return figure(similarity_map(names["found"]))._repr_mimebundle_()["text/html"] + "\n"


def test_the_page_on_similarity_does_what_it_says(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    drawn = []

    def draw(names):
        if "loader" in names and not drawn:
            drawn.append(picture(names))

    _, shown = run_guide(PAGE.name, capsys, after_block=draw)
    assert shown == 4
    assert [path.name for path in tmp_path.iterdir()] == ["similarity.png"]
    assert re.findall(r"^:file: (.*)$", PAGE.read_text(encoding="utf-8"), re.M) == [PICTURE]
    stored = (PAGE.parent / PICTURE).read_text(encoding="utf-8")
    # Words and size; the pixels are tests/unit/plots' business.
    assert PIXELS.sub("", stored) == PIXELS.sub("", drawn[0]), __doc__


if __name__ == "__main__":
    made: dict[str, object] = {}
    networks, three_lines = code_of(PAGE.name)[:2]
    exec(networks + three_lines.rsplit("similarity_map(", 1)[0], made)
    (PAGE.parent / PICTURE).write_text(picture(made), encoding="utf-8")
