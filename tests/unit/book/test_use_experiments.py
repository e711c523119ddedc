"""The page on experiments does what it says: its file is written, its commands run in order."""

import os
import re
import signal
import sys
from doctest import ELLIPSIS, OutputChecker
from pathlib import Path

import pytest
from sample_processes import dask_cluster, start, wait_until

from relu_book import runs
from relu_book.runs import registry

PAGE = Path(__file__).resolve().parents[3] / "book" / "use_experiments.md"


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)


def printed(text: str) -> list[tuple[str, str]]:
    """The commands of a console block, each with what it prints."""
    parts = re.split(r"^\$ (.*)\n", text, flags=re.M)[1:]
    return list(zip(parts[::2], parts[1::2], strict=True))


def agree(expected: str, found: str) -> None:
    assert OutputChecker().check_output(expected, found, ELLIPSIS), f"{expected}\n---\n{found}"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("RELU_BOOK_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("RELU_BOOK_RECORDS", str(tmp_path / "records"))
    monkeypatch.setenv("RELU_BOOK_EXPERIMENTS", "first_experiment")
    monkeypatch.delenv("RELU_BOOK_SCALE", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "first_experiment.py").write_text(blocks("python")[0], encoding="utf-8")
    yield tmp_path
    registry._registered.pop("first/patterns_by_width", None)
    sys.modules.pop("first_experiment", None)


def test_the_page_on_experiments_does_what_it_says(folder, monkeypatch, capsys):
    told = {"RELU_BOOK_EXPERIMENTS": "first_experiment", "SAMPLE_COMMIT": "clean"}
    done = []
    with dask_cluster(workers=2, path=str(folder)) as (address, _):
        for words, expected in [pair for block in blocks("console") for pair in printed(block)]:
            if not words.startswith("relu-book "):
                done.append(words.split()[0])
                continue
            given = words.replace("tcp://127.0.0.1:8786", address).split()[1:]
            command = start(folder, *given, path=str(folder), **told)
            if expected.startswith("^C\n"):
                wait_until(lambda: [*folder.rglob("checkpoint*")] or command.status is not None)  # noqa: B023
                os.kill(command.process.pid, signal.SIGINT)
                expected = expected.removeprefix("^C\n")
                assert command.wait().status == 130
            else:
                assert command.wait().status == 0, command.errors
            agree(expected, command.errors + command.output)
            done.append(given[0])
    assert done == [
        "export", "run", "run", "run", "run", "dask", "dask", "dask", "run", "promote",
        "RELU_BOOK_SCALE=smoke",
    ]  # fmt: skip
    exec(compile(blocks("python")[1], str(PAGE), "exec"), {"experiments": runs})
    agree(blocks("text")[0], capsys.readouterr().out)
    monkeypatch.setenv("RELU_BOOK_SCALE", "smoke")
    exec(compile(blocks("python")[1], str(PAGE), "exec"), {"experiments": runs})
    assert capsys.readouterr().out.startswith("smoke [")
