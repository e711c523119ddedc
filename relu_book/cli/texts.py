"""What ``relu-book list``, ``run``, ``show`` and ``claims`` print."""

import inspect
import json
from collections import Counter
from pathlib import Path

import xarray as xr

from relu_book import runs
from relu_book.extras import needs
from relu_book.records import load, read, recorded, records_root
from relu_book.runs.job import sentence
from relu_book.runs.layout import RECORD, invalid, run_folder
from relu_book.runs.progress import duration


def listing() -> str:
    """Every experiment: its name, then for each scale the state and the expected time."""
    lines = []
    for name in runs.names():
        found = runs.find(name)
        lines.append(name)
        for scale, expected in found.expected.items():
            try:
                state = runs.state(found, scale)
            except OSError as error:
                state = f"cannot be read: {sentence(error)}"
            lines.append(f"  {scale:<6} {state} (takes {expected})")
    return "\n".join([*lines, *_without_records()])


def _without_records() -> list[str]:
    """Outside a clone, a line that says why no experiment has a committed record."""
    try:
        records_root()
    except FileNotFoundError as error:
        return [f"No committed records: {error}"]
    return []


def shown(name: str, scale: str | None = None) -> str:
    """An experiment in its own words, and its record at a scale.

    Args:
        name: Name of the experiment.
        scale: Scale of the record; by default the largest that there is.

    Returns:
        The text. A committed record goes before a run that is not promoted.
    """
    found = runs.find(name)
    lines = [name, "", inspect.cleandoc(found.function.__doc__).partition("\n\nArgs:")[0], ""]
    if found.variant:
        lines += [f"Here on the data set {found.variant}; everything else as there.", ""]
    scales = [scale] if scale is not None else list(reversed(found.scales))
    for one in scales:
        found.settings(one)
        run = run_folder(found, one) / RECORD
        if one in recorded().get(name, ()):
            record, title = load(name, one), "Committed record"
        elif run.is_file():
            record, title = read(run), "Run that is not promoted"
        else:
            continue
        changed = invalid(record, found, ())
        title += f", with {changed}" * bool(changed)
        return "\n".join([*lines, title, summary(record)])
    where = f" at the scale {scale}" if scale is not None else ""
    return "\n".join([*lines, f"Nothing is measured{where} yet.", *_without_records()])


def tally(root: Path, check: bool = False) -> str:
    """How many claims got each verdict; the ledger is written, or compared with what is there.

    Args:
        root: Root of the clone.
        check: Whether to compare instead of writing.

    Raises:
        ValueError: The pages differ from what claims and chapters give, or these do not fit.
        ImportError: What reads notebooks is not installed.
    """
    needs("the ledger of claims", "book", "nbformat", "docutils")
    from relu_book.claims import ledger

    costs = {name: runs.find(name).expected for name in runs.names()}
    if check:
        drift = ledger.drift(root, costs)
        if drift:
            raise ValueError(drift)
        counts = Counter(row.verdict for row in ledger.entries(root))
    else:
        counts = ledger.write(root, costs)
    lines = [f"{number:>4}  {verdict}" for verdict, number in counts.items()]
    return "\n".join([*lines, f"{counts.total():>4}  claims in book/{ledger.PAGE}"])


def summary(record: xr.Dataset) -> str:
    """A record in some lines: where it comes from, and the range of each variable."""
    about = record.attrs
    lines = [f"scale:    {about['scale']}"]
    lines += [f"settings: {_pairs(json.loads(about['settings']))}"]
    lines += [f"seeds:    {_numbers(json.loads(about['seeds']))}"]
    for data in json.loads(about["data"]):
        checksum = data.pop("checksum")[:12]
        lines += [f"data:     {_pairs(data)} (checksum {checksum})"]
    seconds = duration(float(about["wall_time"]))
    lines += [
        f"measured: {about['finished']} in {seconds}, {about['device']}",
        f"code:     commit {about['commit'][:12]} ({about['tree']}), "
        f"{_pairs(_versions(about['versions']))}",
        f"command:  {about['command']}",
    ]
    for name, variable in record.data_vars.items():
        dims = ", ".join(f"{dim} {size}" for dim, size in variable.sizes.items())
        lines.append(f"{name} ({dims}): {_range(variable)}")
    return "\n".join(lines)


def _range(variable: xr.DataArray) -> str:
    if variable.dtype.kind not in "iufb":
        return f"{variable.size} texts"
    if variable.size == 0:
        return "empty"
    low, mean, high = variable.min().item(), variable.mean().item(), variable.max().item()
    return f"{low:.6g} to {high:.6g}, mean {mean:.6g}"


def _versions(text: str) -> dict[str, str]:
    """Python and torch; all of them stand in the record."""
    versions = json.loads(text.partition("; ")[0])
    return {name: versions[name] for name in ("python", "torch") if name in versions}


def _pairs(values: dict) -> str:
    return ", ".join(f"{name}={value}" for name, value in values.items())


def _numbers(values: list[int]) -> str:
    """Neighbouring seeds as a range.

    Example:
        >>> _numbers([0, 1, 2, 3]), _numbers([3, 5])
        ('0 to 3', '3, 5')
    """
    if len(values) > 2 and values == list(range(values[0], values[0] + len(values))):
        return f"{values[0]} to {values[-1]}"
    return ", ".join(map(str, values))
