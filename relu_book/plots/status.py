"""Tables of the status page: how long each chapter took, on what, with which versions."""

import html
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import nbformat
from IPython.display import HTML

from relu_book.devices import device

_PACKAGES = ("torch", "numpy", "scipy", "numba", "scikit-learn", "matplotlib", "jupyter-book")


def run_times(folder: str | Path) -> HTML:
    """A row for each notebook of a folder but the status page: title, seconds, code cells.

    The seconds of the last execution are those that ``book/execute.py`` stored in the notebook.
    """
    rows = []
    for path in sorted(Path(folder).glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        seconds = notebook.metadata.get("relu_book", {}).get("seconds")
        if seconds is not None and path.stem != "status":
            title = notebook.cells[0].source.splitlines()[0].lstrip("# ")
            cells = sum(cell.cell_type == "code" for cell in notebook.cells)
            rows.append((title, f"{seconds:.0f}", cells))
    return _table(("chapter", "seconds", "code cells"), rows)


def versions() -> HTML:
    """Machine and packages of the process that made this page."""
    rows = [
        ("machine", f"{platform.machine()}, {os.cpu_count()} cores"),
        ("device", device()),
        ("Python", platform.python_version()),
        *((package, _version(package)) for package in ("relu-book", *_PACKAGES)),
    ]
    return _table(("what", "which"), rows)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # chapters run without what builds the pages
        return "not installed"


def _table(head, rows) -> HTML:
    lines = [
        "<tr>" + "".join(f"<{tag}>{html.escape(str(cell))}</{tag}>" for cell in row) + "</tr>"
        for tag, row in [("th", head), *(("td", row) for row in rows)]
    ]
    return HTML('<table class="table">' + "".join(lines) + "</table>")
