"""The page on temperature does what it says: its code runs, prints and draws what stands there.

``python tests/unit/book/test_use_temperature.py`` draws the pictures of the page again.
"""

import os
import re
import tempfile
from doctest import ELLIPSIS, OutputChecker
from pathlib import Path

from relu_book.plots.probe import phase_diagram, temperature_by_layer
from relu_book.plots.style import figure

PAGE = Path(__file__).resolve().parents[3] / "book" / "use_temperature.md"
BLOCK = re.compile(r"^```(python|text)\n(.*?)^```", re.M | re.S)
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
    names, shown = {}, 0
    text = PAGE.read_text(encoding="utf-8")
    for kind, block in BLOCK.findall(text):
        if kind == "python":
            exec(compile(block, str(PAGE), "exec"), names)
        else:
            found = capsys.readouterr().out
            assert OutputChecker().check_output(block, found, ELLIPSIS), f"{block}\n---\n{found}"
            shown += 1
    assert capsys.readouterr().out == ""  # nothing is printed that the page does not show
    assert shown == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "phase_diagram.png",
        "temperature.png",
    ]
    assert re.findall(r"^:file: (.*)$", text, re.M) == list(pictures(names))
    for name, html in pictures(names).items():
        stored = (PAGE.parent / name).read_text(encoding="utf-8")
        # Words and size; the pixels are tests/unit/plots' business.
        assert PIXELS.sub("", stored) == PIXELS.sub("", html), __doc__


if __name__ == "__main__":
    code = "".join(part for kind, part in BLOCK.findall(PAGE.read_text()) if kind == "python")
    made: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        exec(code, made)
    for place, picture in pictures(made).items():
        (PAGE.parent / place).write_text(picture, encoding="utf-8")
