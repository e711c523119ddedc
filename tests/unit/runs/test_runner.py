"""Runs: what they return and record, what they keep when jobs fail, and what resumes."""

import dataclasses
import datetime
import errno
import itertools
import json
import os
import shutil
import time
from pathlib import Path

import h5py
import numpy as np
import pytest
import sample_experiments
import torch
import xarray as xr
from filelock import FileLock

from relu_book import datasets, runs
from relu_book.records import RecordError, files, load, read, record_path
from relu_book.runs import (
    AlreadyRunningError,
    JobsFailedError,
    executors,
    find,
    get,
    job,
    promote,
    registry,
    run,
    run_folder,
    state,
)
from relu_book.runs.layout import RECORD, jobs_of

NAME = "samples/trained"


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    monkeypatch.setenv("RELU_BOOK_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("RELU_BOOK_RECORDS", str(tmp_path / "records"))
    monkeypatch.delenv("RELU_BOOK_SCALE", raising=False)
    monkeypatch.setattr(executors, "cores", lambda: 1)  # other processes have tests of their own
    monkeypatch.setattr(job, "commit", lambda _: ("0" * 40, "clean"))
    monkeypatch.setenv("SAMPLE_LOG", str(tmp_path / "log"))
    return tmp_path


def updates(folder):
    """Updates that were made, as (width, seed, step)."""
    path = folder / "log"
    lines = path.read_text().splitlines() if path.exists() else []
    return [tuple(map(int, line.split()[:3])) for line in lines]


def smoke(name=NAME, **options):
    return run(name, "smoke", progress=False, **options)


# ---- records -------------------------------------------------------------------------------------


def test_a_run_is_the_function_called_for_every_value_and_seed():
    record = smoke()
    assert record.loss.dims == ("width", "seed", "step")
    assert record.width.values.tolist() == [4, 8] and record.seed.values.tolist() == [0, 1, 2]
    settings = find(NAME).settings("smoke")
    for width in (4, 8):
        for seed in (0, 2):
            torch.manual_seed(seed)
            one = dataclasses.replace(settings, width=width)
            folder = run_folder(find(NAME), "smoke") / f"by hand {width} {seed}"
            direct = sample_experiments.trained(one, seed, job.Run(folder, "smoke"))
            found = record.sel(width=width, seed=seed)
            assert found.loss.values.tolist() == direct.loss.values.tolist()
            assert found.noise.values.tolist() == direct.noise.values.tolist()


def test_a_record_says_where_it_comes_from():
    record = smoke("samples/on_digits")
    about = record.attrs
    assert about["experiment"] == "samples/on_digits" and about["scale"] == "smoke"
    assert about["command"] == "relu-book run samples/on_digits --scale smoke"
    assert json.loads(about["settings"])["steps"] == 10
    assert len(about["settings_hash"]) == 64
    assert json.loads(about["seeds"]) == [0]
    checksum = datasets.load("digits", size=16).checksum
    digits = {"name": "digits", "split": "train", "size": 16, "checksum": checksum}
    assert json.loads(about["data"]) == [digits]
    assert about["device"].startswith("cpu: ")
    assert json.loads(about["versions"])["torch"] == str(torch.__version__).partition("+")[0] or (
        json.loads(about["versions"])["torch"] == torch.__version__
    )
    assert len(about["commit"]) == 40 and about["tree"] in ("clean", "uncommitted changes")
    assert float(about["wall_time"]) > 0 and about["finished"].endswith("+00:00")
    path = run_folder(find("samples/on_digits"), "smoke") / RECORD
    assert read(path).identical(record)
    assert len(about["digest"]) == 64


def test_a_run_leaves_generator_and_threads_as_they_were():
    torch.manual_seed(5)
    expected = torch.rand(2)
    torch.manual_seed(5)
    threads = torch.get_num_threads()
    smoke("samples/failing")
    assert torch.equal(torch.rand(2), expected) and torch.get_num_threads() == threads


def test_files_of_the_experiment_are_kept_and_checkpoints_are_not():
    smoke("samples/on_digits")
    folder = run_folder(find("samples/on_digits"), "smoke")
    assert len(list(folder.glob("jobs/*/kept.txt"))) == 1
    smoke(seeds=[0])
    left = {path.name for path in run_folder(find(NAME), "smoke").glob("jobs/*/*")}
    assert left <= {"settings.json", "progress.json", "code.json", "result.nc", "lock"}


# ---- resuming ------------------------------------------------------------------------------------


def test_what_is_done_is_not_computed_again(folders):
    first = smoke()
    count = len(updates(folders))
    assert count == 2 * 3 * 11
    assert smoke().identical(first)
    path = run_folder(find(NAME), "smoke") / RECORD
    path.unlink()
    assert smoke().identical(first)
    assert len(updates(folders)) == count


def test_more_seeds_cost_only_themselves_and_fewer_lose_none(folders):
    smoke(seeds=[2, 0])
    before = len(updates(folders))
    few = smoke(seeds=[0])
    assert few.seed.values.tolist() == [0] and json.loads(few.attrs["seeds"]) == [0]
    smoke(seeds=[1])
    assert {seed for _, seed, _ in updates(folders)[before:]} == {1}
    kept = read(run_folder(find(NAME), "smoke") / RECORD)
    assert kept.seed.values.tolist() == [0, 1, 2]
    assert kept.attrs["command"] == "relu-book run samples/trained --scale smoke"
    assert smoke(seeds=[2, 0]).seed.values.tolist() == [2, 0]


def test_a_fresh_run_forgets(folders):
    first = smoke(seeds=[0])
    count = len(updates(folders))
    second = smoke(seeds=[0], fresh=True)
    assert len(updates(folders)) == 2 * count
    xr.testing.assert_identical(second.drop_attrs(), first.drop_attrs())


def test_a_damaged_result_is_computed_again(folders):
    first = smoke(seeds=[0])
    folder = run_folder(find(NAME), "smoke")
    (folder / RECORD).unlink()
    result = folder / "jobs" / "width=8-seed=0" / "result.nc"
    result.write_bytes(result.read_bytes()[:-100])
    before = len(updates(folders))
    xr.testing.assert_identical(smoke(seeds=[0]).drop_attrs(), first.drop_attrs())
    assert {width for width, _, _ in updates(folders)[before:]} == {8}


def _with_settings(monkeypatch, settings):
    known = find(NAME)
    scales = {**known.scales, "smoke": settings}
    monkeypatch.setitem(registry._registered, NAME, dataclasses.replace(known, scales=scales))


def test_other_settings_are_measured_anew_and_the_old_jobs_stay(folders, monkeypatch):
    short = smoke(seeds=[0])
    settings = find(NAME).settings("smoke")
    _with_settings(monkeypatch, dataclasses.replace(settings, steps=5))
    assert smoke(seeds=[0]).sizes["step"] == 5
    count = len(updates(folders))
    _with_settings(monkeypatch, settings)
    xr.testing.assert_identical(smoke(seeds=[0]).drop_attrs(), short.drop_attrs())
    assert len(updates(folders)) == count


@dataclasses.dataclass(frozen=True)
class Widened(sample_experiments.Settings):
    clip: float = 1.0


def test_a_new_option_leaves_jobs_runs_and_records_valid(folders, monkeypatch):
    smoke()
    promote(NAME, "smoke")
    count = len(updates(folders))
    old = find(NAME).settings("smoke")
    _with_settings(monkeypatch, Widened(**dataclasses.asdict(old)))
    assert get(NAME).sizes["seed"] == 3
    assert state(find(NAME), "smoke") == "recorded"
    (run_folder(find(NAME), "smoke") / RECORD).unlink()
    smoke()
    promote(NAME, "smoke")
    assert len(updates(folders)) == count
    _with_settings(monkeypatch, Widened(clip=2.0))
    assert state(find(NAME), "smoke") == "recorded, but with clip=1.0 instead of 2.0"
    with pytest.raises(ValueError, match=r"does not answer today's experiment, it has clip=1\.0"):
        get(NAME)


# ---- failures ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        ("nan", r"seed 1: train_loss is nan at step 1: the training diverged; 2 of 3 jobs are"),
        ("bug", r"seed 1: KeyError 1; 2 of 3"),
        ("type", r"seed 1: samples/failing must return an xarray.Dataset, but returned dict; 2 of"),
    ],
)
def test_a_failing_seed_leaves_the_others(monkeypatch, failure, message):
    monkeypatch.setenv("SAMPLE_FAILURE", failure)
    with pytest.raises(JobsFailedError, match=message) as caught:
        smoke("samples/failing")
    assert (caught.value.details is None) == (failure == "nan")
    assert state(find("samples/failing"), "smoke") == "2 of 3 jobs done"
    kept = smoke("samples/failing", seeds=[0, 2])
    assert kept.seed.values.tolist() == [0, 2]
    monkeypatch.setenv("SAMPLE_FAILURE", "")
    assert smoke("samples/failing").seed.values.tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        ("data", r"seed 1: .*fashion_mnist.*download=True.*; 1 of 3 jobs are done and kept"),
        ("full", r"seed 1: no space left on device; 1 of 3 jobs are done and kept"),
    ],
)
def test_what_every_seed_would_meet_stops_the_run(monkeypatch, failure, message):
    monkeypatch.setenv("SAMPLE_FAILURE", failure)
    with pytest.raises(JobsFailedError, match=message) as caught:
        smoke("samples/failing")
    assert caught.value.details is None and "\n" not in str(caught.value)


