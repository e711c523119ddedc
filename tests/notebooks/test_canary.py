"""Corrupted notebooks turn the notebook test red, untouched ones do not.

A small notebook is executed and stored. Copies of it are spoilt, at most one corruption a cell, and
all copies are run once by the same command as the chapters. Every spoilt cell must fail and say
why, and every other cell must pass: so the test sees each corruption, and nothing else.
"""

import base64
import copy
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import pytest
from nbclient import NotebookClient
from PIL import Image

ROOT = Path(__file__).parents[2]

CELLS = {
    "number": "count = 121\nprint(f'cells: {count}, holds')",
    "explorer": """
import numpy as np
from relu_book.explore import explore
def draw(grey, size):
    picture = np.full((64, 64), 255, np.uint8)
    picture[:size, :size] = grey
    return picture
explore(draw, alt="A square", grey=[0, 128], size=[16, 32])""",
    "figure": """
from matplotlib.figure import Figure
from relu_book.plots.style import figure
fig = Figure()
fig.subplots().imshow([[0, 1], [2, 3]])
figure(fig, "Four squares.", vector=False)""",
    "lines": """
fig = Figure()
fig.subplots().plot([1, 3, 2])
figure(fig, "A line with a peak.")""",
    "images": """
from IPython.display import display
from PIL import Image
display(Image.new("RGB", (40, 40), "red"))
display(Image.new("RGB", (40, 40), "blue"))""",
    "svg": """
from IPython.display import SVG
SVG('<svg xmlns="http://www.w3.org/2000/svg"><circle cx="5" cy="5" r="4"/></svg>')""",
    "clock": "import time\nprint(time.time_ns())",
    "empty": "",
}
TAGS = {"clock": ["nbval-ignore-output"]}


def source(old, new):
    """The code was changed after the outputs were stored."""

    def spoil(cell):
        assert old in cell.source
        cell.source = cell.source.replace(old, new)

    return spoil


def stored(old, new, mime="text/html"):
    """Stored text was changed."""

    def spoil(cell):
        data = cell.outputs[0].data
        assert old in data[mime]
        data[mime] = data[mime].replace(old, new)

    return spoil


def printed(cell):
    cell.outputs[0].text = cell.outputs[0].text.replace("121", "122")


def unrun(cell):
    cell.execution_count, cell.outputs = None, []


def cleared(cell):
    cell.outputs = []


def lost_output(cell):
    del cell.outputs[0]


def swapped_outputs(cell):
    cell.outputs.reverse()


def lost_picture(cell):
    del cell.outputs[0].data["image/png"]


def player(change):
    """The data of a player were changed."""

    def spoil(cell):
        page = cell.outputs[0].data["text/html"]
        block = re.search(r'<script type="application/json">(.*?)</script>', page, re.DOTALL)[1]
        data = json.loads(block)
        change(data)
        cell.outputs[0].data["text/html"] = page.replace(block, json.dumps(data))

    return spoil


def blackened(cell):
    """The figure became another picture of the same size."""
    page = cell.outputs[0].data["text/html"]
    encoded = re.search(r"base64,([^\"]+)", page)[1]
    with Image.open(io.BytesIO(base64.b64decode(encoded))) as image:
        black = io.BytesIO()
        Image.new("RGB", image.size).save(black, "PNG")
    other = base64.b64encode(black.getvalue()).decode()
    cell.outputs[0].data["text/html"] = page.replace(encoded, other)


