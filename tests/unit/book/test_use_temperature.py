"""The page on temperature does what it says: its code runs, prints and draws what stands there.

``PYTHONPATH=.:tests/support python tests/unit/book/test_use_temperature.py`` draws the pictures of
the page again.
"""

import os
import re
import tempfile

from guide_pages import BOOK, code_of, run_guide

from relu_book.plots.probe import phase_diagram, temperature_by_layer
from relu_book.plots.style import figure

PAGE = BOOK / "use_temperature.md"
DRAWN = {"temperature_by_layer": temperature_by_layer, "phase_diagram": phase_diagram}
PIXELS = re.compile(r'src="data:[^"]*"')


def pictures(names: dict) -> dict[str, str]:
    """The pictures of the page by the names of their files, from the history that its code made."""
    history = names["probe"].history
    return {
        f"pictures/{name}.html": figure(draw(history))._repr_mimebundle_()["text/html"] + "\n"
        for name, draw in DRAWN.items()
    }


def test_the_page_on_temperature_does_what_it_says(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names, shown = run_guide(PAGE.name, capsys)
    assert shown == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "phase_diagram.png",
        "temperature.png",
    ]
    text = PAGE.read_text(encoding="utf-8")
    assert re.findall(r"^:file: (.*)$", text, re.M) == list(pictures(names))
    for name, html in pictures(names).items():
        stored = (PAGE.parent / name).read_text(encoding="utf-8")
        # Words and size; the pixels are tests/unit/plots' business.
        assert PIXELS.sub("", stored) == PIXELS.sub("", html), __doc__


if __name__ == "__main__":
    made: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        exec("".join(code_of(PAGE.name)), made)
    for place, picture in pictures(made).items():
        (PAGE.parent / place).write_text(picture, encoding="utf-8")
