"""``relu-book doctor``: what is installed, what is there, and what can be run with it."""

import os
import platform
import shutil
from collections.abc import Iterator

import torch

from relu_book import datasets, experiments
from relu_book.devices import device
from relu_book.experiments.executors import cores
from relu_book.experiments.job import EXPECTED_ERRORS, sentence
from relu_book.experiments.provenance import commit, device_name, versions
from relu_book.patterns import set_backend

PACKAGES = (
    "relu-book", "torch", "torchvision", "numpy", "scipy", "numba", "triton", "scikit-learn",
    "xarray", "h5netcdf", "h5py", "safetensors", "pyarrow", "pooch", "tqdm", "tyro", "distributed",
    "matplotlib", "seaborn", "ipywidgets", "jupyter-book",
)  # fmt: skip


FOUND = "found"


def examine() -> Iterator[str]:
    """The findings, line by line as they are made; the data sets take some seconds each."""
    yield from _installed()
    yield from _machine()
    yield "Data sets"
    missing = set()
    for name in datasets.names():
        state = data_set(name)
        if state != FOUND:
            missing.add(name)
        yield f"  {name:<16} {state}"
    yield "Experiments"
    for name in experiments.names():
        found = experiments.find(name)
        yield f"  {name}"
        for scale in found.scales:
            yield f"    {scale:<6} {_runnable(found, scale, missing)}"


def data_set(name: str) -> str:
    """Whether the files of a data set are there and intact, in a sentence.

    Example:
        >>> data_set("digits")
        'found'
    """
    try:
        try:
            datasets.load(name, "test", per_class=1)  # the large ones need not be read whole
        except TypeError:
            datasets.load(name, "test")
    except FileNotFoundError as error:
        return f"missing: {sentence(error)}"
    except EXPECTED_ERRORS as error:
        return f"cannot be used: {sentence(error)}"
    return FOUND


def _installed() -> Iterator[str]:
    found = versions(PACKAGES)
    yield "Packages"
    for name in ("python", *PACKAGES):
        yield f"  {name:<16} {found.get(name, 'not installed')}"


def _machine() -> Iterator[str]:
    head, tree = commit()
    yield "Machine"
    yield f"  {'system':<16} {platform.system()} {platform.machine()}, {cores()} cores"
    try:
        yield f"  {'computes on':<16} {device_name(device())}"
    except ValueError as error:  # RELU_BOOK_DEVICE names a device that is not there
        yield f"  {'computes on':<16} nothing: {error}"
    for index in range(torch.cuda.device_count()):
        yield f"  {'CUDA device':<16} {device_name(torch.device('cuda', index))}"
    for name in ("numba", "triton"):
        yield f"  {'backend ' + name:<16} {_backend(name)}"
    root = datasets.data_root()
    yield f"  {'data sets in':<16} {root}{'' if root.is_dir() else ' (no such folder yet)'}"
    runs = experiments.runs_root()
    there = next(folder for folder in (runs, *runs.parents) if folder.is_dir())
    yield f"  {'runs in':<16} {runs}, {shutil.disk_usage(there).free / 1e9:.1f} GB free"
    for variable in ("RELU_BOOK_SCALE", "RELU_BOOK_DEVICE", "OMP_NUM_THREADS"):
        yield f"  {variable:<16} {os.environ.get(variable, 'not set')}"
    yield f"  {'commit':<16} {head} ({tree})"


def _backend(name: str) -> str:
    """Whether the patterns can be counted with a backend."""
    try:
        set_backend(set_backend(name))
    except (ImportError, ValueError) as error:
        return f"no: {error}"
    return "yes"


def _runnable(found: experiments.Experiment, scale: str, missing: set[str]) -> str:
    """Whether an experiment's data sets, which its setting ``data`` names, are all there."""
    named = getattr(found.settings(scale), "data", ())
    lacking = sorted({named} & missing if isinstance(named, str) else set(named) & missing)
    if lacking:
        return f"cannot run without {' and '.join(lacking)}"
    return f"can run, takes {found.expected[scale]}"
