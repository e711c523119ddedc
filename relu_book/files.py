"""Files that are there whole or not at all, also when a process is killed or a disk is full.

The content is written beside its place, forced to the disk and moved there; the older file, if
there is one, stays until then.
"""

import glob
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

_UNFINISHED = ".unfinished-"


@contextmanager
def atomic_file(path: str | os.PathLike) -> Iterator[IO[bytes]]:
    """A file to write bytes to, which is at ``path`` once the block has ended without an error.

    Args:
        path: where to; folders are made, an older file is replaced.

    Raises:
        OSError: the disk is full or read-only; an older file is still there, whole.

    Example:
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     with atomic_file(folder + "/one.txt") as file:
        ...         written = file.write(b"whole")
        ...     Path(folder, "one.txt").read_bytes()
        b'whole'
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f"{_UNFINISHED}{path.name}-", dir=path.parent)
    beside = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.chmod(0o666 & ~_umask())
        beside.replace(path)
        _sync_folder(path.parent)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def write_atomically(path: str | os.PathLike, content: bytes) -> None:
    """Write a file so that it is there whole or not at all, even if the machine stops."""
    with atomic_file(path) as file:
        file.write(content)


def folder_named_by(variable: str) -> Path | None:
    """The folder that an environment variable names, absolute; None if it is not set or empty.

    Raises:
        ValueError: It begins with ``~name`` and there is no such user.

    Example:
        >>> folder_named_by("NO_SUCH_VARIABLE") is None
        True
    """
    named = os.environ.get(variable)
    if not named:
        return None
    try:
        return Path(named).expanduser().absolute()
    except RuntimeError as error:
        raise ValueError(f"{variable} names {named}, but there is no such user") from error


def remove_unfinished(folder: Path, name: str | None = None) -> None:
    """Remove what processes that were killed while writing have left in a folder.

    Only whoever alone writes there may call it.

    Args:
        folder: where they wrote.
        name: the file that they wrote; by default any.
    """
    of = "" if name is None else f"{glob.escape(name)}-"
    for path in folder.glob(f"{_UNFINISHED}{of}*"):
        path.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Make the renaming durable too, where the system can."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _umask() -> int:
    """Permissions that new files do not get; it can only be read by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