def test_a_disk_that_fills_up_loses_no_finished_seed(monkeypatch):
    written = []
    write = files.write_atomically

    def until_full(path, content):
        if path.name == "result.nc" and len(written) == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        if path.name == "result.nc":
            written.append(path)
        write(path, content)

    with monkeypatch.context() as context:
        context.setattr(files, "write_atomically", until_full)
        with pytest.raises(JobsFailedError, match=r"seed 2: no space left on device: .*; 2 of 3"):
            smoke("samples/failing")
    before = [path.read_bytes() for path in written]
    smoke("samples/failing")
    assert [path.read_bytes() for path in written] == before


def test_a_full_disk_at_the_end_keeps_the_jobs(monkeypatch, folders):
    write = files.write_atomically

    def full(path, content):
        if path.name == RECORD:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        write(path, content)

    with monkeypatch.context() as context:
        context.setattr(files, "write_atomically", full)
        with pytest.raises(OSError, match="No space left"):
            smoke(seeds=[0])
    count = len(updates(folders))
    assert smoke(seeds=[0]).sizes["seed"] == 1 and len(updates(folders)) == count


def test_results_that_do_not_fit_together_are_named(monkeypatch):
    monkeypatch.setenv("SAMPLE_FAILURE", "shape")
    with pytest.raises(ValueError, match="results of samples/failing do not fit together along"):
        smoke("samples/failing")


