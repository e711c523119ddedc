"""From a run to what is committed: its record, or the jobs that are done so far."""

import os
import shutil
from pathlib import Path

import xarray as xr

from relu_book.files import write_atomically
from relu_book.records import LIMIT, read, record_path
from relu_book.runs.job import RESULT, finished
from relu_book.runs.layout import (
    JOBS,
    RECORD,
    SETTINGS,
    committed_jobs,
    invalid,
    jobs_of,
    run_folder,
)
from relu_book.runs.registry import Experiment, find


def promote(name: str, scale: str, root: str | os.PathLike | None = None) -> Path:
    """Copy the record of a finished run to the committed ones, which git then shows as a change.

    Of a run that is not finished the jobs that are done are copied: a later run, on this machine or
    another, goes on with the rest. They are removed when the record takes their place.

    Args:
        name: Name of the experiment.
        scale: Its scale.
        root: Folder of all runs; by default that of ``runs_root``.

    Returns:
        The path of the committed record, or the folder of the committed jobs.

    Raises:
        ValueError: The experiment or scale does not exist, the run has other settings or code than
            today's or lacks seeds, it was measured by code that no commit holds, or its record is
            too large for the repository.
        FileNotFoundError: No job of the run is done.
        RecordError: The record of the run is truncated or altered.
    """
    experiment = find(name)
    experiment.settings(scale)
    source = run_folder(experiment, scale, root) / RECORD
    if not source.is_file():
        return _promote_jobs(experiment, scale, source.parent)
    record = read(source)
    changed = invalid(record, experiment)
    if changed:
        command = f"`relu-book run {name} --scale {scale}`"
        raise ValueError(f"the run of {name} at the scale {scale} has {changed}: {command} first")
    target = record_path(name, scale)
    write_atomically(target, _to_commit(record, source, experiment, scale))
    shutil.rmtree(target.parent / JOBS, ignore_errors=True)
    return target


def _promote_jobs(experiment: Experiment, scale: str, folder: Path) -> Path:
    """Copy the finished jobs of a run that is not finished."""
    seeds = experiment.settings(scale).seeds
    for job, kept in zip(
        jobs_of(experiment, scale, seeds, folder),
        committed_jobs(experiment, scale, seeds),
        strict=True,
    ):
        result = finished(job.folder)
        if result is not None:
            source, target = Path(job.folder), Path(kept.folder)
            content = _to_commit(result, source / RESULT, experiment, scale)
            # First whose job it is: a result without that would be anybody's.
            write_atomically(target / SETTINGS, (source / SETTINGS).read_bytes())
            write_atomically(target / RESULT, content)
    jobs = record_path(experiment.name, scale).parent / JOBS
    if not jobs.is_dir():
        raise FileNotFoundError(
            f"{experiment.name} has no finished run at the scale {scale}: "
            f"`relu-book run {experiment.name} --scale {scale}` first"
        )
    return jobs


def _to_commit(measured: xr.Dataset, path: Path, experiment: Experiment, scale: str) -> bytes:
    """The file of what was measured, if a commit holds the code that did and it is small."""
    name = experiment.name
    if measured.attrs["tree"] != "clean":
        raise ValueError(
            f"the run of {name} at the scale {scale} was measured by code that no commit holds "
            f"(commit {measured.attrs['commit'][:12]}, {measured.attrs['tree']}): commit relu_book "
            f"and the experiment, then `relu-book run {name} --scale {scale} --fresh` in a clone "
            "of that commit"
        )
    content = path.read_bytes()
    if len(content) > LIMIT:
        raise ValueError(
            f"the record of {name} has {len(content) / 1e6:.1f} MB, but committed ones have "
            f"{LIMIT / 1e6:.0f} MB at most: let the experiment return less"
        )
    return content
