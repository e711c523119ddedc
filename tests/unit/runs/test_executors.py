"""Wherever jobs run, the result is the same bits, and a job that fails costs no other."""

import json
import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import pytest
import sample_experiments  # noqa: F401
import xarray as xr
from sample_processes import dask_cluster, relu_book_command, start, wait_until

from relu_book.runs import JobsFailedError, executors, find, run, run_folder, state
from relu_book.runs.executors import DaskCluster, InProcess, LocalProcesses

NAME = "samples/trained"


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    monkeypatch.setenv("RELU_BOOK_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("RELU_BOOK_RECORDS", str(tmp_path / "records"))
    monkeypatch.delenv("SAMPLE_FAILURE", raising=False)
    return tmp_path


@pytest.fixture(scope="module")
def cluster():
    """A scheduler and two workers, real processes that hear each other by TCP."""
    with dask_cluster(workers=2) as (address, _):
        yield DaskCluster(address)


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """The run in this process that the others must equal."""
    return smoke(InProcess(), root=tmp_path_factory.mktemp("here"))


def smoke(executor, name=NAME, **options):
    return run(name, "smoke", executor=executor, progress=False, **options)


def pids(folder: Path) -> set[int]:
    log = folder / "log"
    return (
        {int(line.split()[-1]) for line in log.read_text().splitlines()} if log.exists() else set()
    )


def test_processes_beside_give_the_same_bits(here, folders, monkeypatch):
    monkeypatch.setenv("SAMPLE_LOG", str(folders / "log"))
    found = smoke(LocalProcesses(2))
    xr.testing.assert_identical(found.drop_attrs(), here.drop_attrs())
    used = pids(folders)
    assert len(used) == 2 and os.getpid() not in used
    assert not multiprocessing.active_children() or all(
        child.pid not in used for child in multiprocessing.active_children()
    )


def test_a_dask_cluster_of_two_workers_gives_the_same_bits(here, cluster, folders):
    found = smoke(cluster)
    xr.testing.assert_identical(found.drop_attrs(), here.drop_attrs())
    told = {name: here.attrs[name] for name in ("settings", "settings_hash", "seeds", "command")}
    assert told.items() <= found.attrs.items()
    path = run_folder(find(NAME), "smoke") / "jobs"
    assert len(list(path.glob("*/result.nc"))) == 6
    # What the cluster has computed is done for every executor, and the other way round.
    (path.parent / "record.nc").unlink()
    assert smoke(InProcess()).loss.identical(found.loss)


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        (
            "nan",
            r"seed 1: train_loss is nan at step 1: the training diverged; 2 of 3 jobs are done",
        ),
        ("bug", r"seed 1: KeyError 1; 2 of 3 jobs are done"),
    ],
)
def test_a_failing_job_on_a_cluster_is_told_in_a_sentence(cluster, failure, message, folders):
    with (
        dask_cluster(workers=2, SAMPLE_FAILURE=failure) as (address, _),
        pytest.raises(JobsFailedError, match=message) as caught,
    ):
        smoke(DaskCluster(address), "samples/failing")
    assert "\n" not in str(caught.value)
    assert state(find("samples/failing"), "smoke") == "2 of 3 jobs done"
    # The same command goes on with the rest, here on a cluster where nothing fails.
    assert smoke(cluster, "samples/failing").seed.values.tolist() == [0, 1, 2]


def test_a_cluster_goes_on_without_a_worker_that_is_killed(folders):
    with dask_cluster(workers=2, SAMPLE_LOG=str(folders / "log")) as (
        address,
        workers,
    ):
        outcomes = []
        jobs = DaskCluster(address)
        watched = jobs.map

        def map_and_kill(function, given):
            for outcome in watched(function, given):
                if not outcomes:
                    workers[0].kill()
                outcomes.append(outcome)
                yield outcome

        jobs.map = map_and_kill
        found = smoke(jobs)
    assert found.sizes["seed"] == 3 and all(outcome.error is None for outcome in outcomes)


def test_workers_with_several_threads_are_refused():
    message = "has 2 threads: start workers with --nthreads 1"
    with (
        dask_cluster(workers=1, threads=2) as (address, _),
        pytest.raises(JobsFailedError, match=message),
    ):
        smoke(DaskCluster(address), "samples/failing")