def test_a_clock_that_goes_backwards_changes_no_duration(monkeypatch):
    """Dates come from the clock of the wall, durations do not."""
    now = itertools.count(10**9, -3600)

    class Clock(datetime.datetime):
        @classmethod
        def now(cls, zone=None):
            return cls.fromtimestamp(next(now), zone)

    monkeypatch.setattr(job.datetime, "datetime", Clock)
    monkeypatch.setattr(time, "time", lambda: float(next(now)))
    record = smoke("samples/failing")
    assert 0 <= record.attrs["wall_time"] < 60
    assert record.attrs["finished"].startswith("2001-09-0"), "the latest date of its jobs"
    assert smoke("samples/failing").identical(record)


def test_a_folder_of_a_job_that_was_damaged_is_left_alone(folders):
    smoke("samples/failing", seeds=[0])
    (run_folder(find("samples/failing"), "smoke") / RECORD).unlink()
    told = run_folder(find("samples/failing"), "smoke") / "jobs" / "seed=0" / "settings.json"
    told.write_text("{garbage")
    assert smoke("samples/failing", seeds=[0]).sizes["seed"] == 1
    assert told.read_text() == "{garbage"
    assert state(find("samples/failing"), "smoke") == "1 of 3 jobs done"


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "null", "3", '"x"', '{"share": null}', '{"share": "x", "seconds": 1}',
     '{"share": NaN, "seconds": 1}', '{"share": 2, "seconds": 1}', '{"share": 0, "seconds": 1e999}',
     '{"share": 1' + "0" * 400 + ', "seconds": 1}', "[[1, 2]]", "[1]", "\\xff",
     '{"share": 0, "seconds": 1, "memory": -1}', '{"share": 0, "seconds": 1, "memory": "x"}'],
)  # fmt: skip
def test_what_a_job_told_counts_as_nothing_where_it_cannot_be_read(folders, text):
    (first, *_) = jobs_of(find(NAME), "smoke", [0], folders)
    place = Path(first.folder)
    place.mkdir(parents=True)
    (place / "progress.json").write_text(text)
    (place / "code.json").write_text(text)
    (place / "checkpoint").touch()
    assert job.progress_of(place) == (0.0, 0.0, 0)
    assert job._code(place, None) == [["unknown", "unknown"], ["0" * 40, "clean"]]


