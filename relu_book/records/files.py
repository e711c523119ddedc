"""One labelled result in one netCDF file: written whole or not at all, read only if unaltered.

A file is built in memory, written beside its place and moved there, so a process that dies or a
disk that is full leaves the older file or none. The attribute ``digest`` is SHA-256 over names,
dimensions, types, values and all other attributes, and a line after the netCDF content is SHA-256
over its bytes; ``read`` computes both again. Any netCDF program reads the file, but one that writes
to it breaks the seal.
"""

import hashlib
import io
import json
import os
import re
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import numpy as np
import xarray as xr

from relu_book.files import write_atomically

LIMIT = 2_000_000  # bytes of a committed record
_SEAL = 83  # bytes of the line that ends a file


class RecordError(OSError):
    """A record is truncated, altered or not a record."""


def digest(dataset: xr.Dataset) -> str:
    """SHA-256 over the content of a labelled result, its attribute ``digest`` excepted.

    Args:
        dataset: Variables of numbers, booleans or strings.

    Returns:
        64 hexadecimal digits. Equal content gives equal digits, whichever order it was put
        together in and whichever byte order the machine has.

    Raises:
        TypeError: A variable holds something else, which has no place in a record.

    Example:
        >>> import xarray as xr
        >>> one = xr.Dataset({"cells": ("width", [7, 22])})
        >>> digest(one) == digest(one.copy(deep=True)), digest(one) == digest(one + 1)
        (True, False)
    """
    content = hashlib.sha256()
    for name in sorted(map(str, dataset.variables)):
        variable = dataset.variables[name]
        kind, values = _plain(name, variable.values)
        role = "coordinate" if name in dataset.coords else "variable"
        head = [role, name, variable.dims, kind, variable.shape, _plain_attributes(variable.attrs)]
        content.update(json.dumps(head).encode() + b"\n" + values + b"\n")
    attributes = {name: value for name, value in dataset.attrs.items() if name != "digest"}
    content.update(json.dumps(_plain_attributes(attributes)).encode())
    return content.hexdigest()


def save(dataset: xr.Dataset, path: str | os.PathLike) -> Path:
    """Write a labelled result with its digest, atomically.

    Args:
        dataset: The result; every dimension has a name of its own.
        path: Where to; folders are made, an older file is replaced.

    Returns:
        The path.

    Raises:
        ValueError: A dimension has no name, or netCDF would change the content.
        TypeError: A variable is of a type that netCDF does not hold.
        OSError: The disk is full or read-only; an older file is still there, whole.

    Example:
        >>> import tempfile, xarray as xr
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = save(xr.Dataset({"cells": ("width", [7, 22])}), folder + "/one.nc")
        ...     read(path).cells.values.tolist()
        [7, 22]
    """
    path = Path(path)
    unnamed = [str(dim) for dim in dataset.dims if re.fullmatch(r"dim_\d+", str(dim))]
    if unnamed:
        raise ValueError(f"every dimension of a record has a name, but {unnamed[0]} has none")
    dataset = dataset.assign_attrs(digest=digest(dataset))
    encoding = {}
    for name, variable in dataset.variables.items():
        encoding[name] = {"_FillValue": None}
        if variable.dims and variable.dtype.kind in "iufb":
            encoding[name] |= {"zlib": True, "complevel": 4, "shuffle": True}
    with _outside_cluster():
        content = bytes(dataset.drop_encoding().to_netcdf(engine="h5netcdf", encoding=encoding))
    if digest(_parse(content)) != dataset.attrs["digest"]:
        raise ValueError(f"netCDF would change the content of {path.name}: it was not written")
    write_atomically(path, content + _seal(content))
    return path


def read(path: str | os.PathLike) -> xr.Dataset:
    """Read a labelled result and verify its digest.

    Args:
        path: A file that ``save`` wrote.

    Returns:
        The result, in memory.

    Raises:
        FileNotFoundError: There is no such file.
        RecordError: The file is truncated, altered or was not written by ``save``.
    """
    path = Path(path)
    whole = path.read_bytes()
    content, seal = whole[:-_SEAL], whole[-_SEAL:]
    # Before anything parses the bytes: on damaged ones HDF5 may loop for ever.
    if seal != _seal(content):
        raise RecordError(
            f"{path} is truncated or was altered after it was written: restore it with git or "
            "measure again"
        )
    dataset = _parse(content)
    stated, found = dataset.attrs.get("digest"), digest(dataset)
    if found != stated:
        raise RecordError(
            f"{path} was altered: its content has the digest {found[:12]}, but it says "
            f"{str(stated)[:12]}; restore it with git or measure again"
        )
    return dataset


def _outside_cluster() -> AbstractContextManager:
    """On a Dask worker xarray asks the cluster for a lock, which knows no file in memory."""
    if "dask" not in sys.modules:
        return nullcontext()
    from dask import config

    return config.set(scheduler="synchronous")


def _seal(content: bytes) -> bytes:
    """What stands after the netCDF file, whose readers pass over it."""
    return f"\nrelu-book sha256 {hashlib.sha256(content).hexdigest()}\n".encode()


def _parse(content: bytes) -> xr.Dataset:
    # Undecoded: a variable with the unit "s" stays a number, a missing value stays NaN.
    return xr.load_dataset(
        io.BytesIO(content), engine="h5netcdf", decode_times=False, mask_and_scale=False
    ).drop_encoding()


def _plain(name: str, values: np.ndarray) -> tuple[str, bytes]:
    """Type and bytes of an array, the same on every machine."""
    if values.dtype.kind in "US" or (
        values.dtype.kind in "OT" and all(isinstance(value, str) for value in values.ravel())
    ):
        return "text", json.dumps([str(value) for value in values.ravel()]).encode()
    if values.dtype.kind not in "iufb":
        raise TypeError(
            f"the variable {name!r} is of type {values.dtype}, but a record holds numbers, "
            "booleans and strings"
        )
    little = values.astype(values.dtype.newbyteorder("<"), copy=False)
    return little.dtype.str, np.ascontiguousarray(little).tobytes()


def _plain_attributes(attributes: dict) -> dict:
    """Attributes as JSON knows them; netCDF turns lists into arrays and numbers into NumPy's."""
    return {
        str(name): value if isinstance(value, str) else np.asarray(value).tolist()
        for name, value in sorted(attributes.items())
    }
