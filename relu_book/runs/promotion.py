"""From a finished run to a committed record."""

import os
from pathlib import Path

from relu_book.files import write_atomically
from relu_book.records import LIMIT, read, record_path
from relu_book.runs.layout import RECORD, invalid, run_folder
from relu_book.runs.registry import find


def promote(name: str, scale: str, root: str | os.PathLike | None = None) -> Path:
    """Copy the record of a finished run to the committed ones, which git then shows as a change.

    Args:
        name: Name of the experiment.
        scale: Its scale.
        root: Folder of all runs; by default that of ``runs_root``.

    Returns:
        The path of the committed record.

    Raises:
        ValueError: The experiment or scale does not exist, the run has other settings or code than
            today's or lacks seeds, it was measured by code that no commit holds, or its record is
            too large for the repository.
        FileNotFoundError: There is no finished run.
        RecordError: The record of the run is truncated or altered.
    """
    experiment = find(name)
    experiment.settings(scale)
    source = run_folder(experiment, scale, root) / RECORD
    command = f"`relu-book run {name} --scale {scale}`"
    if not source.is_file():
        raise FileNotFoundError(f"{name} has no finished run at the scale {scale}: {command} first")
    record = read(source)
    changed = invalid(record, experiment)
    if changed:
        raise ValueError(f"the run of {name} at the scale {scale} has {changed}: {command} first")
    if record.attrs["tree"] != "clean":
        raise ValueError(
            f"the run of {name} at the scale {scale} was measured by code that no commit holds "
            f"(commit {record.attrs['commit'][:12]}, {record.attrs['tree']}): commit relu_book and "
            f"the experiment, then {command[:-1]} --fresh` in a clone of that commit"
        )
    content = source.read_bytes()
    if len(content) > LIMIT:
        raise ValueError(
            f"the record of {name} has {len(content) / 1e6:.1f} MB, but committed ones have "
            f"{LIMIT / 1e6:.0f} MB at most: let the experiment return less"
        )
    target = record_path(name, scale)
    write_atomically(target, content)
    return target
