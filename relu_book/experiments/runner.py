"""Runs an experiment at a scale: jobs by an executor, results put together, one record written.

``runs/<experiment>/<scale>/`` holds a folder for each job and, once all are done, ``record.nc``.
Jobs that are done are never computed again, so a run that was cut off goes on where it was.
"""

import dataclasses
import itertools
import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import xarray as xr
from filelock import FileLock, Timeout

from relu_book.experiments.executors import Executor, default_executor
from relu_book.experiments.job import RESULT, Job, Outcome, execute, finished
from relu_book.experiments.progress import Progress
from relu_book.experiments.record import assemble
from relu_book.experiments.registry import Experiment, find
from relu_book.experiments.settings import SEEDS, as_json, difference
from relu_book.results import RecordError, load, read, save
from relu_book.results.files import write_atomically
from relu_book.results.records import repository

SCALE_VARIABLE = "RELU_BOOK_SCALE"
RUNS_VARIABLE = "RELU_BOOK_RUNS"
RECORD = "record.nc"


class AlreadyRunningError(RuntimeError):
    """Another process works on the same run."""


class JobsFailedError(RuntimeError):
    """Some jobs of a run failed; the results of the others are kept.

    Attributes:
        details: Traceback of an error that nobody expects, or None.
    """

    details: str | None = None


def runs_root() -> Path:
    """Where runs write: what ``RELU_BOOK_RUNS`` names, else ``runs`` in the clone or here."""
    named = os.environ.get(RUNS_VARIABLE)
    if named:
        return Path(named).expanduser().absolute()
    try:
        return repository() / "runs"
    except FileNotFoundError:
        return Path.cwd() / "runs"


def run_folder(experiment: Experiment, scale: str, root: str | os.PathLike | None = None) -> Path:
    """Folder of the run of an experiment at a scale."""
    return Path(root or runs_root()).absolute() / experiment.name / scale


def get(name: str, scale: str | None = None) -> xr.Dataset:
    """What an experiment measured: its committed record, or a run at the scale that is asked for.

    Args:
        name: Name of the experiment.
        scale: Scale to run at; by default that of the environment variable ``RELU_BOOK_SCALE``.
            Without either, the committed record of the largest scale is read.

    Returns:
        The record, in memory.

    Raises:
        ValueError: The experiment or its scale does not exist, or the committed record was
            measured with other settings than those of today.
        FileNotFoundError: There is no record.
        RecordError: The record is truncated or altered.
        AlreadyRunningError, JobsFailedError: see ``run``.

    Example:
        >>> record = get("activation_cells/cells_over_width")
        >>> record.sizes["width"] > 1, record.grid.dims
        (True, ('width', 'seed'))
    """
    scale = scale or os.environ.get(SCALE_VARIABLE) or None
    if scale is not None:
        return run(name, scale)
    experiment = find(name)
    record = load(name)
    changed = invalid(record, experiment)
    if changed:
        raise ValueError(
            f"the record of {name} does not answer today's settings, it has {changed}: measure it "
            f"again, `{record.attrs['command']}`, and promote it"
        )
    return record


def invalid(record: xr.Dataset, experiment: Experiment) -> str | None:
    """What in a record is not as the experiment asks today; None if it is valid."""
    settings = experiment.settings(record.attrs["scale"])
    changed = difference(json.loads(record.attrs["settings"]), settings)
    missing = set(settings.seeds) - set(json.loads(record.attrs[SEEDS]))
    return changed or (f"no seed {min(missing)}" if missing else None)


