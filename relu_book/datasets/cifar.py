"""CIFAR-10 and CIFAR-100: 50 000 training and 10 000 test pictures of 32 x 32 pixels in colour.

A. Krizhevsky, Learning multiple layers of features from tiny images, 2009,
https://www.cs.toronto.edu/~kriz/cifar.html; no licence is stated. 10 classes of 6 000 pictures, or
100 of 600 (thesis table 2.1). The published files are pickles. They are read by an unpickler that
knows arrays, strings, numbers, lists and dictionaries and calls nothing else, after their MD5 sums,
those of torchvision, have been found right.
"""

import hashlib
import io
import os
import pickle
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from relu_book.datasets import parquet, pictures
from relu_book.datasets.archives import Archive, missing, read_or_fetch
from relu_book.datasets.dataset import DataIntegrityError, Dataset, make, reason
from relu_book.datasets.files import data_root
from relu_book.datasets.splits import training_split


@dataclass(frozen=True)
class _Published:
    """What is known of a set.

    Attributes:
        archive: The published file.
        folders: Names of folders that hold it as parquet files.
        files: MD5 sums of the files in the archive, by split.
        meta: Name, MD5 sum and key of the file with the class names.
        labels: Key of the labels.
        counts: Pictures of each class, by split.
        classes: Their names, where they are known without the archive.
        pixels: Checksums of pictures and labels as in ``_fingerprint``, by split; empty if unknown.
    """

    archive: Archive
    folders: tuple[str, ...]
    files: dict[str, dict[str, str]]
    meta: tuple[str, str, str]
    labels: str
    counts: dict[str, tuple[int, ...]]
    classes: tuple[str, ...] | None
    pixels: dict[str, str]


_CIFAR10 = _Published(
    archive=Archive(
        data_set="cifar10",
        name="cifar-10-python.tar.gz",
        checksum="md5:c58f30108f718f92721af3b95e74349a",
        mirrors=("https://www.cs.toronto.edu/~kriz/",),
        folder="cifar-10-batches-py",
        top="cifar-10-batches-py",
        size="170 MB",
    ),
    folders=("cifar10", "cifar-10"),
    files={
        "train": {
            "data_batch_1": "c99cafc152244af753f735de768cd75f",
            "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
            "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
            "data_batch_4": "634d18415352ddfa80567beed471001a",
            "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
        },
        "test": {"test_batch": "40351d587109b95175f43aff81a1287e"},
    },
    meta=("batches.meta", "5ff9c542aee3614f3951f8cda6e48888", "label_names"),
    labels="labels",
    counts={"train": (5000,) * 10, "test": (1000,) * 10},
    classes=(
        "airplane",
        "automobile",
        "bird",
        "cat",
        "deer",
        "dog",
        "frog",
        "horse",
        "ship",
        "truck",
    ),
    pixels={
        "train": "55a61f79a40ece2ceda9fb5f9f7078f6ea2fc4952489cef56682bcf92cfcc260",
        "test": "325704b01eb92e1e2a6215ae6a916bb7db7de054af0c496be1c7be2e0fcfbf5f",
    },
)

_CIFAR100 = _Published(
    archive=Archive(
        data_set="cifar100",
        name="cifar-100-python.tar.gz",
        checksum="md5:eb9058c3a382ffc7106e4002c42a8d85",
        mirrors=("https://www.cs.toronto.edu/~kriz/",),
        folder="cifar-100-python",
        top="cifar-100-python",
        size="169 MB",
    ),
    folders=("cifar100", "cifar-100"),
    files={
        "train": {"train": "16019d7e3df5f24257cddd939b257f8d"},
        "test": {"test": "f0ef6b0ae62326f3e7ffdfab6717acfc"},
    },
    meta=("meta", "7973b15100ade9c7d40fb424638fde48", "fine_label_names"),
    labels="fine_labels",
    counts={"train": (500,) * 100, "test": (100,) * 100},
    classes=None,
    pixels={},
)


