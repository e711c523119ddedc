"""Where a run and its jobs lie, and how far a run is; nothing here writes.

``<root>/<experiment>/<scale>/`` holds ``jobs/<values>-seed=<seed>/`` for each job and, once all are
done, ``record.nc``; until then ``shared/`` holds what jobs hand on to each other. The committed
records lie alike, with the jobs of runs that are not finished.
"""

import dataclasses
import itertools
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import xarray as xr
from filelock import FileLock, Timeout

from relu_book.files import folder_named_by
from relu_book.records import RecordError, load, read, record_path, recorded, repository
from relu_book.runs.job import RESULT, Job, progress_of
from relu_book.runs.registry import Experiment
from relu_book.runs.settings import SEEDS, as_json, difference

RUNS_VARIABLE = "RELU_BOOK_RUNS"
RECORD, JOBS, LOCK, SETTINGS = "record.nc", "jobs", "lock", "settings.json"
_FINGERPRINT = "SHA-256 of the code"  # beside the settings, none of which has a name with spaces


def runs_root() -> Path:
    """Where runs write: what ``RELU_BOOK_RUNS`` names, else ``runs`` in the clone or here."""
    named = folder_named_by(RUNS_VARIABLE)
    if named is not None:
        return named
    try:
        return repository() / "runs"
    except FileNotFoundError:
        return Path.cwd() / "runs"


def run_folder(experiment: Experiment, scale: str, root: str | os.PathLike | None = None) -> Path:
    """Folder of the run of an experiment at a scale."""
    return Path(root or runs_root()).absolute() / experiment.name / scale


def jobs_of(experiment: Experiment, scale: str, seeds: Sequence[int], folder: Path) -> list[Job]:
    """The jobs of a run, the seed varying fastest, each with the folder that is its own."""
    settings, code = experiment.settings(scale), experiment.fingerprint
    jobs = []
    for values in itertools.product(*(getattr(settings, field) for field in experiment.over)):
        over = dict(zip(experiment.over, values, strict=True))
        single = dataclasses.replace(settings, **over)
        for seed in seeds:
            own = _job_folder(folder / JOBS, single, over | {"seed": seed}, code)
            jobs.append(
                Job(experiment.name, experiment.module, scale, single, seed, str(own), over, code)
            )
    return jobs


def committed_jobs(experiment: Experiment, scale: str, seeds: Sequence[int]) -> list[Job]:
    """The same jobs, each with the folder that its result has among the committed records.

    Outside a clone there are none.
    """
    try:
        return jobs_of(experiment, scale, seeds, record_path(experiment.name, scale).parent)
    except FileNotFoundError:
        return []


def told(job: Job) -> bytes:
    """What the file ``settings.json`` of a job holds: whose job it is."""
    code = {} if job.fingerprint is None else {_FINGERPRINT: job.fingerprint}
    return json.dumps(as_json(job.settings) | code, indent=1).encode()


def is_done(job: Job) -> bool:
    """Whether the result of a job is there; ``finished`` says whether it is intact."""
    return (Path(job.folder) / RESULT).is_file()


def invalid(
    record: xr.Dataset, experiment: Experiment, seeds: Sequence[int] | None = None
) -> str | None:
    """What in a record is not as the experiment asks today; None if it is valid."""
    settings = experiment.settings(record.attrs["scale"])
    measured, today = record.attrs.get("fingerprint"), experiment.fingerprint
    if measured is not None and today is not None and measured != today:
        return "code that changed since"
    changed = difference(json.loads(record.attrs["settings"]), settings)
    missing = set(settings.seeds if seeds is None else seeds) - set(json.loads(record.attrs[SEEDS]))
    return changed or (f"no seed {min(missing)}" if missing else None)


def state(experiment: Experiment, scale: str, root: str | os.PathLike | None = None) -> str:
    """How far an experiment is at a scale, in a few words.

    Args:
        experiment: The experiment.
        scale: Its scale.
        root: Folder of all runs; by default that of ``runs_root``.

    Returns:
        Words on the committed record and on the run, such as ``recorded`` or ``3 of 25 jobs done``.
    """
    folder = run_folder(experiment, scale, root)
    words = []
    digest = None
    if scale in recorded().get(experiment.name, ()):
        try:
            record = load(experiment.name, scale)
            digest = record.attrs["digest"]
            changed = invalid(record, experiment)
            words.append(f"recorded, but with {changed}" if changed else "recorded")
        except RecordError as error:
            words.append(f"damaged record ({error})")
    seeds = experiment.settings(scale).seeds
    jobs = jobs_of(experiment, scale, seeds, folder)
    kept = committed_jobs(experiment, scale, seeds)
    done = sum(any(map(is_done, both)) for both in zip(jobs, kept or jobs, strict=True))
    if _running(folder):
        share = sum(1.0 if is_done(job) else progress_of(Path(job.folder)).share for job in jobs)
        words.append(f"running, {100 * share / len(jobs):.0f} %")
    elif done == len(jobs):
        try:
            if read(folder / RECORD).attrs["digest"] != digest:
                words.append("measured, not promoted")
        except (FileNotFoundError, RecordError):
            words.append(f"{done} of {len(jobs)} jobs done, not put together")
    elif not words and (changed := _changed(folder / RECORD, experiment)):
        words.append(f"measured, but with {changed}")
    elif done or any((Path(job.folder) / SETTINGS).is_file() for job in jobs):
        words.append(f"{done} of {len(jobs)} jobs done")
    return "; ".join(words) or "not run"


def _changed(path: Path, experiment: Experiment) -> str | None:
    """What in the record of a run is not as today, its seeds apart; None if there is no record."""
    try:
        return invalid(read(path), experiment, ())
    except (FileNotFoundError, RecordError):
        return None


def _running(folder: Path) -> bool:
    """Whether a process holds the lock of a run."""
    if not (folder / LOCK).is_file():
        return False
    try:
        with FileLock(folder / LOCK, timeout=0):
            return False
    except Timeout:
        return True
    except OSError:  # a file that this user may only read
        return False


def _job_folder(root: Path, settings: Any, values: dict[str, Any], code: str | None) -> Path:
    """The first folder of this name that is new or holds a job with these settings and code."""
    name = "-".join(f"{field}={value}" for field, value in values.items()).replace("/", "_")
    number = 1
    while True:
        folder = root / (name if number == 1 else f"{name}-{number}")
        if not (folder / SETTINGS).exists() or _holds(folder, settings, code):
            return folder
        number += 1


def _holds(folder: Path, settings: Any, code: str | None) -> bool:
    """Whether a job of these settings and this code lies in a folder."""
    try:
        told = json.loads((folder / SETTINGS).read_text())
    except ValueError:  # damaged: nobody can tell whose job it is
        return False
    if not isinstance(told, dict):
        return False
    measured = told.pop(_FINGERPRINT, code)  # older versions did not write it
    return difference(told, settings) is None and measured == code
