"""``relu-book doctor``: what is installed, what is there, and what can be run with it.

What can be tried is tried: a record is written and read, a chapter's verdicts are imported, a data
set is loaded.
"""

import os
import platform
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

import torch
import xarray as xr
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

import relu_book
from relu_book import datasets, runs
from relu_book.devices import device
from relu_book.extras import needs
from relu_book.patterns import set_backend
from relu_book.records import read, save
from relu_book.runs.executors import cores
from relu_book.runs.job import EXPECTED_ERRORS, sentence
from relu_book.runs.provenance import commit, device_name, versions

PACKAGES = (
    "relu-book", "torch", "torchvision", "numpy", "scipy", "numba", "triton", "scikit-learn",
    "xarray", "h5netcdf", "h5py", "safetensors", "pyarrow", "pooch", "tqdm", "tyro", "distributed",
    "matplotlib", "seaborn", "ipywidgets", "jupyter-book",
)  # fmt: skip


FOUND, CAN, YES = "found", "can run", "yes"


def examine() -> Iterator[str]:
    """The findings, line by line as they are made; the data sets take some seconds each."""
    yield from _installed()
    yield from _machine()
    yield "Parts"
    state = {name: attempt(use) for name, use in PARTS.items()}
    for name, said in state.items():
        yield f"  {name:<16} {said}"
    unrecorded = "" if state["records"] == YES else f"records ({state['records']})"
    yield "Data sets"
    missing = set()
    for name in datasets.names():
        found = data_set(name)
        if found != FOUND:
            missing.add(name)
        yield f"  {name:<16} {found}"
    yield "Experiments"
    can: Counter = Counter()
    there: Counter = Counter()
    for name in runs.names():
        found = runs.find(name)
        yield f"  {name}"
        for scale in found.scales:
            runnable = _runnable(found, scale, missing, unrecorded)
            there[scale] += 1
            can[scale] += runnable.startswith(CAN)
            yield f"    {scale:<6} {runnable}"
    counts = ", ".join(f"{can[scale]} of {there[scale]} at the scale {scale}" for scale in there)
    yield f"In short: of the experiments you can run {counts}."
    if missing:
        yield f"The others need data sets; missing are {', '.join(sorted(missing))}."


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


def attempt(use: Callable[[], object]) -> str:
    """Whether a part of the library can be used, in a word, or why it cannot, in a sentence."""
    try:
        use()
    except (*EXPECTED_ERRORS, RuntimeError) as error:
        return f"no: {sentence(error)}"
    return YES


def _record() -> None:
    with tempfile.TemporaryDirectory() as folder:
        read(save(xr.Dataset({"one": ("seed", [1.0])}), Path(folder) / "record.nc"))


def _ledger() -> None:
    needs("the ledger of claims", "book", "nbformat", "docutils")
    import_module("relu_book.claims.ledger")


# What each part is tried by.
PARTS: dict[str, Callable[[], object]] = {
    "records": _record,
    "verdicts": lambda: import_module("relu_book.claims"),
    "ledger": _ledger,
    "pictures": lambda: import_module("relu_book.plots.style"),
    "sliders": lambda: needs("explore", "book", "ipywidgets"),
    "cluster": lambda: needs("a Dask cluster", "cluster", "distributed"),
    "backend numba": lambda: set_backend(set_backend("numba")),
    "backend triton": lambda: set_backend(set_backend("triton")),
}


def _installed() -> Iterator[str]:
    found, needed = versions(PACKAGES), _needed()
    yield "Packages"
    for name in ("python", *PACKAGES):
        state = found.get(name, "not installed")
        if name in found and not needed.get(name, SpecifierSet()).contains(state, True):
            state += f", but relu-book needs {needed[name]}"
        yield f"  {name:<16} {state}"


def _needed() -> dict[str, SpecifierSet]:
    """The versions that relu-book asks for, by package; none if it is not installed."""
    try:
        about = metadata("relu-book")
    except PackageNotFoundError:
        return {}
    asked = map(Requirement, about.get_all("Requires-Dist", ()))
    ranges = {one.name.lower(): one.specifier for one in asked}
    return ranges | {"python": SpecifierSet(about.get("Requires-Python", ""))}


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
    yield f"  {'compiled code in':<16} {_compiled()}"
    root = datasets.data_root()
    yield f"  {'data sets in':<16} {root}{'' if root.is_dir() else ' (no such folder yet)'}"
    place = runs.runs_root()
    there = next(folder for folder in (place, *place.parents) if folder.is_dir())
    writable = "" if os.access(there, os.W_OK) else ", but you may not write there"
    free = shutil.disk_usage(there).free / 1e9
    yield f"  {'runs in':<16} {place}, {free:.1f} GB free{writable}"
    for variable in ("RELU_BOOK_SCALE", "RELU_BOOK_DEVICE", "OMP_NUM_THREADS"):
        yield f"  {variable:<16} {os.environ.get(variable, 'not set')}"
    yield f"  {'commit':<16} {head} ({tree})"


def _compiled() -> str:
    """Where numba keeps what it has compiled, so that later processes need not wait for it."""
    named = os.environ.get("NUMBA_CACHE_DIR")
    folder = Path(named) if named else Path(relu_book.__file__).parent
    there = next(path for path in (folder, *folder.parents) if path.is_dir())
    if os.access(there, os.W_OK):
        return str(folder)
    return f"{folder}, but you may not write there: set NUMBA_CACHE_DIR to a folder of yours"


def _runnable(found: runs.Experiment, scale: str, missing: set[str], unrecorded: str) -> str:
    """Whether what an experiment needs is there: records, and the data sets in its ``data``."""
    named = getattr(found.settings(scale), "data", ())
    lacking = sorted({named} & missing if isinstance(named, str) else set(named) & missing)
    lacking += [unrecorded] * bool(unrecorded)
    if lacking:
        return f"cannot run without {' and '.join(lacking)}"
    return f"{CAN}, takes {found.expected[scale]}"
