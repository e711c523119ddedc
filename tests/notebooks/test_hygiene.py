"""What every stored notebook of the book has in common."""

from pathlib import Path

import nbformat
import pytest

BOOK = Path(__file__).parents[2] / "book"
NOTEBOOKS = sorted(BOOK.glob("*.ipynb"))
LONGEST_CELL = 20
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
