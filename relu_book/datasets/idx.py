"""MNIST and FashionMNIST: 60 000 training and 10 000 test pictures of 28 x 28 pixels, 10 classes.

Y. LeCun, C. Cortes and C. Burges, The MNIST database of handwritten digits, 1998, CC BY-SA 3.0 by
the documentation of Keras, a download of 12 MB; H. Xiao, K. Rasul and R. Vollgraf, Fashion-MNIST,
2017, https://github.com/zalandoresearch/fashion-mnist, MIT licence, 31 MB. FashionMNIST is the
image set of thesis 2.2.4. Both are four files in the format idx: four bytes (0, 0, type, number of
dimensions), the dimensions as big-endian 32-bit numbers, the values. The files and their checksums
are those of torchvision, and so are the layouts ``FashionMNIST/raw`` and ``MNIST/raw``.
"""

import math
import os
from dataclasses import dataclass

import numpy as np
import torch

from relu_book.datasets.dataset import Dataset, make
from relu_book.datasets.files import RemoteFile, read
from relu_book.datasets.splits import training_split


@dataclass(frozen=True)
class _Published:
    """Where a data set in the format idx comes from; file name stem to file."""

    name: str
    folders: tuple[str, ...]
    mirrors: tuple[str, ...]
    classes: tuple[str, ...]
    files: dict[str, RemoteFile]


def _files(**checksums: tuple[str, str]) -> dict[str, RemoteFile]:
    endings = {"images": "-images-idx3-ubyte", "labels": "-labels-idx1-ubyte"}
    return {
        key: RemoteFile(key.split("_")[0] + endings[key.split("_")[1]], *sums)
        for key, sums in checksums.items()
    }


_MNIST = _Published(
    name="mnist",
    folders=("MNIST/raw", "mnist"),
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    classes=tuple(str(digit) for digit in range(10)),
    files=_files(
        train_images=("f68b3c2dcbeaaa9fbdd348bbdeb94873", "6bbc9ace898e44ae57da46a324031adb"),
        train_labels=("d53e105ee54ea40749a09fcbcd1e9432", "a25bea736e30d166cdddb491f175f624"),
        t10k_images=("9fb629c4189551a2d022fa330f9573f3", "2646ac647ad5339dbf082846283269ea"),
        t10k_labels=("ec29112dd5afa0611ce80d1b7f02629c", "27ae3e4e09519cfbb04c329615203637"),
    ),
)

_FASHION_MNIST = _Published(
    name="fashion_mnist",
    folders=("FashionMNIST/raw", "fashion-mnist"),
    mirrors=(
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
    ),
    classes=(
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
    files=_files(
        train_images=("8d4fb7e6c68d591d4c3dfef9ec88bf0d", "f4a8712d7a061bf5bd6d2ca38dc4d50a"),
        train_labels=("25c81989df183df01b3e8a0aad5dffbe", "9018921c3c673c538a1fc5bad174d6f9"),
        t10k_images=("bef4ecab320f06d8554ea6380940ec79", "8181f5470baa50b63fa0f6fddb340f0a"),
        t10k_labels=("bb300cfdad3c16e7a12a480ee83cd310", "15d484375f8d13e6eb1aabb0c3f46965"),
    ),
)


def load_fashion_mnist(
    split: str,
    *,
    root: str | os.PathLike | None = None,
    download: bool = False,
    validation: float | int = 0,
    seed: int = 0,
) -> Dataset:
    """Load FashionMNIST, pictures of clothes; ``load`` describes what is common to all sets.

    Args:
        split: ``"train"``, ``"test"`` or ``"validation"``; they share no picture.
        root: Folder that holds ``FashionMNIST/raw`` or ``fashion-mnist``.
        download: Whether to fetch missing or damaged files, 30 MB in all.
        validation: Number or share of the 60 000 training pictures that are held out; 600 is the
            setting of F1.
        seed: Names the random choice of the validation pictures.

    Returns:
        Images (n, 1, 28, 28). By default 60 000 for training and 10 000 for test.

    Raises:
        ValueError: A validation part outside its range.
        OSError: Files missing, damaged or out of reach; ``load`` lists which error says what.

    Cost: 0.6 s and 210 MB for the training set.

    Example:
        Needs the files, so it is not run here: ``load("fashion_mnist", validation=600)`` has
        59 400 pictures.
    """
    return _load(_FASHION_MNIST, split, root, download, validation, seed)


def load_mnist(
    split: str,
    *,
    root: str | os.PathLike | None = None,
    download: bool = False,
    validation: float | int = 0,
    seed: int = 0,
) -> Dataset:
    """Load MNIST, handwritten digits; ``load`` describes what is common to all sets.

    Args:
        split: ``"train"``, ``"test"`` or ``"validation"``; they share no picture.
        root: Folder that holds ``MNIST/raw`` or ``mnist``.
        download: Whether to fetch missing or damaged files, 11 MB in all.
        validation: Number or share of the 60 000 training pictures that are held out.
        seed: Names the random choice of the validation pictures.

    Returns:
        Images (n, 1, 28, 28). By default 60 000 for training and 10 000 for test.

    Raises:
        ValueError: A validation part outside its range.
        OSError: Files missing, damaged or out of reach; ``load`` lists which error says what.

    Cost: 0.6 s and 210 MB for the training set.

    Example:
        Needs the files, so it is not run here: ``load("mnist", "test")`` has 10 000 pictures.
    """
    return _load(_MNIST, split, root, download, validation, seed)


def read_idx(content: bytes) -> np.ndarray:
    """The array of unsigned bytes in a file of the format idx.

    Args:
        content: The uncompressed file.

    Returns:
        Uint8, in the shape that the file states; read-only.

    Raises:
        ValueError: Not idx, other values than unsigned bytes, or a length that is not the stated
            one.

    Cost: none, the array is a view of the content.

    Example:
        >>> read_idx(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 8, 9]))
        array([7, 8, 9], dtype=uint8)
    """
    header = 4 + 4 * content[3] if len(content) > 3 else 4
    if len(content) < header or content[:3] != b"\0\0\x08":
        raise ValueError(
            f"an idx file of unsigned bytes begins with 0, 0, 8, the number of dimensions and the "
            f"dimensions, but got {len(content)} bytes that begin with {list(content[:4])}"
        )
    shape = tuple(int(size) for size in np.frombuffer(content[4:header], dtype=">u4"))
    values = np.frombuffer(content, dtype=np.uint8)[header:]
    if len(values) != math.prod(shape):
        raise ValueError(f"the idx file states the shape {shape} but holds {len(values)} values")
    return values.reshape(shape)


def _load(
    published: _Published,
    split: str,
    root: str | os.PathLike | None,
    download: bool,
    validation: float | int,
    seed: int,
) -> Dataset:
    part = "t10k" if split == "test" else "train"
    images, labels = (
        read_idx(
            read(
                published.files[f"{part}_{kind}"],
                root=root,
                folders=published.folders,
                mirrors=published.mirrors,
                download=download,
                data_set=published.name,
            )
        )
        for kind in ("images", "labels")
    )
    if split != "test":
        chosen = training_split(labels, split, validation, seed)
        images, labels = images[chosen], labels[chosen]
    pixels = torch.from_numpy(images.astype(np.float32)).unsqueeze(1).div_(255)
    return make(
        pixels, torch.from_numpy(labels.astype(np.int64)), published.classes, published.name
    )
