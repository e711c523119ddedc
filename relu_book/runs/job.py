"""One job, one seed of an experiment: computed once, kept in a folder of its own.

The folder holds ``settings.json`` (whose job it is), ``code.json`` (the commits it ran under),
``progress.json``, the checkpoint while the job runs, and ``result.nc`` once it is done. A job that
is started again reads its result, or goes on from its checkpoint. A lock keeps two processes out of
one folder; it ends with its process.
"""

import datetime
import functools
import json
import math
import os
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
import xarray as xr
from filelock import FileLock
from threadpoolctl import threadpool_limits

from relu_book import datasets
from relu_book.devices import device
from relu_book.files import remove_unfinished, write_atomically
from relu_book.records import RecordError, read, save
from relu_book.runs.provenance import commit, device_name, peak_memory, versions
from relu_book.runs.registry import find
from relu_book.runs.source import Source

RESULT, PROGRESS, CODE, SHARED = "result.nc", "progress.json", "code.json", "shared"
# What users and machines can cause is told in a sentence; anything else is a bug.
EXPECTED_ERRORS = (OSError, ValueError, ArithmeticError, ImportError, MemoryError)


@dataclass(frozen=True)
class Job:
    """What a process must know to compute one seed; plain data, so that it travels.

    Attributes:
        experiment: Name of the experiment.
        module: Module that registers it.
        scale: Scale, by name.
        settings: Settings with a single value for each field of ``over``.
        seed: The seed.
        folder: Folder of the job.
        over: The values of those fields, by name.
        fingerprint: What tells the experiment's code from any other; None for the book's.
    """

    experiment: str
    module: str
    scale: str
    settings: Any
    seed: int
    folder: str
    over: dict[str, Any] = field(default_factory=dict)
    fingerprint: str | None = None

    @property
    def label(self) -> str:
        """What tells this job from the others of its run, such as ``width 16, seed 3``."""
        parts = [f"{name} {value}" for name, value in (self.over | {"seed": self.seed}).items()]
        return ", ".join(parts)


@dataclass(frozen=True)
class Outcome:
    """What became of a job: a result, or an error in a sentence.

    Attributes:
        job: The job.
        result: Its result, or None.
        error: What went wrong, or None.
        stops_run: Whether the other jobs would meet the same error, such as a full disk.
        details: Traceback of an error that nobody expects.
    """

    job: Job
    result: xr.Dataset | None = None
    error: str | None = None
    stops_run: bool = False
    details: str | None = None


class Run:
    """What an experiment gets beside its settings and its seed.

    Attributes:
        folder: Folder of this job, for files that it keeps.
        checkpoint: Path for the checkpoint of the training; deleted when the job is done.
        device: Where to compute: the CPU at the scale ``smoke``, else ``relu_book.device()``.
        scale: ``smoke``, ``desk`` or ``paper``.
    """

    def __init__(
        self,
        folder: Path,
        scale: str,
        *,
        shared: Path | None = None,
        source: Source | None = None,
    ) -> None:
        self.folder = folder
        self._shared, self._source = shared or folder / SHARED, source
        self._code: list[list[str]] = []  # of what lies there
        self.scale = scale
        self.checkpoint = folder / "checkpoint"
        self.device = torch.device("cpu") if scale == "smoke" else device()
        self._data: list[dict[str, Any]] = []
        self._started = self._told = time.monotonic()
        # A job that goes on counts the time before it was cut off, as far as it was written down,
        # and the memory that it took then.
        self._before = progress_of(folder)

    def load(self, name: str, split: str = "train", **options: Any) -> datasets.Dataset:
        """``relu_book.datasets.load``, noted in the record with its checksum."""
        data = _loaded(os.environ.get("RELU_BOOK_DATA"), name, split, tuple(options.items()))
        here = ("root", "download")  # where the files lie says nothing about what they hold
        told = {option: value for option, value in options.items() if option not in here}
        entry = {"name": name, "split": split, **told, "checksum": data.checksum}
        if entry not in self._data:
            self._data.append(entry)
        return data

    def shared(self, name: str) -> Path:
        """A folder of this name that all jobs of the run see, for what one job hands on to others.

        It is deleted when the record of the run stands, and is not committed with finished jobs:
        what is not there must be computed again. Files are called ``checkpoint*``; the commits
        under which they were made count as those of each job that asks for them. Jobs may run side
        by side, so that each takes a lock of its own there.
        """
        folder = self._shared / name
        folder.mkdir(parents=True, exist_ok=True)
        self._code += _code(folder, self._source)
        return folder

    def progress(self, done: float, total: float) -> None:
        """Tells how far the job is; called as often as is convenient, it costs nothing."""
        now = time.monotonic()
        if now - self._told >= 1 or done >= total:
            self._told = now
            share = min(max(done / total, 0.0), 1.0) if total else 1.0
            told = Progress(share, self.seconds, self.memory)._asdict()
            # Nobody should lose a training because its progress could not be told.
            with suppress(OSError):
                write_atomically(self.folder / PROGRESS, json.dumps(told).encode())

    @property
    def seconds(self) -> float:
        """Time that the job has taken so far, in seconds."""
        return round(self._before.seconds + time.monotonic() - self._started, 2)

    @property
    def memory(self) -> int:
        """Most memory that a process which worked on the job has held so far, in bytes."""
        return max(self._before.memory, peak_memory())