def test_a_job_that_goes_on_tells_the_memory_of_the_process_before(tmp_path):
    (tmp_path / "progress.json").write_text(
        '{"share": 0.5, "seconds": 9, "memory": 1' + "0" * 15 + "}"
    )
    run = job.Run(tmp_path, "smoke")
    run.progress(1, 1)
    assert run.memory == 10**15
    assert job.progress_of(tmp_path).memory == 10**15


def test_a_job_from_the_start_tells_the_memory_of_its_own_process(tmp_path):
    run = job.Run(tmp_path, "smoke")
    assert 10**7 < run.memory == job.peak_memory()


def test_progress_that_cannot_be_told_stops_nothing(monkeypatch, tmp_path):
    told = job.Run(tmp_path / "missing" / "folder", "smoke")
    (tmp_path / "missing").write_text("a file where the folder should be")
    told.progress(1, 1)


@pytest.mark.parametrize("seeds", [[], [-1], [1.5], ["0"], [True]])
def test_seeds_are_whole_numbers(seeds):
    with pytest.raises(ValueError, match="seeds are whole numbers"):
        smoke(seeds=seeds)


# ---- locks ---------------------------------------------------------------------------------------


def test_a_second_run_is_refused_and_reading_is_not():
    done = smoke(seeds=[0])
    with FileLock(run_folder(find(NAME), "smoke") / "lock"):
        with pytest.raises(AlreadyRunningError, match="is running in another process"):
            smoke(seeds=[1])
        with pytest.raises(AlreadyRunningError):
            smoke(seeds=[0], fresh=True)
        assert state(find(NAME), "smoke") == "running, 33 %"
        assert smoke(seeds=[0]).identical(done)
    smoke(seeds=[1])


# ---- get and promote -----------------------------------------------------------------------------


def test_get_reads_the_record_or_runs_the_scale_asked_for(monkeypatch):
    with pytest.raises(FileNotFoundError, match="no record of 'samples/trained'"):
        get(NAME)
    smoke()
    path = promote(NAME, "smoke")
    assert path == record_path(NAME, "smoke")
    assert get(NAME).identical(load(NAME, "smoke"))
    monkeypatch.setenv("RELU_BOOK_SCALE", "desk")
    assert get(NAME).attrs["scale"] == "desk"
    monkeypatch.setenv("RELU_BOOK_SCALE", "huge")
    with pytest.raises(ValueError, match="RELU_BOOK_SCALE is 'huge', which is no scale: set it to"):
        get(NAME)
    monkeypatch.setenv("RELU_BOOK_SCALE", "")
    assert get(NAME).attrs["scale"] == "smoke"


