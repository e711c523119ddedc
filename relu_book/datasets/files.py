"""Where the files of a data set lie, whether they are intact, and how they get here.

A file is looked for under one folder, the root: the argument, else the environment variable
``RELU_BOOK_DATA``, else the cache folder that the platform gives a user (``XDG_CACHE_HOME`` or
``~/.cache`` on Linux, ``~/Library/Caches`` on macOS, ``%LOCALAPPDATA%`` on Windows). What is read
is checked against the published MD5 sum each time, on the very bytes that are then used. What is
downloaded is moved to its place only when it is complete and its sum is right.
"""

import contextlib
import gzip
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from relu_book.datasets.dataset import DataIntegrityError
from relu_book.files import folder_named_by

VARIABLE = "RELU_BOOK_DATA"


@dataclass(frozen=True)
class RemoteFile:
    """A compressed file of a published data set.

    Attributes:
        name: Name of the uncompressed file; the published one ends in ``.gz``.
        compressed_md5: MD5 sum of the published file.
        plain_md5: MD5 sum of its content.
    """

    name: str
    compressed_md5: str
    plain_md5: str


def data_root(root: str | os.PathLike | None = None) -> Path:
    """The folder that holds the data sets.

    Args:
        root: The folder, where the caller knows it.

    Returns:
        ``root``, else what ``RELU_BOOK_DATA`` names, else ``relu_book`` in the user's cache
        folder; ``~`` is replaced. The folder need not exist.

    Raises:
        ImportError: Neither is given, and pooch, which knows the cache folder, is not installed.

    Example:
        >>> data_root("downloads").name
        'downloads'
    """
    if root is None:
        root = folder_named_by(VARIABLE) or _pooch().os_cache("relu_book")
    return Path(root).expanduser()


def read(
    file: RemoteFile,
    *,
    root: str | os.PathLike | None,
    folders: tuple[str, ...],
    mirrors: tuple[str, ...],
    download: bool,
    data_set: str,
) -> bytes:
    """The content of a file, checked and uncompressed.

    Args:
        file: What is wanted.
        root: As in ``data_root``.
        folders: Where under the root it may lie, compressed or not. A download goes to the first.
        mirrors: Addresses of folders that hold the compressed file, tried in turn.
        download: Whether to fetch the file if it is missing or damaged.
        data_set: Name of the data set, for the messages.

    Returns:
        The uncompressed bytes.

    Raises:
        FileNotFoundError: The file is missing and ``download`` is false.
        DataIntegrityError: The file, or what the mirrors deliver in its stead, is truncated or
            altered.
        ConnectionError: No mirror could be reached.
        OSError: The file cannot be read, or the download cannot be stored.

    Cost: reading, one MD5 sum and unpacking; 0.4 s for the 26 MB of the largest file here.
    """
    root = data_root(root)
    candidates = [
        root / folder / (file.name + ending) for folder in folders for ending in (".gz", "")
    ]
    remedy = f"load({data_set!r}, download=True)"
    path = next((candidate for candidate in candidates if candidate.is_file()), None)
    if path is None and not download:
        places = " nor in ".join(str(root / folder) for folder in folders)
        raise FileNotFoundError(
            f"{file.name}.gz of the data set {data_set!r} is neither in {places}: call {remedy} to "
            f"fetch it, or name the folder that holds {folders[0]} by root= or {VARIABLE}"
        )
    if path is not None:
        content, problem = _checked(path, file)
        if content is not None:
            return content
        if not download:
            raise DataIntegrityError(f"{path} {problem}: call {remedy} to fetch it anew")
    download_file(candidates[0], f"md5:{file.compressed_md5}", mirrors)
    content, problem = _checked(candidates[0], file)
    if content is None:
        raise DataIntegrityError(f"{candidates[0]} {problem} right after its download: try again")
    return content


def _checked(path: Path, file: RemoteFile) -> tuple[bytes | None, str]:
    """The uncompressed content of an intact file, else None; and what is wrong with it."""
    content = path.read_bytes()
    compressed = path.suffix == ".gz"
    expected = file.compressed_md5 if compressed else file.plain_md5
    # The sum finds accidents, it keeps no secret; the flag lets it run where MD5 is locked away.
    found = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if found != expected:
        return None, f"is truncated or altered (its MD5 sum is {found}, expected {expected})"
    return (gzip.decompress(content) if compressed else content), ""


def download_file(
    target: Path, checksum: str, mirrors: tuple[str, ...], *, own: str | None = None
) -> None:
    """Fetch a file to its place, or leave everything as it was.

    Args:
        target: Where it goes; its name is that of the published file.
        checksum: ``"md5:..."`` or ``"sha256:..."`` of the published file.
        mirrors: Addresses of folders that hold it, tried in turn.
        own: What users may do themselves where no mirror serves, for the message.

    Raises:
        DataIntegrityError: A mirror delivers something else, and no other one the file.
        ConnectionError: No mirror could be reached.
        OSError: The file cannot be stored.
        ImportError: pooch is not installed.

    Cost: what the network takes.

    Example:
        It needs a network, so it is not run here:
        ``download_file(Path("a.gz"), "md5:0cc1...", ("https://example.org/",))``.
    """
    pooch = _pooch()
    from requests import RequestException  # comes with pooch

    new_folders = [folder for folder in target.parents if not folder.exists()]
    problems = []
    damaged = False
    try:
        for mirror in mirrors:
            try:
                pooch.retrieve(mirror + target.name, checksum, target.name, target.parent)
                return
            except RequestException as error:
                problems.append(f"{mirror}: {type(error).__name__}")
            except ValueError:  # what pooch raises for another checksum
                problems.append(f"{mirror}: wrong {checksum.split(':')[0].upper()} sum")
                damaged = True
            except OSError as error:
                raise cannot_write(target, error) from None
    finally:
        for folder in new_folders:
            with contextlib.suppress(OSError):  # it holds the file, or was never made
                folder.rmdir()
    raise (DataIntegrityError if damaged else ConnectionError)(
        f"{target.name} could not be downloaded ({', '.join(problems)}) and nothing was stored: "
        f"try again when the network is there, or {own or f'put the file at {target} yourself'}"
    )


def cannot_write(target: Path, error: OSError) -> OSError:
    """The error for a place where nothing can be stored.

    Example:
        >>> print(cannot_write(Path("/data/a.gz"), OSError(28, "No space left on device")))
        /data/a.gz cannot be written (No space left on device): name a folder with room that ...
    """
    return OSError(
        f"{target} cannot be written ({error.strerror or 'no permission'}): "
        f"name a folder with room that you may write to by root= or {VARIABLE}"
    )


def _pooch() -> ModuleType:
    try:
        import pooch
    except ImportError:
        raise ImportError(
            "downloads and the cache folder need pooch, which is not installed: "
            "run `pip install pooch` or `pip install 'relu-book[lab]'`, or pass root="
        ) from None
    return pooch
