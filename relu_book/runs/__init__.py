"""Runs: named measurements with settings for three scales, which record themselves.

An experiment is a function of settings, a seed and a run, in a module of its chapter. Example::

    @dataclass(frozen=True)
    class Settings:
        width: tuple[int, ...] = (16, 32)
        steps: int = 600
        seeds: tuple[int, ...] = (0, 1, 2)

    @experiment(
        scales={"smoke": Settings(width=(4,), steps=5, seeds=(0, 1)), "desk": Settings()},
        expected={"smoke": "2 s on one core", "desk": "20 min on 2 cores"},
        over=("width",),
        variants={"fashion_mnist": {"paper": {"steps": 900}}},
    )
    def jaccard(settings: Settings, seed: int, run: Run) -> xr.Dataset:
        \"\"\"relu-book run pattern_evolution/jaccard --scale desk

        Expected time: smoke 2 s on one core, desk 20 min on 2 cores. Expected result: the weighted
        Jaccard similarity of neighbouring checkpoints rises from 0.2 to 0.9 (thesis 3.1).
        \"\"\"
        data = run.load("digits", size=16)
        history = train(model, data.images, data.labels, ..., seed=seed, progress=run.progress,
                        checkpoint=Checkpoint(run.checkpoint, every=100))
        return xr.Dataset({"jaccard": ("step", values)}, coords={"step": steps})

What holds for it:

- ``settings`` is a frozen dataclass with a field ``seeds``; every field holds what JSON knows.
  A job is one seed and, for fields named in ``over``, one of their values: the function gets the
  settings with that single value. Results are put together along those fields and ``seed``.
- The chapter is the package that the module lies in; elsewhere it is given, ``chapter="mine"``.
- ``variants`` registers the same function on other data sets, as ``<name>_<data set>``: their
  ``data`` at every scale but ``smoke``, and what else differs by scale.
- A new field with a default leaves older records valid, as long as the default is what they did.
- The function draws from ``seed`` alone and returns numbers with named dimensions. torch is seeded
  and works on one thread, so that every executor gives the same bits. At the scale ``smoke`` it
  takes seconds, on the CPU, in float64 where it trains: its record is measured again by the tests.
- A setting that names a data set is called ``data``: ``relu-book doctor`` looks for its files.
- ``run.load`` loads a data set and notes it in the record, ``run.checkpoint`` is a path for the
  job's checkpoint, ``run.folder`` one for other files, ``run.device`` where to compute, and
  ``run.progress(done, total)`` tells how far the job is.
- Then ``relu-book run NAME --scale smoke``, ``relu-book promote NAME --scale smoke``, and in the
  notebook ``record = experiments.get(NAME)``.
"""

from relu_book.extras import needs

needs("relu_book.runs", "lab", "xarray", "filelock", "threadpoolctl", "tqdm")

from relu_book.runs.job import Run
from relu_book.runs.layout import run_folder, runs_root, state
from relu_book.runs.promotion import promote
from relu_book.runs.registry import Experiment, experiment, find, names
from relu_book.runs.runner import (
    AlreadyRunningError,
    JobsFailedError,
    get,
    run,
)

__all__ = [
    "AlreadyRunningError",
    "Experiment",
    "JobsFailedError",
    "Run",
    "experiment",
    "find",
    "get",
    "names",
    "promote",
    "run",
    "run_folder",
    "runs_root",
    "state",
]
