"""One's own experiment that was edited is measured again, and no commit is said to hold it."""

import importlib
import json
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
from sample_processes import relu_book_command

from relu_book import runs
from relu_book.runs import job, provenance, registry, source
from relu_book.runs.layout import RECORD, invalid, jobs_of

FIRST = '''
from dataclasses import dataclass
import xarray as xr
from relu_book.experiments import experiment
import edited_helper

@dataclass(frozen=True)
class Settings:
    seeds: tuple[int, ...] = (0, 1)

@experiment(
    chapter="own",
    scales={"smoke": Settings(), "desk": Settings(seeds=(0, 1, 2))},
    expected={"smoke": "a moment", "desk": "a moment"},
)
def edited(settings, seed, run):
    """relu-book run own/edited"""
    return xr.Dataset({"loss": 1.0 * edited_helper.FACTOR})
'''
NAME = "own/edited"


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A module with an experiment, and what writes both of its files and imports them anew."""
    monkeypatch.setenv("RELU_BOOK_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("RELU_BOOK_RECORDS", str(tmp_path / "records"))
    monkeypatch.setenv("RELU_BOOK_EXPERIMENTS", "edited_experiment")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def write(text=FIRST, factor=1):
        forget()
        (tmp_path / "edited_experiment.py").write_text(text)
        (tmp_path / "edited_helper.py").write_text(f"FACTOR = {factor}\n")
        importlib.invalidate_caches()
        return runs.find(NAME)

    def forget():
        registry._registered.pop(NAME, None)
        for module in ("edited_experiment", "edited_helper"):
            sys.modules.pop(module, None)

    write()
    yield SimpleNamespace(write=write, folder=tmp_path)
    forget()


def losses(**options) -> list[float]:
    return runs.run(NAME, "smoke", **options).loss.values.tolist()


def test_an_edited_experiment_is_measured_again_and_says_so(own, capsys):
    assert losses() == [1, 1]
    capsys.readouterr()
    own.write(FIRST.replace("1.0 *", "100.0 *"))
    assert runs.state(runs.find(NAME), "smoke") == "measured, but with code that changed since"
    assert losses() == [100, 100]
    said = capsys.readouterr().err.splitlines()
    again = "measured before with code that changed since, so it is measured again"
    assert said[0] == f"own/edited smoke: {again}"
    assert losses() == [100, 100] and capsys.readouterr().err == ""
    own.write()  # the jobs of the first code are still there
    assert losses() == [1, 1]


def test_the_code_is_that_of_every_file_of_ones_own(own, capsys):
    assert losses() == [1, 1]
    own.write(factor=7)
    assert losses() == [7, 7]
    found = runs.find(NAME).source
    assert [os.path.basename(file) for file in found.files] == [  # noqa: PTH119
        "edited_experiment.py", "edited_helper.py"
    ]  # fmt: skip


def test_jobs_that_were_not_put_together_are_not_taken_for_edited_code(own):
    losses()
    (runs.run_folder(runs.find(NAME), "smoke") / RECORD).unlink()
    own.write(FIRST.replace("1.0 *", "100.0 *"))
    assert losses(seeds=[0, 1, 2], progress=False) == [100, 100, 100]


def test_an_edited_experiment_is_neither_promoted_nor_read(own, monkeypatch):
    monkeypatch.setattr(job, "commit", lambda _: ("0" * 40, "clean"))
    losses()
    runs.promote(NAME, "smoke")
    assert runs.get(NAME).loss.values.tolist() == [1, 1]
    own.write(FIRST.replace("1.0 *", "100.0 *"))
    assert runs.state(runs.find(NAME), "smoke") == "recorded, but with code that changed since"
    with pytest.raises(ValueError, match=r"has code that changed since: `relu-book run own/edited"):
        runs.promote(NAME, "smoke")
    with pytest.raises(ValueError, match="experiment, it has code that changed since: measure it"):
        runs.get(NAME)


def test_a_record_without_a_fingerprint_is_not_compared(own):
    found = runs.find(NAME)
    record = runs.run(NAME, "smoke", progress=False)

    assert len(record.attrs.pop("fingerprint")) == 64
    own.write(FIRST.replace("1.0 *", "100.0 *"))
    assert invalid(record, runs.find(NAME)) is None
    assert found.fingerprint != runs.find(NAME).fingerprint


def test_the_books_experiments_are_told_by_their_commit():
    found = runs.find("activation_cells/cells_over_width")
    assert found.source is None and found.fingerprint is None


def test_a_process_with_other_code_computes_nothing(own):
    (first, *_) = jobs_of(runs.find(NAME), "smoke", [0], own.folder)
    own.write(factor=2)
    assert "in the process that computes it is not that of the run" in job.execute(first).error


def test_the_command_line_runs_what_was_edited(own):
    before = relu_book_command(own.folder, "run", NAME, RELU_BOOK_EXPERIMENTS="edited_experiment")
    assert "loss (seed 2): 1 to 1" in before.output, before.errors
    own.write(factor=100)
    shown = relu_book_command(own.folder, "show", NAME, RELU_BOOK_EXPERIMENTS="edited_experiment")
    assert "Run that is not promoted, with code that changed since\n" in shown.output
    after = relu_book_command(own.folder, "run", NAME, RELU_BOOK_EXPERIMENTS="edited_experiment")
    assert "loss (seed 2): 100 to 100" in after.output
    assert "code that changed since" in after.errors


# ---- notebooks -----------------------------------------------------------------------------------

CELLS = (
    "rate = 0.5\nnames = {'a', 'b', 'c'}\nunrelated = 1\n",
    "def helper(x):\n    return [rate * y for y in x]\n",
    "class Net:\n    def forward(self, x):\n        return helper(x)\n",
    "def measure(settings, seed, run):\n    return Net().forward(seed in {'p', 'q'})\n",
)


def typed(monkeypatch, *cells: str) -> str:
    """The fingerprint of a function that was typed, cell after cell, into a notebook."""
    space = {"__name__": "__main__"}
    for cell in cells:
        exec(compile(cell, f"cell {os.urandom(2).hex()}", "exec"), space)
    monkeypatch.setitem(sys.modules, "__main__", SimpleNamespace(**space))
    found = source.own_source(space["measure"])
    assert found.typed and found.files == ()
    return found.fingerprint(space["measure"])


def test_the_code_of_a_notebook_is_what_the_function_uses_there(monkeypatch):
    same = typed(monkeypatch, *CELLS)
    assert typed(monkeypatch, *CELLS) == same
    other = [cell.replace("unrelated = 1", "unrelated = 2") for cell in CELLS]
    assert typed(monkeypatch, *other) == same
    for old, new in (
        ("0.5", "0.6"),
        ("rate * y", "y"),
        ("return helper(x)", "return x"),
        ("'q'", "'r'"),
    ):
        assert typed(monkeypatch, *(cell.replace(old, new) for cell in CELLS)) != same, old


# ---- what a record says --------------------------------------------------------------------------


def test_only_an_experiment_that_the_clone_holds_is_clean(own, monkeypatch):
    """The library and the experiment, in one repository, in two, and with changes."""
    clone = own.folder / "clone"
    package, inside = clone / "relu_book", clone / "own" / "inside.py"
    for file in (package / "__init__.py", inside):
        file.parent.mkdir(parents=True)
        file.write_text("one = 1\n")
    monkeypatch.setattr(provenance.relu_book, "__file__", str(package / "__init__.py"))

    def git(*words: str) -> None:
        who = ["-c", "user.name=A", "-c", "user.email=a@b.c"]
        subprocess.run(["git", "-C", clone, *who, *words], check=True, capture_output=True)

    def tree(*files, typed: bool = False) -> str:
        provenance.commit.cache_clear()
        return provenance.commit(source.Source(tuple(map(str, files)), "", typed))[1]

    outside = own.folder / "edited_experiment.py"
    assert tree(outside) == "unknown"
    git("init", "-q")
    git("add", "relu_book")
    git("commit", "-q", "-m", "the library")
    assert tree(outside) == tree(inside) == tree(typed=True) == "experiment in no commit"
    git("add", "own")
    git("commit", "-q", "-m", "the experiment")
    assert tree(inside) == "clean"
    assert tree(inside, outside) == tree(inside, typed=True) == "experiment in no commit"
    inside.write_text("one = 2\n")
    assert tree(inside) == "uncommitted changes"
    git("checkout", "-q", "own")
    (package / "__init__.py").write_text("one = 2\n")
    assert tree(inside) == "uncommitted changes"
    provenance.commit.cache_clear()


def test_a_record_of_an_own_experiment_is_not_clean(own):
    record = runs.run(NAME, "smoke", progress=False)
    assert record.attrs["tree"] in ("experiment in no commit", "unknown")
    assert json.loads(record.attrs["settings"]) == {}
    with pytest.raises(ValueError, match=r"measured by code that no commit holds .*the experiment"):
        runs.promote(NAME, "smoke")
