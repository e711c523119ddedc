"""Labelled data sets in memory, by name.

``load`` is the one door: pictures that are embedded (``digits``), pictures and sounds that are read
from files and, most of them, fetched on request (``mnist``, ``fashion_mnist``, ``cifar10``,
``cifar100``, ``tiny_imagenet``, ``imagenet``, ``speech_commands``), parquet files by their path,
and points in the plane that are drawn from a seed (``uniform``, ``clusters``, ``checkboard``). Who
publishes the files, under which licence and how large they are, says ``published_sizes``. A further
data set is one function that takes the split and its own options and returns a ``Dataset``, and one
line in ``_LOADERS``.
"""

import inspect
import os
from collections.abc import Callable
from functools import partial
from numbers import Integral
from typing import Any

from relu_book.datasets.cifar import load_cifar10, load_cifar100
from relu_book.datasets.dataset import DataIntegrityError, Dataset
from relu_book.datasets.digits import load_digits
from relu_book.datasets.files import data_root
from relu_book.datasets.idx import load_fashion_mnist, load_mnist
from relu_book.datasets.imagenet import load_imagenet, load_tiny_imagenet
from relu_book.datasets.parquet import load_parquet
from relu_book.datasets.published import PublishedSize, published_sizes
from relu_book.datasets.speech_commands import load_speech_commands
from relu_book.datasets.toys import (
    CHECKBOARD_LAYOUTS,
    checkboard_class,
    load_checkboard,
    load_clusters,
    load_uniform,
)
from relu_book.spelling import close_names

__all__ = [
    "CHECKBOARD_LAYOUTS",
    "DataIntegrityError",
    "Dataset",
    "PublishedSize",
    "checkboard_class",
    "data_root",
    "load",
    "load_parquet",
    "names",
    "published_sizes",
]

_LOADERS: dict[str, Callable[..., Dataset]] = {
    "digits": load_digits,
    "fashion_mnist": load_fashion_mnist,
    "mnist": load_mnist,
    "cifar10": load_cifar10,
    "cifar100": load_cifar100,
    "tiny_imagenet": load_tiny_imagenet,
    "imagenet": load_imagenet,
    "speech_commands": load_speech_commands,
    "uniform": load_uniform,
    "clusters": load_clusters,
    "checkboard": load_checkboard,
}
_SPLITS = ("train", "test", "validation")


def names() -> tuple[str, ...]:
    """The names that ``load`` knows.

    Example:
        >>> "digits" in names()
        True
    """
    return tuple(_LOADERS)


def load(
    name: str | os.PathLike,
    split: str = "train",
    root: str | os.PathLike | None = None,
    download: bool = False,
    **options: Any,
) -> Dataset:
    """Load one split of a data set.

    The three splits are disjoint. Of pictures, ``train`` is the training set as published, unless
    a validation set is cut from it, at random from a seed and with the same share of each class:
    ``validation=0.1`` holds out 10 % as in thesis 2.1.1, ``validation=600`` so many samples. Pass
    equal ``validation`` and ``seed`` for both splits. ``digits``, which is published in one piece,
    is divided here: into 1 293, 144 and 360 scans, or with ``validation=0`` into 1 437 and 360.
    ``speech_commands`` has a validation set of its own, by speakers. For points the three splits
    are independent draws.

    Args:
        name: A name out of ``names()``, or the path of a parquet file, relative to the working
            folder or to the root; ``load_parquet`` says what such a file holds, and takes several.
        split: ``"train"``, ``"test"`` or ``"validation"``.
        root: Folder with the files of the data sets; by default what the environment variable
            ``RELU_BOOK_DATA`` names, else ``relu_book`` in the user's cache folder. Under it the
            first of these is taken: ``MNIST/raw`` or ``mnist``; ``FashionMNIST/raw`` or
            ``fashion-mnist``; ``cifar-10-batches-py``, ``cifar-10-python.tar.gz`` or ``cifar10``
            with parquet files (``train-0-of-3.parquet`` and so on, ``test.parquet``); the same for
            CIFAR-100; ``tiny-imagenet-200`` as published or ``tiny_imagenet`` with parquet files;
            ``imagenet`` with ``train`` and ``val``, a folder a class, or with parquet files;
            ``SpeechCommands/speech_commands_v0.02``, ``speech_commands_v0.02`` or
            ``speech_commands``, with a folder a word or with parquet files. So torchvision and
            torchaudio find the same files.
        download: Whether to fetch files that are missing or damaged; not for ``imagenet``.
        **options: ``seed`` for every data set (default 0); ``validation`` for pictures;
            ``per_class`` to take fewer samples of each class, for ``tiny_imagenet``, ``imagenet``,
            ``speech_commands`` and parquet files; ``size=8|16|32`` for ``digits``, any for
            ``imagenet``; ``samples`` for points; ``low`` and ``high`` for ``uniform``; ``centres``
            and ``standard_deviation`` for ``clusters``; ``layout`` for ``checkboard``, a key of
            ``CHECKBOARD_LAYOUTS``.

    Returns:
        The data set, in memory on the CPU. Its parts are ``images``, float32: pictures in [0, 1]
        of the shape (n, channels, height, width), sounds in [-1, 1) of the shape (n, 1, time) or
        points of the shape (n, 2); ``labels`` int64, ``classes``, ``class_counts``, ``name`` and
        ``checksum``. The same call on the same files returns the same bits.

    Raises:
        ValueError: A name (the message has the close ones), split or value that does not exist.
        TypeError: An option that the data set does not have.
        FileNotFoundError: Files are missing and ``download`` is false.
        DataIntegrityError: A file is truncated or altered, or arrives so.
        ConnectionError: The download failed; nothing is left of it.
        MemoryError: The samples do not fit into memory; said before they are read.
        ImportError: A package is not installed that the set needs: scikit-learn for ``digits``,
            pyarrow for parquet files, Pillow for coded pictures, pooch for downloads.

    Cost: a second at the most and the memory of the images, 190 MB for FashionMNIST; CIFAR-10 some
    seconds and 0.6 GB, the larger sets what their loaders say; a download takes what the network
    takes.

    Example:
        >>> from relu_book.datasets import load
        >>> data = load("digits", size=16)
        >>> data.images.shape, data.images.max().item(), data.labels[:5].tolist()
        (torch.Size([1293, 1, 16, 16]), 1.0, [2, 7, 8, 9, 0])
    """
    if str(name).endswith(".parquet"):
        loader = partial(load_parquet, name)
    elif name in _LOADERS:
        loader = _LOADERS[name]
    else:
        raise ValueError(f"there is no data set {name!r}{_close(name)}: choose one of {names()}")
    if split not in _SPLITS:
        raise ValueError(f"there is no split {split!r}: choose one of {_SPLITS}")
    places = {"root": root, "download": download}
    parameters = inspect.signature(loader).parameters
    known = parameters.keys() - places.keys() - {"split", "paths"}
    for option in options.keys() - known:
        raise TypeError(
            f"the data set {name!r} has no option {option!r}: its options are {sorted(known)}"
        )
    seed = options.get("seed", 0)
    if not isinstance(seed, Integral) or seed < 0:
        raise ValueError(f"seed must be a whole number of at least 0, but got {seed!r}")
    options |= {key: place for key, place in places.items() if key in parameters}
    return loader(split, **options)


def _close(name: object) -> str:
    """The names that a misspelt one may mean, as a part of a sentence."""
    spelling = str(name).lower().replace("-", "_").replace(" ", "_")
    close = close_names(spelling, _LOADERS)
    return f" (did you mean {' or '.join(map(repr, close))}?)" if close else ""