# name of the corruption: (cell, what is done to it, a part of the message)
CORRUPTIONS = {
    "a changed number": ("number", printed, "cells: 122"),
    "a stale number": ("number", source("121", "120"), "cells: 120"),
    "a cleared number": ("number", cleared, "stdout"),
    "a cell never run": ("number", unrun, "without having been run"),
    "a stale frame": ("explorer", source("[:size, :size]", "[-size:, :size]"), "picture 1 of 5"),
    "a changed alt text": ("explorer", stored("size 32", "size 33"), "text/html"),
    "a lost frame": ("explorer", player(lambda d: d["frames"].pop()), "gives 5 pictures, but 4"),
    "swapped frames": ("explorer", player(lambda d: d["frames"].reverse()), "picture 2 of 5"),
    "a moved start": ("explorer", source("alt=", "start={'size': 32}, alt="), "text/html"),
    "a cleared explorer": ("explorer", cleared, "text/html"),
    "another figure": ("figure", blackened, "of the pixels differ"),
    "a stale figure": ("figure", source("[2, 3]", "[2, 9]"), "of the pixels differ"),
    "a changed caption": ("figure", stored("Four", "Five", "text/plain"), "Five squares"),
    "a changed figure text": ("figure", stored("Four", "Five"), "text/html"),
    "a lost figure": ("figure", stored("base64,", ","), "text/html"),
    "a cleared figure": ("figure", cleared, "text/html"),
    "a stale line": ("lines", source("[1, 3, 2]", "[1, 3, 2.5]"), "SVG"),
    "a shorter line": ("lines", source("[1, 3, 2]", "[1, 3]"), "SVG"),
    "swapped images": ("images", swapped_outputs, "100.0 % of the pixels differ"),
    "a lost image": ("images", lost_output, "gives 2 outputs, but 1 are stored"),
    "an image without pixels": ("images", lost_picture, "1 pictures, but 0 are stored"),
    "stale images": ("images", source('"red"', '"green"'), "100.0 % of the pixels differ"),
    "images never run": ("images", unrun, "without having been run"),
    "a changed SVG": ("svg", stored('cx="5"', 'cx="6"', "image/svg+xml"), "coordinates differ"),
    "a stale SVG": ("svg", source('r="4"', 'r="2"'), "coordinates differ"),
    "a clock never run": ("clock", unrun, "without having been run"),
}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """Message of each cell (None where it passed), by name of the copy and of the cell."""
    folder = tmp_path_factory.mktemp("canary")
    untouched = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell(text.strip(), metadata={"tags": TAGS.get(name, [])})
            for name, text in CELLS.items()
        ]
    )
    environment = os.environ | {"RELU_BOOK_STATIC": "1", "MPLBACKEND": "agg"}
    NotebookClient(untouched, kernel_name="python3").execute(env=environment, cwd=str(ROOT))

    copies = {"untouched": copy.deepcopy(untouched)}
    homes = {}
    for corruption, (name, spoil, _) in CORRUPTIONS.items():
        number = sum(cell == name for cell, _ in homes.values())
        home = f"spoilt_{number}"
        homes[corruption] = (name, home)
        notebook = copies.setdefault(home, copy.deepcopy(untouched))
        before = copy.deepcopy(notebook)
        spoil(notebook.cells[list(CELLS).index(name)])
        assert notebook != before, f"{corruption} changed nothing"
    paths = []
    for home, notebook in copies.items():
        paths.append(folder / f"{home}.ipynb")
        nbformat.write(notebook, paths[-1])

    command = [sys.executable, "-m", "pytest", "-q", "-n0", "-p", "tests.notebooks.pictures"]
    command += ["--nbval", "--nbval-current-env", "-W", "default", "--color=no"]
    command += [f"--rootdir={folder}", f"--junitxml={folder / 'report.xml'}", *map(str, paths)]
    environment.pop("RELU_BOOK_STATIC")  # the plugin sets it
    environment["PYTHONPATH"] = str(ROOT)
    run = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 1, run.stdout + run.stderr  # 1: tests ran, some failed

    found = {}
    for case in ElementTree.parse(folder / "report.xml").iter("testcase"):
        home = re.search(r"(untouched|spoilt_\d)", case.get("classname"))[1]
        cell = list(CELLS)[int(case.get("name").removeprefix("Cell "))]
        failures = [node.text or "" for node in case if node.tag in ("failure", "error")]
        assert not any(node.tag == "skipped" for node in case)
        found[home, cell] = "\n".join(failures) if failures else None
    assert len(found) == len(CELLS) * len(copies)
    return found, homes


def test_the_untouched_copy_passes(outcomes):
    found, _ = outcomes
    failed = {key: text for key, text in found.items() if key[0] == "untouched" and text}
    assert not failed


@pytest.mark.parametrize("corruption", CORRUPTIONS)
def test_every_corruption_is_seen_and_named(outcomes, corruption):
    found, homes = outcomes
    name, home = homes[corruption]
    message = found[home, name]
    assert message is not None, f"{corruption} passed"
    assert f"Cell {list(CELLS).index(name)}" in message
    assert CORRUPTIONS[corruption][2] in message


def test_unspoilt_cells_beside_spoilt_ones_pass(outcomes):
    found, homes = outcomes
    spoilt = {(home, name) for name, home in homes.values()}
    failed = {key for key, text in found.items() if text is not None}
    assert failed == spoilt
