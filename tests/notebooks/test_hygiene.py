"""What every stored notebook of the book has in common."""

import ast
import html
import re
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest

from relu_book.plots.player import read_player

BOOK = Path(__file__).parents[2] / "book"
NOTEBOOKS = sorted(BOOK.glob("*.ipynb"))
LONGEST_CELL = 20
WIDEST_LINE = 76  # of code; the page cuts off what is wider
WIDEST_OUTPUT = 84  # what the page of a desk shows of a printed line
LARGEST_FILE = 3 * 2**20


def test_the_book_has_notebooks():
    assert NOTEBOOKS, f"there is no notebook under {BOOK}"


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture(scope="module")
def notebook(path):
    found = nbformat.read(path, as_version=4)
    nbformat.validate(found)
    return found


@pytest.fixture(scope="module")
def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_cells_are_short(code):
    lengths = {n: len(cell.source.splitlines()) for n, cell in enumerate(code)}
    assert {n: length for n, length in lengths.items() if length > LONGEST_CELL} == {}


def test_lines_of_code_are_as_wide_as_the_page(code):
    lines = [line for cell in code for line in cell.source.splitlines()]
    assert [line for line in lines if len(line) > WIDEST_LINE] == []


def test_printed_lines_are_as_wide_as_the_page(code):
    lines = [
        line
        for cell in code
        for output in cell.outputs
        for line in output.get("text", output.get("data", {}).get("text/plain", "")).splitlines()
        if "text/html" not in output.get("data", {})
    ]
    assert [line for line in lines if len(line) > WIDEST_OUTPUT] == []


def test_every_code_cell_was_run_once_and_in_order(code):
    assert all(cell.source.strip() for cell in code), "an empty code cell"
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))


def test_nothing_was_written_to_stderr_or_raised(code):
    loud = {
        n: output.get("text") or output.get("evalue")
        for n, cell in enumerate(code)
        for output in cell.outputs
        if output.output_type == "error" or output.get("name") == "stderr"
    }
    assert loud == {}


def test_what_a_cell_prints_is_in_one_piece(code):
    # Cut in two, a verdict would be read by neither the ledger nor the page.
    for cell in code:
        kinds = [(output.output_type, output.get("name")) for output in cell.outputs]
        assert not any(a == b and a[0] == "stream" for a, b in pairwise(kinds)), cell.id


def test_there_is_no_widget_that_needs_a_kernel(notebook, code):
    assert "widgets" not in notebook.metadata
    mimes = {mime for cell in code for output in cell.outputs for mime in output.get("data", {})}
    assert not {mime for mime in mimes if "widget" in mime}


def test_no_cell_is_skipped_by_the_notebook_test(code):
    for n, cell in enumerate(code):
        assert "nbval-skip" not in cell.metadata.get("tags", []), f"code cell {n}"
        assert "NBVAL_SKIP" not in cell.source, f"code cell {n}"


def test_the_file_is_small(path):
    assert path.stat().st_size < LARGEST_FILE


def pictures(code):
    """Alt text (all of a player) and caption of every picture, the caption None where it lacks."""
    for cell in code:
        for output in cell.outputs:
            page = output.get("data", {}).get("text/html", "")
            caption = re.search(r"<figcaption>(.*?)</figcaption>", page)
            for alt in re.findall(r'<img [^>]*?alt="([^"]*)"', page):
                yield {alt, *(told for _, told, _ in read_player(page))}, caption and caption[1]


def test_every_picture_has_an_alt_text_and_a_caption_that_differ(code):
    for alts, caption in pictures(code):
        assert caption and caption.strip(), f"no caption below: {sorted(alts)[0]}"
        assert all(alt.strip() for alt in alts) and html.unescape(caption) not in alts


def test_a_record_that_is_read_is_named_with_its_command():
    cells = [
        cell
        for path in NOTEBOOKS
        for cell in nbformat.read(path, as_version=4).cells
        if cell.cell_type == "code"
    ]
    read = {
        name
        for cell in cells
        for name in re.findall(r'\bexperiments\.get\(\s*"([^"]+)"', cell.source)
    }
    printed = "".join(output.get("text", "") for cell in cells for output in cell.outputs)
    named = re.findall(r"^Again: relu-book run (\S+) --scale \w+$", printed, re.MULTILINE)
    assert read and sorted(read - set(named)) == []


def test_frames_of_a_player_differ_in_their_alt_text(code):
    for cell in code:
        for output in cell.outputs:
            frames = read_player(output.get("data", {}).get("text/html", ""))
            assert len({alt for _, alt, _ in frames}) == len(frames)


def test_alt_texts_stand_with_the_function_that_draws(code):
    for cell in code:
        plain = re.sub(r"^( *)[%!].*", r"\1pass", cell.source, flags=re.MULTILINE)  # no magic
        for call in (node for node in ast.walk(ast.parse(plain)) if isinstance(node, ast.Call)):
            if isinstance(call.func, ast.Name) and call.func.id in ("figure", "explore"):
                assert len(call.args) == 1, cell.source
                assert "alt" not in [word.arg for word in call.keywords], cell.source
