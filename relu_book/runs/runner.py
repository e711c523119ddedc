"""Runs an experiment at a scale: jobs by an executor, results put together, one record written.

Jobs that are done are never computed again, so a run that was cut off goes on where it was.
"""

import contextlib
import json
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import xarray as xr
from filelock import FileLock, Timeout

from relu_book.files import remove_unfinished, write_atomically
from relu_book.records import SCALES, RecordError, load, read, save
from relu_book.runs.assembly import assemble, command
from relu_book.runs.executors import Executor, default_executor, stop_if_unguarded
from relu_book.runs.job import RESULT, SHARED, Job, Outcome, execute, finished
from relu_book.runs.layout import (
    JOBS,
    LOCK,
    RECORD,
    SETTINGS,
    committed_jobs,
    invalid,
    is_done,
    jobs_of,
    run_folder,
    told,
)
from relu_book.runs.progress import Progress
from relu_book.runs.registry import Experiment, find
from relu_book.runs.settings import SEEDS

SCALE_VARIABLE = "RELU_BOOK_SCALE"


class AlreadyRunningError(RuntimeError):
    """Another process works on the same run."""


class JobsFailedError(RuntimeError):
    """Some jobs of a run failed; the results of the others are kept.

    Attributes:
        details: Traceback of an error that nobody expects, or None.
    """

    details: str | None = None


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
            measured with other settings than those of today, or, if it is not one of the book,
            by other code.
        FileNotFoundError: There is no record.
        RecordError: The record is truncated or altered.
        AlreadyRunningError, JobsFailedError: see ``run``.

    Example:
        >>> record = get("activation_cells/cells_over_width")
        >>> record.sizes["width"] > 1, record.grid.dims
        (True, ('width', 'seed'))
    """
    if scale is None and os.environ.get(SCALE_VARIABLE):
        scale = os.environ[SCALE_VARIABLE]
        if scale not in SCALES:
            raise ValueError(
                f"{SCALE_VARIABLE} is {scale!r}, which is no scale: set it to "
                f"{', '.join(SCALES[:-1])} or {SCALES[-1]}, or unset it for the committed records"
            )
    if scale is not None:
        return run(name, scale)
    experiment = find(name)
    record = load(name)
    changed = invalid(record, experiment)
    if changed:
        raise ValueError(
            f"the record of {name} does not answer today's experiment, it has {changed}: measure "
            f"it again, `{record.attrs['command']}`, and promote it"
        )
    # What was measured before experiments said so themselves is told as they tell it today.
    record.attrs.setdefault("deviations", experiment.deviations.get(record.attrs["scale"], ""))
    return record


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

    What was measured before, here or in a committed job, is read again, unless the settings changed
    since or, in an experiment that is not one of the book, the code: then it is measured again, and
    stderr says so. The code of the book's experiments is told by the commit that a record names;
    ``fresh=True`` measures them again.

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
    stop_if_unguarded()
    experiment = find(name)
    settings = experiment.settings(scale)
    asked = tuple(settings.seeds if seeds is None else _checked(seeds))
    folder = run_folder(experiment, scale, root)
    if not fresh:
        record = _before(folder)
        if record is not None and invalid(record, experiment, asked) is None:
            return _selected(record, experiment, asked)
        changed = None if record is None else invalid(record, experiment, ())
        if changed and progress:
            again = f"{name} {scale}: measured before with {changed}, so it is measured again"
            print(again, file=sys.stderr, flush=True)
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK, timeout=0.5)  # `relu-book list` holds it for an instant
    try:
        lock.acquire()
    except Timeout:
        raise AlreadyRunningError(
            f"{name} at the scale {scale} is running in another process, see {folder}: wait for it"
        ) from None
    try:
        remove_unfinished(folder)
        if fresh:
            for part in (JOBS, SHARED):
                shutil.rmtree(folder / part, ignore_errors=True)
            (folder / RECORD).unlink(missing_ok=True)
        jobs = jobs_of(experiment, scale, asked, folder)
        if not fresh:
            _take_over(jobs, committed_jobs(experiment, scale, asked))
        _compute(jobs, executor, progress)
        kept = tuple(sorted(set(asked) | _done_before(experiment, scale, folder)))
        record = assemble(experiment, scale, kept, jobs_of(experiment, scale, kept, folder))
        record = read(save(record, folder / RECORD))
        shutil.rmtree(folder / SHARED, ignore_errors=True)
    finally:
        lock.release()
    return _selected(record, experiment, asked)


def _before(folder: Path) -> xr.Dataset | None:
    """The record of an earlier run; no lock is needed to read it."""
    try:
        return read(folder / RECORD)
    except (FileNotFoundError, RecordError):
        return None


def _selected(record: xr.Dataset, experiment: Experiment, asked: Sequence[int]) -> xr.Dataset:
    """The seeds that were asked for, in their order; the digest is one of all seeds."""
    if record.seed.values.tolist() == list(asked):
        return record
    again = command(experiment, record.attrs["scale"], asked)
    part = record.sel(seed=list(asked))
    part.attrs = record.attrs | {"seeds": json.dumps(list(asked)), "command": again}
    del part.attrs["digest"]
    return part


def _done_before(experiment: Experiment, scale: str, folder: Path) -> set[int]:
    """Seeds of an earlier record of this run whose jobs are all still there."""
    try:
        seeds = json.loads(read(folder / RECORD).attrs[SEEDS])
    except (FileNotFoundError, RecordError):
        return set()
    return {
        seed for seed in seeds if all(map(is_done, jobs_of(experiment, scale, (seed,), folder)))
    }


def _take_over(jobs: list[Job], committed: list[Job]) -> None:
    """Copy the committed jobs that have not been computed here."""
    for job, kept in zip(jobs, committed, strict=False):
        if finished(job.folder) is None and finished(kept.folder) is not None:
            for name in (SETTINGS, RESULT):
                write_atomically(Path(job.folder) / name, (Path(kept.folder) / name).read_bytes())


def _compute(jobs: list[Job], executor: Executor | None, progress: bool) -> None:
    """Compute the jobs that are not done; raise once, after all that could run have run."""
    waiting = [job for job in jobs if finished(job.folder) is None]
    if not waiting:
        return
    for job in waiting:
        file = Path(job.folder) / SETTINGS
        if not file.is_file():
            write_atomically(file, told(job))
    executor = executor or default_executor(waiting)
    failed = []
    with contextlib.ExitStack() as stack:
        shown = stack.enter_context(Progress(jobs, len(jobs) - len(waiting), enabled=progress))
        outcomes = stack.enter_context(contextlib.closing(executor.map(execute, waiting)))
        for outcome in outcomes:
            if outcome.error is None:
                if not is_done(outcome.job):  # computed on another file system
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
    if not seeds or any(type(seed) is not int or not 0 <= seed < 2**63 for seed in seeds):
        raise ValueError(
            f"seeds are whole numbers from 0 to 2**63 - 1, one at least, but got {seeds!r}"
        )
    return seeds
