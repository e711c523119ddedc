"""Labelled data sets in memory, by name.

``load`` is the one door: pictures that are embedded (``digits``), that are read from files and
fetched on request (``fashion_mnist``, ``mnist``), and points in the plane that are drawn from a
seed (``uniform``, ``clusters``, ``checkboard``). A further data set is one function that takes the
split and its own options and returns a ``Dataset``, and one line in ``_LOADERS``.
"""

import difflib
import inspect
import os
from collections.abc import Callable
from numbers import Integral
from typing import Any

from relu_book.datasets.dataset import DataIntegrityError, Dataset
from relu_book.datasets.digits import load_digits
from relu_book.datasets.files import data_root
from relu_book.datasets.idx import load_fashion_mnist, load_mnist
from relu_book.datasets.toys import (
    CHECKBOARD_LAYOUTS,
    checkboard_class,
    load_checkboard,
    load_clusters,
    load_uniform,
)

__all__ = [
    "CHECKBOARD_LAYOUTS",
    "DataIntegrityError",
    "Dataset",
    "checkboard_class",
    "data_root",
    "load",
    "names",
]

_LOADERS: dict[str, Callable[..., Dataset]] = {
    "digits": load_digits,
    "fashion_mnist": load_fashion_mnist,
    "mnist": load_mnist,
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
    name: str,
    split: str = "train",
    root: str | os.PathLike | None = None,
    download: bool = False,
    **options: Any,
) -> Dataset:
    """Load one split of a data set.

    The three splits are disjoint. For pictures the validation set is cut from the published
    training set, at random from a seed and with the same share of each class: by default 10 % as
    in thesis 2.1.1, and ``train`` is the other 90 %. ``validation=600`` or ``validation=0.01``
    holds out another part, ``validation=0`` nothing, so that ``train`` is the training set as
    published. Pass equal ``validation`` and ``seed`` for both splits. For points the three splits
    are independent draws.

    Args:
        name: A name out of ``names()``.
        split: ``"train"``, ``"test"`` or ``"validation"``.
        root: Folder with the files of the data sets; by default what the environment variable
            ``RELU_BOOK_DATA`` names, else ``relu_book`` in the user's cache folder. Under it the
            layout of torchvision (``FashionMNIST/raw``, ``MNIST/raw``) and a folder of its own
            (``fashion-mnist``, ``mnist``) are found, with the files compressed or not.
        download: Whether to fetch files that are missing or damaged.
        **options: ``seed`` for every data set (default 0); ``validation`` for pictures;
            ``size=8|16|32`` for ``digits``; ``samples`` for points; ``low`` and ``high`` for
            ``uniform``; ``centres`` and ``standard_deviation`` for ``clusters``; ``layout`` for
            ``checkboard``, a key of ``CHECKBOARD_LAYOUTS``.

    Returns:
        The data set, in memory on the CPU. Its parts are ``images``, float32 in [0, 1] of the shape
        (n, channels, height, width), or points of the shape (n, 2), ``labels`` int64, ``classes``,
        ``name`` and ``checksum``. The same call returns the same bits.

    Raises:
        ValueError: A name (the message has the close ones), split or value that does not exist.
        TypeError: An option that the data set does not have.
        FileNotFoundError: Files are missing and ``download`` is false.
        DataIntegrityError: A file is truncated or altered, or arrives so.
        ConnectionError: The download failed; nothing is left of it.
        ImportError: scikit-learn (for ``digits``) or pooch (for downloads) is not installed.

    Cost: a second at the most and the memory of the images, 190 MB for FashionMNIST; a download
    takes what the network takes.

    Example:
        >>> from relu_book.datasets import load
        >>> data = load("digits", size=16)
        >>> data.images.shape, data.images.max().item(), data.labels[:5].tolist()
        (torch.Size([1293, 1, 16, 16]), 1.0, [2, 7, 8, 9, 0])
    """
    if name not in _LOADERS:
        raise ValueError(f"there is no data set {name!r}{_close(name)}: choose one of {names()}")
    if split not in _SPLITS:
        raise ValueError(f"there is no split {split!r}: choose one of {_SPLITS}")
    loader = _LOADERS[name]
    known = set(inspect.signature(loader).parameters) - {"split", "root", "download"}
    for option in options.keys() - known:
        raise TypeError(
            f"the data set {name!r} has no option {option!r}: its options are {sorted(known)}"
        )
    seed = options.get("seed", 0)
    if not isinstance(seed, Integral) or seed < 0:
        raise ValueError(f"seed must be a whole number of at least 0, but got {seed!r}")
    if "root" in inspect.signature(loader).parameters:
        options |= {"root": root, "download": download}
    return loader(split, **options)


def _close(name: object) -> str:
    """The names that a misspelt one may mean, as a part of a sentence."""
    spelling = str(name).lower().replace("-", "_").replace(" ", "_")
    close = difflib.get_close_matches(spelling, _LOADERS)
    return f" (did you mean {' or '.join(map(repr, close))}?)" if close else ""