@functools.lru_cache(maxsize=2)
def _loaded(place: str | None, name: str, split: str, options: tuple) -> datasets.Dataset:
    """What the last job of this process loaded, the next one mostly needs again."""
    return datasets.load(name, split, **dict(options))


class Progress(NamedTuple):
    """Share of a job that is done, the seconds it took and the bytes it held at most."""

    share: float = 0.0
    seconds: float = 0.0
    memory: int = 0


def progress_of(folder: Path) -> Progress:
    """How far a job is, as it last told; 0 if it has not."""
    try:
        told = json.loads((folder / PROGRESS).read_text())
        found = Progress(float(told["share"]), float(told["seconds"]), int(told.get("memory", 0)))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return Progress()
    fits = 0 <= found.share <= 1 and 0 <= found.seconds < math.inf and found.memory >= 0
    return found if fits else Progress()


def finished(folder: str | Path) -> xr.Dataset | None:
    """The result of a job that is done; None if it is not, or if its file is damaged."""
    try:
        return read(Path(folder) / RESULT)
    except (FileNotFoundError, RecordError):
        return None


def execute(job: Job) -> Outcome:
    """Compute a job, or read its result if it is done; an error is returned, not raised."""
    folder = Path(job.folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Held by a process whose run was killed, perhaps on another machine: its result is awaited.
        with FileLock(folder / "lock"):
            remove_unfinished(folder)
            result = finished(folder)
            if result is None:
                result = _compute(job, folder)
                save(result, folder / RESULT)
                for path in folder.glob("checkpoint*"):
                    path.unlink()
        return Outcome(job, result)
    except EXPECTED_ERRORS as error:
        environment = isinstance(error, OSError | ImportError)
        return Outcome(job, error=sentence(error), stops_run=environment)
    except SystemExit as error:
        message = f"it called sys.exit({error.code!r}), where an experiment returns its result"
        return Outcome(job, error=message)
    except Exception as error:
        return Outcome(job, error=sentence(error), details=traceback.format_exc())


def sentence(error: BaseException) -> str:
    """An error in one line that says what kind it is where its text does not."""
    if isinstance(error, OSError) and error.errno is not None and error.strerror:
        where = f": {error.filename}" if error.filename else ""
        return f"{error.strerror[0].lower()}{error.strerror[1:]}{where}"
    text = " ".join(str(error).split())
    if not text or isinstance(error, KeyError):
        return f"{type(error).__name__} {text}".strip()
    return text


def _compute(job: Job, folder: Path) -> xr.Dataset:
    experiment = find(job.experiment, job.module)
    run = Run(
        folder, job.scale, shared=folder.parent.parent / SHARED, source=experiment.source
    )  # beside the folder of all jobs
    if experiment.fingerprint != job.fingerprint:
        raise ValueError(
            "the code of the experiment in the process that computes it is not that of the run; "
            "start the run, and a cluster's workers, again"
        )
    code = _code(folder, experiment.source)
    with _one_thread(job.seed):
        result = experiment.function(job.settings, job.seed, run)
    if not isinstance(result, xr.Dataset):
        raise TypeError(
            f"{job.experiment} must return an xarray.Dataset, but returned {type(result).__name__}"
        )
    _check_losses(result)
    code += run._code
    attributes = {
        "data": json.dumps(run._data),
        "device": device_name(run.device),
        "versions": json.dumps(versions()),
        "commit": "; ".join(dict.fromkeys(head for head, _ in code)),
        "tree": "; ".join(dict.fromkeys(tree for _, tree in code)),
        "wall_time": run.seconds,
        "memory": run.memory,
        "finished": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }
    if job.fingerprint is not None:
        attributes["fingerprint"] = job.fingerprint
    return result.assign_attrs(attributes)


def _code(folder: Path, source: Source | None) -> list[list[str]]:
    """Commit and state of the code of every process that has worked on this job, in order.

    Where there is no checkpoint the job begins anew, and what ran before does not count.
    """
    before = _before(folder)
    now = list(commit(source))
    told = before if any(folder.glob("checkpoint*")) else []
    told = told if now in told else [*told, now]
    if told != before:
        write_atomically(folder / CODE, json.dumps(told).encode())
    return told


def _before(folder: Path) -> list[list[str]]:
    """What ``_code`` wrote last; one entry that is unknown if that cannot be read."""
    with suppress(FileNotFoundError, ValueError, TypeError):
        told = json.loads((folder / CODE).read_text())
        if told and all(isinstance(word, str) for head, tree in told for word in (head, tree)):
            return told
    return [["unknown", "unknown"]]


def _check_losses(result: xr.Dataset) -> None:
    """A training that diverged is no result, unless ``trained`` says how many steps it took."""
    if "trained" in result:
        return
    for name, variable in result.data_vars.items():
        if str(name).split("_")[-1] == "loss" and variable.dtype.kind == "f":
            bad = ~np.isfinite(variable.values)
            if bad.any():
                first = np.unravel_index(bad.argmax(), bad.shape)
                where = ", ".join(f"{d} {i}" for d, i in zip(variable.dims, first, strict=True))
                raise FloatingPointError(
                    f"{name} is {variable.values[first]} at {where or 'the end'}: the training "
                    "diverged"
                )


@contextmanager
def _one_thread(seed: int) -> Iterator[None]:
    """One thread and a seeded generator, so that every executor computes the same bits."""
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    try:
        with threadpool_limits(1, user_api="blas"):
            yield
    finally:
        torch.set_num_threads(threads)
        torch.set_rng_state(state)