def load_cifar10(
    split: str,
    *,
    root: str | os.PathLike | None = None,
    download: bool = False,
    validation: float | int = 0,
    seed: int = 0,
) -> Dataset:
    """Load CIFAR-10, pictures of animals and vehicles; ``load`` describes what is common.

    Found are, in this order: the folder ``cifar-10-batches-py``, ``cifar-10-python.tar.gz``, and
    ``cifar10/train*.parquet`` and ``cifar10/test*.parquet``. Pictures keep the order of the files,
    which is not the same in the parquet files, so that checksum and validation part depend on
    which of the two it is; the training set as a whole does not, and this is checked.

    Args:
        split: ``"train"``, ``"test"`` or ``"validation"``; they share no picture.
        root: Folder that holds one of the above.
        download: Whether to fetch the archive (170 MB) if files are missing or damaged.
        validation: Number or share of the 50 000 training pictures that are held out.
        seed: Names the random choice of the validation pictures.

    Returns:
        Images (n, 3, 32, 32). By default 50 000 for training and 10 000 for test.

    Raises:
        ValueError: A validation part outside its range.
        OSError: Files missing, damaged or out of reach; ``load`` lists which error says what.

    Cost: for the training set about 1 s from the batches and 8 s from lossless WebP in parquet
    files; 1.2 GB for a moment, 0.6 GB afterwards.

    Example:
        Needs the files, so it is not run here: ``load("cifar10", "test")`` has 10 000 pictures.
    """
    return _load(_CIFAR10, split, root, download, validation, seed)


def load_cifar100(
    split: str,
    *,
    root: str | os.PathLike | None = None,
    download: bool = False,
    validation: float | int = 0,
    seed: int = 0,
) -> Dataset:
    """Load CIFAR-100, like CIFAR-10 with 100 classes; ``load`` describes what is common.

    Found are, in this order: the folder ``cifar-100-python``, ``cifar-100-python.tar.gz``, and
    ``cifar100/train*.parquet`` and ``cifar100/test*.parquet``. Labels are the fine ones.

    Args:
        split: ``"train"``, ``"test"`` or ``"validation"``; they share no picture.
        root: Folder that holds one of the above.
        download: Whether to fetch the archive (169 MB) if files are missing or damaged.
        validation: Number or share of the 50 000 training pictures that are held out.
        seed: Names the random choice of the validation pictures.

    Returns:
        Images (n, 3, 32, 32). By default 50 000 for training and 10 000 for test.

    Raises:
        ValueError: A validation part outside its range.
        OSError: Files missing, damaged or out of reach; ``load`` lists which error says what.

    Cost: as CIFAR-10.

    Example:
        Needs the files, so it is not run here: ``load("cifar100", "test")`` has 10 000 pictures.
    """
    return _load(_CIFAR100, split, root, download, validation, seed)


def _load(
    published: _Published,
    split: str,
    root: str | os.PathLike | None,
    download: bool,
    validation: float | int,
    seed: int,
) -> Dataset:
    part = "test" if split == "test" else "train"
    pixels, labels, classes = read_or_fetch(
        lambda: _read(published, part, data_root(root)), published.archive, root, download
    )
    if split != "test":
        chosen = training_split(labels, split, validation, seed)
        pixels, labels = pixels[chosen], labels[chosen]
    images = torch.from_numpy(pixels).float().div_(255)
    return make(images, torch.from_numpy(labels), classes, published.archive.data_set)


