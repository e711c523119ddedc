"""The committed records: one file for each experiment and scale, found by name.

``data/records/<chapter>/<experiment>/<scale>/record.nc`` lies at the root of the repository, not in
the package. The folder is looked for in the environment variable ``RELU_BOOK_RECORDS``, then above
this file (a checkout), then above the working directory (an installed package inside a clone).
"""

from pathlib import Path

import xarray as xr

from relu_book.files import folder_named_by
from relu_book.records.files import RecordError, read
from relu_book.spelling import did_you_mean

SCALES = ("smoke", "desk", "paper")
VARIABLE = "RELU_BOOK_RECORDS"


def records_root() -> Path:
    """The folder of the committed records.

    Raises:
        FileNotFoundError: It is neither named by ``RELU_BOOK_RECORDS`` nor found in a clone.
    """
    return folder_named_by(VARIABLE) or repository() / "data" / "records"


def repository() -> Path:
    """The clone of the book that this process works in, recognised by its ``data`` folder."""
    for start in (Path(__file__).resolve(), Path.cwd() / "here"):
        for folder in start.parents:
            if (folder / "data" / "claims.yml").is_file():
                return folder
    raise FileNotFoundError(
        f"there is no clone of the book above {Path(__file__).parent} or {Path.cwd()}: work inside "
        f"one, or name the folder of the records in {VARIABLE}"
    )


def record_path(name: str, scale: str) -> Path:
    """Where the record of an experiment at a scale lies, or would lie."""
    if scale not in SCALES:
        raise ValueError(f"there is no scale {scale!r}: choose one of {', '.join(SCALES)}")
    return records_root() / name / scale / "record.nc"


def recorded() -> dict[str, tuple[str, ...]]:
    """Scales that each experiment has a committed record of, from small to large, by name.

    Outside a clone there are none.

    Example:
        >>> recorded()["activation_cells/cells_over_width"][0]
        'smoke'
    """
    try:
        root = records_root()
    except FileNotFoundError:
        return {}
    found: dict[str, list[str]] = {}
    for path in sorted(root.glob("*/*/*/record.nc")):
        name, scale = path.parent.parent.relative_to(root).as_posix(), path.parent.name
        if scale in SCALES:
            found.setdefault(name, []).append(scale)
    return {name: tuple(sorted(scales, key=SCALES.index)) for name, scales in found.items()}


def load(name: str, scale: str | None = None) -> xr.Dataset:
    """The committed record of an experiment, verified.

    Args:
        name: Name of the experiment, such as ``activation_cells/cells_over_width``.
        scale: ``smoke``, ``desk`` or ``paper``; by default the largest that is recorded.

    Returns:
        The record, in memory. ``attrs`` say how it was measured.

    Raises:
        ValueError: The scale does not exist.
        FileNotFoundError: There is no such record; the message has the close names, or the command
            that measures it.
        RecordError: The file is truncated or altered.

    Example:
        >>> load("activation_cells/cells_over_width", "smoke").grid.dims
        ('width', 'seed')
    """
    if scale is not None:
        path = record_path(name, scale)
        if path.is_file():
            return _checked(path, name, scale)
    known = recorded()
    if name not in known:
        hint = did_you_mean(name, known, "`relu-book list` has the names")
        raise FileNotFoundError(f"there is no record of {name!r} in {records_root()}: {hint}")
    if scale is not None:
        raise FileNotFoundError(
            f"{name} is recorded at the scale {' and '.join(known[name])}, not {scale}: "
            f"`relu-book run {name} --scale {scale}` measures it"
        )
    return _checked(record_path(name, known[name][-1]), name, known[name][-1])


def _checked(path: Path, name: str, scale: str) -> xr.Dataset:
    """A record that lies in its own place: a copied file would pass the digest of another."""
    record = read(path)
    says = (record.attrs.get("experiment"), record.attrs.get("scale"))
    if says != (name, scale):
        raise RecordError(f"{path} is a record of {says[0]} at the scale {says[1]}, not of {name}")
    return record