def run(
    name: str,
    scale: str,
    *,
    seeds: Sequence[int] | None = None,
    executor: Executor | None = None,
    fresh: bool = False,
    progress: bool = True,
    root: str | os.PathLike | None = None,
) -> xr.Dataset:
    """Run an experiment, or what is left of it.

    Args:
        name: Name of the experiment.
        scale: ``smoke``, ``desk`` or ``paper``.
        seeds: Seeds instead of those of the settings; seeds that are done stay in the record.
        executor: Where the jobs run; by default in processes, one a core, if there are several jobs
            of more than seconds and no GPU, else in this process.
        fresh: Forget what an earlier run at this scale has computed.
        progress: Whether to write progress to stderr.
        root: Folder of all runs; by default that of ``runs_root``.

    Returns:
        The record, in memory, with the seeds that were asked for. It lies in
        ``<root>/<name>/<scale>/record.nc``, with all seeds that are done.

    Raises:
        ValueError: The experiment or its scale does not exist, or the seeds are no seeds.
        AlreadyRunningError: Another process works on this run.
        JobsFailedError: Some jobs failed; the message says which and why. All others are kept.
        OSError: The record could not be written; the jobs are kept.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     name = "activation_cells/cells_over_width"
        ...     record = run(name, "smoke", seeds=[3], progress=False, root=folder)
        >>> record.exact.dims, record.attrs["seeds"]
        (('width', 'seed'), '[3]')
    """
    experiment = find(name)
    settings = experiment.settings(scale)
    asked = tuple(settings.seeds if seeds is None else _checked(seeds))
    folder = run_folder(experiment, scale, root)
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / "lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise AlreadyRunningError(
            f"{name} at the scale {scale} is running in another process, see {folder}: wait for it"
        ) from None
    try:
        if fresh:
            shutil.rmtree(folder / "jobs", ignore_errors=True)
            (folder / RECORD).unlink(missing_ok=True)
        jobs = make_jobs(experiment, scale, asked, folder)
        _compute(jobs, executor, progress)
        kept = tuple(sorted(set(asked) | _done_before(experiment, scale, folder)))
        record = assemble(experiment, scale, kept, make_jobs(experiment, scale, kept, folder))
        save(record, folder / RECORD)
    finally:
        lock.release()
    return record.sel(seed=list(asked)).assign_attrs(record.attrs)


def make_jobs(experiment: Experiment, scale: str, seeds: Sequence[int], folder: Path) -> list[Job]:
    """The jobs of a run, the seed varying fastest, each with the folder that is its own."""
    settings = experiment.settings(scale)
    jobs = []
    for values in itertools.product(*(getattr(settings, field) for field in experiment.over)):
        over = dict(zip(experiment.over, values, strict=True))
        for seed in seeds:
            single = dataclasses.replace(settings, **over)
            own = _job_folder(folder / "jobs", single, over | {"seed": seed})
            module = experiment.module
            jobs.append(Job(experiment.name, module, scale, single, seed, str(own), over))
    return jobs


def _job_folder(root: Path, settings: Any, values: dict[str, Any]) -> Path:
    """The first folder of this name that is new or holds a job with these settings."""
    name = "-".join(f"{field}={value}" for field, value in values.items()).replace("/", "_")
    for number in itertools.count(1):
        folder = root / (name if number == 1 else f"{name}-{number}")
        told = folder / "settings.json"
        if not told.is_file():
            write_atomically(told, json.dumps(as_json(settings), indent=1).encode())
            return folder
        if difference(json.loads(told.read_text()), settings) is None:
            return folder
    raise AssertionError("unreachable: count() never ends")


def _done_before(experiment: Experiment, scale: str, folder: Path) -> set[int]:
    """Seeds of an earlier record of this run whose jobs are all still there."""
    try:
        seeds = json.loads(read(folder / RECORD).attrs[SEEDS])
    except (FileNotFoundError, RecordError):
        return set()
    return {
        seed
        for seed in seeds
        if all(
            (Path(job.folder) / RESULT).is_file()
            for job in make_jobs(experiment, scale, (seed,), folder)
        )
    }


def _compute(jobs: list[Job], executor: Executor | None, progress: bool) -> None:
    """Compute the jobs that are not done; raise once, after all that could run have run."""
    waiting = [job for job in jobs if finished(job.folder) is None]
    if not waiting:
        return
    executor = executor or default_executor(waiting)
    failed = []
    with Progress(jobs, len(jobs) - len(waiting), enabled=progress) as shown:
        for outcome in executor.map(execute, waiting):
            if outcome.error is None:
                if finished(outcome.job.folder) is None:  # computed on another file system
                    save(outcome.result, Path(outcome.job.folder) / RESULT)
                shown.finished(outcome.job)
                continue
            failed.append(outcome)
            if outcome.stops_run:
                break
    if failed:
        raise _failure(failed, jobs)


def _failure(failed: list[Outcome], jobs: list[Job]) -> JobsFailedError:
    done = sum(finished(job.folder) is not None for job in jobs)
    first = failed[0]
    more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
    error = JobsFailedError(
        f"{first.job.experiment}, {first.job.label}{more}: {first.error.rstrip('.')}; {done} of "
        f"{len(jobs)} jobs are done and kept, the same command goes on with the rest"
    )
    error.details = first.details
    return error


def _checked(seeds: Sequence[int]) -> tuple[int, ...]:
    seeds = tuple(dict.fromkeys(seeds))
    if not seeds or any(not isinstance(seed, int) or seed < 0 for seed in seeds):
        raise ValueError(f"seeds are whole numbers of at least 0, one at least, but got {seeds!r}")
    return seeds
