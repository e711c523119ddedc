"""What jobs of a run hand on to each other, and the record that an experiment makes of them."""

import json
from pathlib import Path

import pytest
import sample_experiments  # noqa: F401

from relu_book.runs import find, job, run, run_folder
from relu_book.runs.executors import InProcess
from relu_book.runs.layout import jobs_of

NAME = "samples/handed_on"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("RELU_BOOK_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("RELU_BOOK_RECORDS", str(tmp_path / "records"))
    return run_folder(find(NAME), "smoke")


def measured(**options):
    return run(NAME, "smoke", executor=InProcess(), progress=False, **options)


def test_jobs_hand_on_and_the_record_is_joined(folder):
    record = measured()
    assert record.before.dims == ("seed",)
    assert record.before.values.tolist() == [0 + 1 + 3] * 2
    assert record.attrs["settings"] and not (folder / job.SHARED).exists()


def test_what_was_handed_on_outlasts_a_stopped_run_and_fresh_forgets_it(folder):
    first, *_ = jobs_of(find(NAME), "smoke", (0,), folder)
    assert job.execute(first).error is None
    assert (folder / job.SHARED / "seed=0" / "checkpoint").read_text() == "1"
    assert measured().before.values.tolist() == [4, 4]
    (folder / job.SHARED / "seed=0").mkdir(parents=True)
    (folder / job.SHARED / "seed=0" / "checkpoint").write_text("100")
    assert measured(fresh=True).before.values.tolist() == [4, 4]


def test_commits_of_what_was_handed_on_count(folder, monkeypatch):
    first, second, _ = jobs_of(find(NAME), "smoke", (0,), folder)
    monkeypatch.setattr(job, "commit", lambda source: ("a" * 40, "changed"))
    assert job.execute(first).error is None
    monkeypatch.setattr(job, "commit", lambda source: ("b" * 40, "clean"))
    result = job.execute(second).result
    assert set(result.attrs["commit"].split("; ")) == {"a" * 40, "b" * 40}
    assert result.attrs["tree"] != "clean"
    assert json.loads((folder / job.SHARED / "seed=0" / job.CODE).read_text())
    assert not any(Path(first.folder).glob("checkpoint*"))
