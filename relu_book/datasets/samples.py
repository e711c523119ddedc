"""Labelled samples that lie in files and are not read yet, and how they become a data set."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from relu_book.datasets import pictures, sounds
from relu_book.datasets.dataset import DataIntegrityError, Dataset, make
from relu_book.datasets.splits import at_most, training_split


@dataclass(frozen=True)
class Samples:
    """Labels in memory, samples in files.

    Attributes:
        labels: Int64, shape (n,).
        classes: The name of each class.
        contents: Yields for some ascending indices the place of each sample, for messages, and the
            bytes of its picture or wav file.
        kind: ``"picture"`` or ``"sound"``.
        named: Whether the classes have names; else these are numbers.
    """

    labels: np.ndarray
    classes: tuple[str, ...]
    contents: Callable[[np.ndarray], Iterator[tuple[str, bytes]]]
    kind: str = "picture"
    named: bool = True


def in_files(
    paths: Sequence[Path | str],
    labels: np.ndarray,
    classes: tuple[str, ...],
    kind: str = "picture",
) -> Samples:
    """Samples that have a file each.

    Example:
        >>> samples = in_files(["a.png", "b.png"], np.array([0, 1]), ("cat", "dog"))
        >>> samples.classes, samples.kind
        (('cat', 'dog'), 'picture')
    """

    def contents(chosen: np.ndarray) -> Iterator[tuple[str, bytes]]:
        for index in chosen.tolist():
            yield str(paths[index]), Path(paths[index]).read_bytes()

    return Samples(np.asarray(labels, dtype=np.int64), classes, contents, kind)


def gather(
    samples: Samples,
    name: str,
    remedy: str,
    *,
    split: str | None = None,
    validation: float | int = 0,
    seed: int = 0,
    per_class: int | None = None,
    kind: str | None = None,
    **options,
) -> Dataset:
    """Read the samples of a split.

    Args:
        samples: All samples of the training set, or of the set that is wanted as it is.
        name: Name of the data set.
        remedy: What to do about a damaged file, for messages.
        split: ``"train"`` or ``"validation"`` to cut the one from the other; None to take all.
        validation: Number or share of the samples that are held out.
        seed: Names the random choices.
        per_class: Takes at most so many samples of each class.
        kind: What the samples must be; None for either.
        **options: ``size``, ``shape``, ``colour`` for pictures; ``length``, ``rate`` for sounds.

    Returns:
        Pictures in [0, 1] or sounds in [-1, 1).

    Raises:
        ValueError: A part outside its range, or samples that differ in size.
        DataIntegrityError: A file is damaged.
        MemoryError: The samples do not fit into memory.

    Cost: that of ``pictures.stack`` or ``sounds.stack`` for the samples that are taken.

    Example:
        ``load_parquet`` shows its use.
    """
    if kind is not None and samples.kind != kind:
        raise DataIntegrityError(
            f"the data set {name!r} has {kind}s, but its files hold {samples.kind}s: {remedy}"
        )
    chosen = np.arange(len(samples.labels))
    if split is not None:
        chosen = training_split(samples.labels, split, validation, seed)
    chosen = chosen[at_most(samples.labels[chosen], per_class, seed)]
    room, scale = (pictures, 255) if samples.kind == "picture" else (sounds, sounds.FULL_SCALE)
    values = room.stack(
        samples.contents(chosen),
        len(chosen),
        data_set=name,
        remedy=remedy,
        classes=len(samples.classes),
        **options,
    )
    images = torch.from_numpy(values).float().div_(scale)
    return make(images, torch.from_numpy(samples.labels[chosen]), samples.classes, name)