def test_an_address_without_a_scheduler_is_named(monkeypatch):
    for address in ("tcp://127.0.0.1:9", "nonsense://127.0.0.1:9", "127.0.0.1:99999", "no.host.:1"):
        with pytest.raises(OSError, match=f"no Dask scheduler answers at {address}") as caught:
            list(DaskCluster(address, patience="1s").map(None, []))
        assert "\n" not in executors.sentence(caught.value)
    for address in ("nonsense", "", "tcp://", "tcp://x", ":1", "tcp://a b:1", "x:y"):
        with pytest.raises(ValueError, match=r"Dask scheduler is like tcp:.* but got"):
            DaskCluster(address)


SCRIPT = """
from relu_book import experiments
from relu_book.runs.executors import LocalProcesses
def compute():
    experiments.run("samples/trained", "smoke", executor=LocalProcesses(2), progress=False)
import sample_experiments
"""


def test_a_script_without_a_main_guard_is_told_so_and_nothing_else(folders):
    (folders / "bare.py").write_text(SCRIPT + "compute()")
    (folders / "guarded.py").write_text(SCRIPT + 'if __name__ == "__main__":\n    compute()')
    root = Path(executors.__file__).parents[2]
    paths = os.pathsep.join([str(root), str(root / "tests" / "support")])
    bare, guarded = (
        subprocess.run(
            [sys.executable, folders / f"{name}.py"], capture_output=True, text=True, check=False,
            env=os.environ | {"PYTHONPATH": paths},
        )
        for name in ("bare", "guarded")
    )  # fmt: skip
    assert (guarded.returncode, guarded.stderr) == (0, "")
    *trace, last = bare.stderr.splitlines()
    assert bare.returncode == 1 and bare.stderr.count("Traceback") == 1, bare.stderr
    assert "JobsFailedError" in last and '`if __name__ == "__main__":` around what' in last
    assert not any("Error" in line for line in trace), "one error, and none behind it"


def test_a_process_that_dies_costs_its_own_job(folders):
    words = ("run", "samples/failing", "--workers", "2")
    command = relu_book_command(folders, *words, SAMPLE_FAILURE="killed")
    assert command.status == 1
    last = command.errors.splitlines()[-1]
    assert "seed 1: the process that computed it was killed by SIGKILL; memory may have" in last
    assert state(find("samples/failing"), "smoke") == "2 of 3 jobs done"


def test_processes_end_with_the_one_that_started_them(folders):
    log = folders / "log"
    command = start(
        folders, "run", "samples/with_children", "--workers", "2",
        SAMPLE_LOG=str(log), SAMPLE_SLEEP="600",
    )  # fmt: skip
    wait_until(lambda: len(pids(folders)) == 2)
    command.kill()
    wait_until(lambda: not any(map(alive, pids(folders))))


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_jobs_of_a_notebook_run_in_its_own_process(monkeypatch):
    settings = find(NAME).settings("desk")
    job = executors.Job(NAME, "__main__", "desk", settings, 0, "nowhere")
    with pytest.raises(ValueError, match="is defined in a notebook or script"):
        list(LocalProcesses(2).map(None, [job]))
    with pytest.raises(ValueError, match="is defined in a notebook or script"):
        list(DaskCluster("tcp://127.0.0.1:9").map(None, [job]))
    monkeypatch.setattr(executors, "cores", lambda: 8)
    assert isinstance(executors.default_executor([job, job]), InProcess)
    beside = executors.Job(NAME, "sample_experiments", "desk", settings, 0, "nowhere")
    assert isinstance(executors.default_executor([beside, beside]), LocalProcesses)
    assert isinstance(executors.default_executor([beside]), InProcess)


@pytest.mark.parametrize("workers", [0, -1])
def test_workers_are_counted_from_one(workers):
    with pytest.raises(ValueError, match=f"workers must be at least 1, but got {workers}"):
        LocalProcesses(workers)


def test_settings_travel_as_plain_data(cluster):
    jobs = json.loads(smoke(cluster, "samples/failing", seeds=[0]).attrs["settings"])
    assert jobs["width"] == [4]
