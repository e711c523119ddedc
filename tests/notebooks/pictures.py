"""A plugin for pytest that closes the blind spots of nbval.

nbval runs a notebook's cells and compares their text with what is stored. It compares no pictures,
takes a picture inside HTML as text that has to be equal to the byte, and lets a cell pass that was
never run. With this plugin

- pictures are compared as ``tests.notebooks.compare`` says, wherever they are: PNG, SVG, figures
  inside HTML and every frame of a player, in their order;
- all other text, captions and alt texts among it, still has to be equal;
- a code cell without an execution count fails; so does one that stores fewer or more outputs than
  it gives. Cells tagged ``nbval-ignore-output`` are compared with nothing but must have run.

Use, at the root of the repository::

    python -m pytest --nbval --nbval-current-env -p tests.notebooks.pictures book/*.ipynb
"""

import copy
import os

import pytest
from nbval.plugin import IPyNbCell

from tests.notebooks.compare import decode, difference, split_html

_ENCODED = ("image/png", "image/jpeg", "image/webp", "image/gif")
_PLAIN = ("image/svg+xml",)

_run_cell = IPyNbCell.runtest
_compare_text = IPyNbCell.compare_outputs


def pytest_configure(config: pytest.Config) -> None:
    """Puts the comparisons into nbval and makes its kernels draw what is stored."""
    if config.option.nbval:
        os.environ["RELU_BOOK_STATIC"] = "1"
        IPyNbCell.runtest = run_cell
        IPyNbCell.compare_outputs = compare_outputs


def run_cell(cell: IPyNbCell) -> None:
    """Runs a cell as nbval does, and fails if its stored form was never run."""
    _run_cell(cell)
    if cell.cell.execution_count is None and cell.cell.source.strip():
        cell.raise_cell_error(
            "This cell is stored without having been run; run the notebook and store it again"
        )


def compare_outputs(cell: IPyNbCell, test, ref, skip_compare=None) -> bool:
    """nbval's comparison of the text, then that of the pictures."""
    stored, stored_pictures = _separate(ref)
    fresh, fresh_pictures = _separate(test)
    same_text = _compare_text(cell, fresh, stored, skip_compare)
    findings = list(_findings(stored_pictures, fresh_pictures))
    cell.comparison_traceback += [f"Cell {cell.cell_num}, {finding}" for finding in findings]
    return same_text and not findings


def _separate(outputs):
    """Outputs with a word in place of every picture, and the pictures of each output by place."""
    outputs = copy.deepcopy(outputs)
    pictures = []
    for output in outputs:
        if "data" not in output:
            continue
        found = {}
        for mime, content in output["data"].items():
            if mime in _ENCODED:
                found[mime] = [decode(content)]
            elif mime in _PLAIN:
                found[mime] = [content.encode()]
            elif mime == "text/html":
                output["data"][mime], found[mime] = split_html(content)
        for mime in (*_ENCODED, *_PLAIN):
            if mime in output["data"]:
                output["data"][mime] = "(picture)"
        pictures.append(found)
    return outputs, pictures


def _findings(stored, fresh):
    """What is wrong with the pictures of a cell, one sentence each."""
    if len(stored) != len(fresh):
        yield f"it gives {len(fresh)} outputs, but {len(stored)} are stored"
        return
    for number, (old, new) in enumerate(zip(stored, fresh, strict=True), 1):
        for mime in sorted(old.keys() | new.keys()):
            place = f"output {number} ({mime})"
            before, after = old.get(mime, []), new.get(mime, [])
            if len(before) != len(after):
                yield f"{place}: it gives {len(after)} pictures, but {len(before)} are stored"
                continue
            for index, (a, b) in enumerate(zip(before, after, strict=True), 1):
                finding = difference(a, b)
                if finding:
                    yield f"{place}, picture {index} of {len(before)}: {finding}"
