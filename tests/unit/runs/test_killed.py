"""A run that is killed at any moment goes on where it was, and ends with the same bits."""

import os
import random
from itertools import pairwise
from pathlib import Path

import pytest
import sample_experiments
import xarray as xr
from sample_processes import relu_book_command, start, wait_until

from relu_book.records import read
from relu_book.runs import find, run_folder

NAME = "samples/trained"


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    monkeypatch.setenv("RELU_BOOK_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("RELU_BOOK_RECORDS", str(tmp_path / "records"))
    return tmp_path


def uninterrupted(folders: Path, *words: str) -> xr.Dataset:
    """The record of the same command, left alone, in another folder."""
    runs = folders / "whole"
    done = relu_book_command(folders, *words, RELU_BOOK_RUNS=str(runs))
    assert done.status == 0, done.errors
    return read(Path(done.output.splitlines()[-1].removeprefix("record: ")))


def updates(log: Path) -> list[tuple[int, int, int]]:
    """Updates in the order in which they were made, as (seed, step, process)."""
    lines = log.read_text().splitlines() if log.exists() else []
    return [tuple(map(int, line.split()[1:])) for line in lines if len(line.split()) == 4]


def test_a_run_killed_at_random_moments_gives_the_same_bits(folders):
    chance = random.Random(0)
    log, folder = folders / "log", run_folder(find(NAME), "paper")
    words = ("run", NAME, "--scale", "paper", "--workers", "1")
    kept: dict[Path, bytes] = {}
    kills = 0
    while True:
        command = start(folders, *words, SAMPLE_LOG=str(log))
        more = len(updates(log)) + chance.randint(1, 30)
        wait_until(lambda: command.status is not None or len(updates(log)) >= more)  # noqa: B023
        wait_until(lambda: command.status is not None or chance.random() < 0.3)  # noqa: B023
        command.kill()
        if command.status == 0:
            break
        assert command.status == -9, command.errors
        kills += 1
        # What was finished stays as it is, byte by byte, and nothing is there half.
        for path, content in kept.items():
            assert path.read_bytes() == content
        for path in [*folder.glob("jobs/*/result.nc"), *folder.glob("record.nc")]:
            read(path)
            kept[path] = path.read_bytes()
    assert kills >= 2
    whole = uninterrupted(folders, *words)
    found = read(folder / "record.nc")
    xr.testing.assert_identical(found.drop_attrs(), whole.drop_attrs())
    assert found.attrs["settings_hash"] == whole.attrs["settings_hash"]

    resumed = 0
    for number in (0, 1):
        made = [(process, step) for one, step, process in updates(log) if one == number]
        for (before, last), (after, first) in pairwise(made):
            if before == after:
                assert first == last + 1
            else:  # at most one interval between checkpoints is computed again
                assert last - sample_experiments.EVERY < first <= last + 1
                resumed += first > 0
        assert made[-1][1] == find(NAME).settings("paper").steps
    assert resumed, "no training was resumed: the test shows nothing"


def test_a_run_killed_at_every_write_in_turn_loses_nothing(folders):
    name, kills = "samples/failing", 0
    folder = run_folder(find(name), "smoke")
    kept: dict[Path, bytes] = {}
    while True:
        # Each process does one write and is killed at its second, between writing and renaming.
        command = relu_book_command(folders, "run", name, SAMPLE_KILL_AT="2")
        if command.status == 0:
            break
        assert command.status == -9, command.errors
        kills += 1
        assert all(path.read_bytes() == content for path, content in kept.items())
        for path in [*folder.glob("jobs/*/result.nc"), *folder.glob("record.nc")]:
            read(path)
            kept[path] = path.read_bytes()
        assert kills < 30
    assert kills >= 6, "three jobs and a record are more than six files"
    whole = uninterrupted(folders, "run", name)
    xr.testing.assert_identical(read(folder / "record.nc").drop_attrs(), whole.drop_attrs())
    left = [path.name for path in folder.rglob("*") if "unfinished" in path.name]
    assert not left, "something is left of the killed processes"


def test_two_versions_of_the_code_are_both_recorded(folders):
    """A job that is resumed after a commit says so; one that starts anew does not."""
    log = folders / "log"
    words = ("run", NAME, "--scale", "paper", "--workers", "1", "--seeds", "0")
    first = start(folders, *words, SAMPLE_LOG=str(log), SAMPLE_COMMIT="uncommitted changes")
    wait_until(lambda: len(updates(log)) > sample_experiments.EVERY + 2)
    first.kill()
    second = relu_book_command(folders, *words, SAMPLE_LOG=str(log), SAMPLE_COMMIT="clean")
    assert second.status == 0, second.errors
    found = read(run_folder(find(NAME), "paper") / "record.nc")
    assert found.attrs["tree"] == "uncommitted changes; clean"
    fresh = relu_book_command(folders, *words, "--fresh", SAMPLE_COMMIT="clean")
    assert fresh.status == 0
    assert read(run_folder(find(NAME), "paper") / "record.nc").attrs["tree"] == "clean"
    assert os.environ.get("SAMPLE_COMMIT") is None
