"""Data sets that are published as one archive: fetched, unpacked and moved to place, or not at all.

Everything happens in a hidden folder beside the target, on the same disk. A new folder gets its
name only when it is complete; into a folder that is there already, complete files are moved one by
one, so that nothing of the user's own in it is lost. The archive itself is not kept.
"""

import os
import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from relu_book.datasets.dataset import DataIntegrityError
from relu_book.datasets.files import VARIABLE, cannot_write, data_root, download_file

_Content = TypeVar("_Content")


@dataclass(frozen=True)
class Archive:
    """A data set that is published as one file.

    Attributes:
        data_set: Name that it is loaded by.
        name: Name of the file, which ends in ``.tar.gz`` or ``.zip``.
        checksum: ``"md5:..."`` or ``"sha256:..."`` of the file.
        mirrors: Addresses of folders that hold the file.
        folder: Where under the root its content goes.
        top: The folder in the archive that becomes ``folder``; empty where there is none.
        size: What a download amounts to, in words.
    """

    data_set: str
    name: str
    checksum: str
    mirrors: tuple[str, ...]
    folder: str
    top: str
    size: str

    @property
    def remedy(self) -> str:
        """What to do about files that are missing or damaged."""
        return f"call load({self.data_set!r}, download=True) to fetch it ({self.size})"


def read_or_fetch(
    read: Callable[[], _Content], archive: Archive, root: str | os.PathLike | None, download: bool
) -> _Content:
    """What ``read`` returns, after a download where files are missing or damaged and it is wanted.

    Args:
        read: Reads the data set; looks at ``archive.folder`` first.
        archive: What is published.
        root: As in ``data_root``.
        download: Whether to fetch the archive if ``read`` finds files missing or damaged.

    Raises:
        FileNotFoundError: Files are missing and ``download`` is false, or still missing after it.
        DataIntegrityError: Files are damaged, or the archive arrives so.
        ConnectionError: The download failed.
        OSError: It cannot be stored.

    Cost: that of ``read``, twice at the most, and of the download.

    Example:
        >>> archive = Archive("toy", "toy.zip", "md5:0", (), "toy", "", "1 kB")
        >>> read_or_fetch(lambda: "content", archive, root=None, download=True)
        'content'
    """
    try:
        return read()
    except (FileNotFoundError, DataIntegrityError):
        if not download:
            raise
    fetch(archive, data_root(root))
    return read()


def fetch(archive: Archive, root: Path) -> None:
    """Download and unpack an archive; on any failure everything is as it was before.

    Args:
        archive: What is published.
        root: The folder of all data sets; made where it is missing.

    Raises:
        DataIntegrityError: What arrives is damaged.
        ConnectionError: No mirror could be reached.
        OSError: There is no room or no permission.

    Cost: what the network takes, and disk space for the archive and its content together.

    Example:
        It needs a network, so it is not run here:
        ``fetch(archive, data_root())``.
    """
    target = root / archive.folder
    new_folders = [folder for folder in target.parents if not folder.exists()]
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".arriving-", dir=target.parent) as temporary:
            file = Path(temporary, archive.name)
            own = f"unpack {archive.name} to {target} yourself"
            download_file(file, archive.checksum, archive.mirrors, own=own)
            content = Path(temporary, "content")
            _unpack(file, content)
            _move(content / archive.top, target)
    except (ConnectionError, DataIntegrityError):
        raise
    except OSError as error:
        if error.errno is None:  # one sentence already, from the download
            raise
        raise cannot_write(target, error) from None
    finally:
        for folder in new_folders:
            try:
                folder.rmdir()
            except OSError:  # it holds the data set, or was never made
                break


def missing(data_set: str, places: list[Path], remedy: str) -> FileNotFoundError:
    """The error for a data set of which nothing is there.

    Example:
        >>> print(missing("toy", [Path("/data/toy"), Path("/data/toy.zip")], "make it"))
        the data set 'toy' is neither at /data/toy nor at /data/toy.zip: make it, or name the ...
    """
    listed = " nor at ".join(map(str, places))
    found = f"is {'neither' if len(places) > 1 else 'not'} at {listed}"
    return FileNotFoundError(
        f"the data set {data_set!r} {found}: {remedy}, or name the folder that holds one of them "
        f"by root= or {VARIABLE}"
    )


def _unpack(file: Path, content: Path) -> None:
    if file.name.endswith(".zip"):
        with zipfile.ZipFile(file) as opened:
            opened.extractall(content)
    else:
        with tarfile.open(file) as opened:
            # Nothing outside the folder, no devices; older Pythons have no such filter, and the
            # checksum has vouched for the archive.
            opened.extraction_filter = getattr(tarfile, "data_filter", lambda member, _: member)
            opened.extractall(content)


def _move(source: Path, target: Path) -> None:
    """Give a folder its name, or move its files one by one where the name is taken."""
    if not target.exists():
        source.rename(target)
        return
    for folder, _, files in os.walk(source):
        place = target / Path(folder).relative_to(source)
        place.mkdir(parents=True, exist_ok=True)
        for file in files:
            shutil.move(Path(folder, file), place / file)
