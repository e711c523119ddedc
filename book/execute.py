"""Execute chapters with progress, and say what a build made.

    python book/execute.py book/NAME.ipynb ... --to FOLDER    execute and store in FOLDER
    python book/execute.py --summary _build/html              count the pages of a finished build

A chapter is written in one move after its last cell, so an interrupted run leaves the old one.
The seconds that it took are stored with it, for the status page.
"""

import argparse
import os
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError


def execute(source: Path, folder: Path) -> None:
    """Run every cell of ``source`` inside ``folder`` and store the result there under its name."""
    notebook = nbformat.read(source, as_version=4)
    code_cells = [i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"]

    def report(cell, cell_index):
        if cell_index in code_cells:
            done = code_cells.index(cell_index) + 1
            line = f"{source.stem}: cell {done} of {len(code_cells)}, {time.time() - begin:.0f} s"
            # On a terminal the line replaces itself; in a log every tenth cell is enough.
            if sys.stdout.isatty():
                print(f"\r{line}", end="", flush=True)
            elif done % 10 == 0:
                print(line, flush=True)

    folder.mkdir(parents=True, exist_ok=True)
    client = NotebookClient(
        notebook,
        timeout=900,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        on_cell_start=report,
        record_timing=False,
        coalesce_streams=True,  # how a kernel cuts what it prints depends on the machine's load
        extra_arguments=["--log-level=ERROR"],
    )
    begin = time.time()
    try:
        client.execute()
    except CellExecutionError as error:
        sys.exit(f"\n{source}: a cell failed; nothing was stored.\n{error}")
    # Which Python ran is not the book's business, and widget state would load scripts from afar.
    notebook.metadata = {
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        "language_info": {"name": "python"},
        "relu_book": {"seconds": round(time.time() - begin, 1)},
    }
    unfinished = folder / f".{source.name}.{os.getpid()}"
    nbformat.write(notebook, unfinished)
    unfinished.replace(folder / source.name)
    end = "\r" if sys.stdout.isatty() else ""
    print(f"{end}{source.stem}: executed in {time.time() - begin:.0f} s -> {folder / source.name}")


def summarise(site: Path) -> None:
    """Print where a build lies and how many pages it has; an empty one is an error."""
    pages = [page for page in site.glob("**/*.html") if "_static" not in page.parts]
    if not (site / "book" / "intro.html").is_file():
        sys.exit(f"{site}: the build has no book/intro.html; it is not complete.")
    print(f"The book: {len(pages)} pages, open {(site / 'index.html').resolve()}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("notebooks", nargs="*", type=Path)
    parser.add_argument("--to", type=Path, help="folder that receives the executed notebooks")
    parser.add_argument("--summary", type=Path, help="folder of a finished build")
    arguments = parser.parse_args()
    if arguments.summary:
        summarise(arguments.summary)
    elif arguments.notebooks and arguments.to:
        for notebook in arguments.notebooks:
            execute(notebook, arguments.to)
    else:
        parser.error("name notebooks and --to FOLDER, or --summary FOLDER")


if __name__ == "__main__":
    main()
