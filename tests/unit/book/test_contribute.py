"""The page on adding a chapter does what it says, in a copy of the clone.

Its files are written, its commands run, and the chapter stands in the ledger.
"""

import os
import re
import shutil
import subprocess
import sys
from doctest import ELLIPSIS, OutputChecker
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "book" / "contribute.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"^`([\w./]+)`\n```\w+\n(.*?)^```", PAGE, re.M | re.S))
COPIED = ("relu_book", "data", "book", "tests/notebooks", "tests/support", "tests/unit/claims")
COMMANDS = [words.split() for words in re.findall(r"^\$ relu-book (.*)$", PAGE, re.M)]
# One process for several commands: each would import torch again.
RELU_BOOK = "from relu_book.cli import main; sys.exit(max(main(words) for words in {}))"


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A copy of the clone with the files of the page in their places."""
    root = tmp_path_factory.mktemp("clone")
    for part in COPIED:
        ignored = shutil.ignore_patterns("__pycache__", "_static")
        shutil.copytree(ROOT / part, root / part, ignore=ignored)
    for name in ("pyproject.toml", "_toc.yml"):
        shutil.copy(ROOT / name, root / name)
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".ipynb"):
            cells = [nbformat.v4.new_markdown_cell("# The first layer")]
            cells += [nbformat.v4.new_code_cell(part.strip()) for part in text.split("# %%\n")]
            nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
        else:
            before = path.read_text(encoding="utf-8") if path.exists() else ""
            path.write_text(before + text, encoding="utf-8")
    contracts = (root / "pyproject.toml").read_text(encoding="utf-8")
    chapters = '"activation_cells |'
    assert contracts.count(chapters) == 2
    (root / "pyproject.toml").write_text(
        contracts.replace(chapters, '"first_layer | activation_cells |'), encoding="utf-8"
    )
    git(root, "init", "-q")
    git(root, "config", "user.email", "reader@example.org")
    git(root, "config", "user.name", "A reader")
    return root


def environment(root: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("RELU_BOOK", "COV"))}
    return kept | {"PYTHONPATH": str(root), "RELU_BOOK_STATIC": "1", "MPLBACKEND": "agg"}


def git(root: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=root, check=True, capture_output=True)


def python(root: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, *words],
        cwd=root,
        env=environment(root),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_page_has_a_file_for_each_of_its_steps():
    rooms = [name.split("/")[0] for name in FILES]
    assert sorted(set(rooms)) == ["book", "data", "relu_book", "tests"]


def test_the_chapter_of_the_page_stands_in_the_ledger(clone):
    git(clone, "add", "-A")
    git(clone, "commit", "-qm", "How many filters of a first layer fire")
    assert [words[0] for words in COMMANDS] == ["run", "promote"] * 2
    python(clone, "-c", f"import sys; {RELU_BOOK.format(COMMANDS)}")
    # What `make outputs CH=first_layer` does.
    python(clone, "book/execute.py", "book/first_layer.ipynb", "--to", "book")
    python(clone, "-c", f"import sys; {RELU_BOOK.format([['claims']])}")
    cells = nbformat.read(clone / "book" / "first_layer.ipynb", as_version=4).cells
    expected = re.search(r"^```text\n(.*?)^```", PAGE, re.M | re.S)[1]
    printed = cells[-1].outputs[0].text
    assert OutputChecker().check_output(expected, printed, ELLIPSIS), printed
    ledger = (clone / "book" / "claims.md").read_text(encoding="utf-8")
    # What the tests ask of every notebook.
    hygiene = ["tests/notebooks/test_hygiene.py", "-k", "first_layer or named_with_its_command"]
    python(clone, "-m", "pytest", "-q", "-p", "no:cacheprovider", *hygiene)
    row = re.search(r'<div class="relu-card" id="first-layer-1" .*', ledger)[0]
    assert 'data-verdict="holds"' in row and "first_layer.html" in row


def test_its_tests_and_contracts_are_met(clone):
    tests = ["tests/unit/experiments/first_layer", "tests/unit/claims/test_samples.py"]
    python(clone, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests, "-k", "first")
    lint = "from importlinter.cli import lint_imports_command; lint_imports_command(['--no-cache'])"
    told = python(clone, "-c", lint)
    assert "0 broken" in told, told