def _read(
    published: _Published, part: str, root: Path
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Pixels (uint8), labels and class names from wherever they are."""
    archive = published.archive
    folder, packed = root / archive.folder, root / archive.name
    if folder.is_dir() or packed.is_file():
        return _read_batches(published, part, folder if folder.is_dir() else packed)
    places = [root / name for name in published.folders]
    files = parquet.split_files(places, part, archive.remedy)
    if not files:
        raise missing(
            archive.data_set, [folder, packed, places[0] / f"{part}.parquet"], archive.remedy
        )
    return _read_parquet(published, part, files)


def _read_parquet(
    published: _Published, part: str, files: list[Path]
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    name, remedy = published.archive.data_set, published.archive.remedy
    samples = parquet.read_parquet(files, remedy)
    where = f"{files[0]}{f' and {len(files) - 1} more' if len(files) > 1 else ''}"
    counts = tuple(np.bincount(samples.labels).tolist())
    if counts != published.counts[part]:
        raise DataIntegrityError(
            f"{where} of the data set {name!r} hold {len(samples.labels)} samples of {len(counts)} "
            f"classes, expected {sum(published.counts[part])} in equal shares of "
            f"{len(published.counts[part])}: {remedy}"
        )
    classes = published.classes or samples.classes
    pixels = pictures.stack(
        samples.contents(np.arange(len(samples.labels))),
        len(samples.labels),
        data_set=name,
        remedy=remedy,
        classes=len(classes),
        shape=(32, 32),
        colour=True,
    )
    if part in published.pixels:
        found = _fingerprint(pixels, samples.labels)
        if found != published.pixels[part]:
            raise DataIntegrityError(
                f"{where} of the data set {name!r} hold other pictures or labels than published "
                f"(their SHA-256 sum is {found}, expected {published.pixels[part]}): {remedy}"
            )
    return pixels, samples.labels, classes


def _fingerprint(pixels: np.ndarray, labels: np.ndarray) -> str:
    """SHA-256 over the sorted sums of all labelled pictures: the set as such, in any order."""
    sums = sorted(
        hashlib.sha256(bytes([label]) + picture.tobytes()).digest()
        for picture, label in zip(pixels, labels.tolist(), strict=True)
    )
    return hashlib.sha256(b"".join(sums)).hexdigest()


def _read_batches(
    published: _Published, part: str, place: Path
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    meta, checksum, key = published.meta
    wanted = {**published.files[part], meta: checksum}
    contents = dict(_members(published.archive, wanted, place))
    batches = [_unpickled(contents[name], place, name) for name in published.files[part]]
    pixels = np.concatenate([batch["data"] for batch in batches]).reshape(-1, 3, 32, 32)
    labels = np.concatenate([batch[published.labels] for batch in batches]).astype(np.int64)
    return pixels, labels, tuple(_unpickled(contents[meta], place, meta)[key])


def _members(archive: Archive, wanted: dict[str, str], place: Path) -> Iterator[tuple[str, bytes]]:
    """The wanted files of a folder or archive, each with the MD5 sum that it must have."""
    if place.is_dir():
        for name in wanted:
            if not (place / name).is_file():
                raise FileNotFoundError(
                    f"{place / name} of the data set {archive.data_set!r} is missing: "
                    f"{archive.remedy}"
                )
        contents = ((name, (place / name).read_bytes()) for name in wanted)
    else:
        contents = _packed(archive, set(wanted), place)
    seen = set()
    for name, content in contents:
        found = hashlib.md5(content, usedforsecurity=False).hexdigest()
        if found != wanted[name]:
            raise DataIntegrityError(
                f"{place / name} is truncated or altered (its MD5 sum is {found}, expected "
                f"{wanted[name]}): {archive.remedy}"
            )
        seen.add(name)
        yield name, content
    if lacking := sorted(wanted.keys() - seen):
        raise DataIntegrityError(f"{place} does not hold {lacking[0]}: {archive.remedy}")


def _packed(archive: Archive, wanted: set[str], place: Path) -> Iterator[tuple[str, bytes]]:
    """The wanted files of the archive in one pass; nothing is unpacked to the disk."""
    try:
        with tarfile.open(place, "r:gz") as packed:
            for member in packed:
                name = Path(member.name).name
                if member.isfile() and name in wanted:
                    yield name, packed.extractfile(member).read()
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise DataIntegrityError(
            f"{place} is truncated or altered ({reason(error)}): {archive.remedy}"
        ) from None


class _Unpickler(pickle.Unpickler):
    """Builds arrays and plain containers, calls nothing else."""

    def find_class(self, module: str, name: str):
        # numpy 2 renamed its private module; the published files have the old name.
        if module in ("numpy", "numpy.core.multiarray", "numpy._core.multiarray"):
            if name == "_reconstruct":
                return np._core.multiarray._reconstruct
            if name in ("ndarray", "dtype"):
                return getattr(np, name)
        raise pickle.UnpicklingError(f"it asks for {module}.{name}")


def _unpickled(content: bytes, place: Path, name: str) -> dict:
    try:
        return _Unpickler(io.BytesIO(content), encoding="latin1").load()
    except Exception as error:  # a pickle that is none may raise anything
        raise DataIntegrityError(
            f"{place / name} holds more than arrays and names ({reason(error)}): do not use it"
        ) from None