def test_only_a_whole_and_valid_run_is_promoted(monkeypatch):
    with pytest.raises(FileNotFoundError, match="no finished run at the scale smoke: `relu-book"):
        promote(NAME, "smoke")
    smoke(seeds=[0, 1])
    with pytest.raises(ValueError, match="has no seed 2"):
        promote(NAME, "smoke")
    smoke()
    settings = find(NAME).settings("smoke")
    with monkeypatch.context() as context:
        _with_settings(context, dataclasses.replace(settings, steps=5))
        with pytest.raises(ValueError, match="has steps=10 instead of 5"):
            promote(NAME, "smoke")
    with monkeypatch.context() as context:
        context.setattr("relu_book.runs.promotion.LIMIT", 1000)
        with pytest.raises(ValueError, match="at most: let the experiment return less"):
            promote(NAME, "smoke")
    assert not record_path(NAME, "smoke").exists()
    assert state(find(NAME), "smoke") == "measured, not promoted"
    promote(NAME, "smoke")
    assert state(find(NAME), "smoke") == "recorded"
    with h5py.File(run_folder(find(NAME), "smoke") / RECORD, "r+") as file:
        file["loss"][0, 0, 0] = 9.0
    with pytest.raises(RecordError, match="altered"):
        promote(NAME, "smoke")
    assert load(NAME).loss[0, 0, 0] != 9.0


def test_jobs_of_a_run_cut_off_are_committed_and_taken_over(folders, monkeypatch):
    with monkeypatch.context() as context:
        context.setenv("SAMPLE_FAILURE", "bug")
        with pytest.raises(JobsFailedError):
            smoke("samples/failing")
    kept = promote("samples/failing", "smoke")
    assert kept == record_path("samples/failing", "smoke").parent / "jobs"
    assert sorted(path.name for path in kept.rglob("*.*")) == 2 * ["result.nc"] + 2 * [
        "settings.json"
    ]
    shutil.rmtree(folders / "runs")  # another machine
    assert state(find("samples/failing"), "smoke") == "2 of 3 jobs done"
    measured = {path.parent.name: path.read_bytes() for path in kept.rglob("result.nc")}
    record = smoke("samples/failing")
    jobs = run_folder(find("samples/failing"), "smoke") / "jobs"
    assert all((jobs / name / "result.nc").read_bytes() == measured[name] for name in measured)
    assert promote("samples/failing", "smoke").name == "record.nc"
    assert load("samples/failing").identical(record) and not kept.exists()


def test_a_job_of_code_that_no_commit_holds_leaves_nothing_behind(monkeypatch):
    monkeypatch.setattr(job, "commit", lambda _: ("0" * 40, "uncommitted changes"))
    smoke(seeds=[0])
    (run_folder(find(NAME), "smoke") / RECORD).unlink()
    with pytest.raises(ValueError, match="measured by code that no commit holds"):
        promote(NAME, "smoke")
    assert not record_path(NAME, "smoke").parent.exists()


def test_jobs_of_other_settings_or_a_fresh_run_are_not_taken_over(folders, monkeypatch):
    smoke(seeds=[0])
    (run_folder(find(NAME), "smoke") / RECORD).unlink()
    promote(NAME, "smoke")
    shutil.rmtree(folders / "runs")
    count = len(updates(folders))
    with monkeypatch.context() as context:
        _with_settings(context, dataclasses.replace(find(NAME).settings("smoke"), steps=5))
        smoke(seeds=[0])
    assert len(updates(folders)) > count
    shutil.rmtree(folders / "runs")
    count = len(updates(folders))
    smoke(seeds=[0])
    assert len(updates(folders)) == count
    smoke(seeds=[0], fresh=True)
    assert len(updates(folders)) > count


# ---- committed records ---------------------------------------------------------------------------


def test_a_result_holds_no_losses_that_are_not_finite():
    good = xr.Dataset({"loss": ("step", [1.0, 2.0]), "share": ("step", [np.nan, 1.0])})
    job._check_losses(good)
    for bad in (np.nan, np.inf):
        with pytest.raises(FloatingPointError, match="diverged"):
            job._check_losses(good.assign(test_loss=bad))
        job._check_losses(good.assign(test_loss=bad, trained=1))  # told how far it came


def test_jobs_are_listed_without_touching_the_disk(folders):
    jobs_of(find(NAME), "smoke", [0, 1], folders / "runs")
    assert state(find(NAME), "smoke") == "not run"
    assert not (folders / "runs").exists()
    assert runs.runs_root() == folders / "runs"
