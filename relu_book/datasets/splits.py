"""How a validation set is cut from a training set: seeded, and with equal shares of each class.

The source splits training data into 90 % for training and 10 % for validation, and trains on
nothing of the latter (thesis 2.1.1); for F1 it takes out 600 images (thesis 2.2.4, footnote 11).
"""

from numbers import Integral, Real

import numpy as np


def held_out(labels: np.ndarray, size: float | int, seed: int) -> np.ndarray:
    """Which samples are held out: a random part in which each class has its share.

    Args:
        labels: Shape (n,), whole numbers.
        size: How many samples as a whole number below n, or their share as a float in [0, 1).
            0 holds nothing out.
        seed: Names the random choice.

    Returns:
        Boolean, shape (n,). Exactly ``size`` entries (or the share, rounded) are true; of each
        class its share of them, rounded up or down.

    Raises:
        ValueError: A size outside its range.

    Cost: a sort of n numbers.

    Example:
        >>> import numpy as np
        >>> held_out(np.array([0, 0, 0, 0, 1, 1, 1, 1]), size=0.5, seed=0).reshape(2, 4).sum(1)
        array([2, 2])
    """
    samples = len(labels)
    share = isinstance(size, Real) and not isinstance(size, Integral)
    count = round(size * samples) if share and 0 <= size < 1 else size
    whole = isinstance(count, Integral) and not isinstance(count, bool)
    if not (whole and 0 <= count < samples):
        raise ValueError(
            f"validation must be a number of samples below {samples} or a share in [0, 1), "
            f"but got {size!r}"
        )
    # Sorted by class, at random within a class; then every (samples / count)-th sample is taken.
    order = np.lexsort((np.random.default_rng(seed).random(samples), labels))
    chosen = np.zeros(samples, dtype=bool)
    if count:
        chosen[order[(2 * np.arange(count) + 1) * samples // (2 * count)]] = True
    return chosen


def training_split(
    labels: np.ndarray, split: str, validation: float | int, seed: int
) -> np.ndarray:
    """The samples of a training set that belong to its split ``train`` or ``validation``.

    Args:
        labels: Shape (n,), the labels of the whole training set.
        split: ``"validation"`` for the part held out, ``"train"`` for all others.
        validation: Number or share of the samples held out, as in ``held_out``.
        seed: Names the random choice.

    Returns:
        Int64, the indices of the split in ascending order.

    Raises:
        ValueError: A size outside its range, or the validation split where nothing is held out.

    Cost: a sort of n numbers.

    Example:
        >>> import numpy as np
        >>> training_split(np.zeros(4), "train", validation=0, seed=0)
        array([0, 1, 2, 3])
    """
    chosen = held_out(labels, validation, seed)
    if split == "validation" and not chosen.any():
        raise ValueError(
            f"validation={validation!r} holds out none of the {len(labels)} training samples: "
            f"pass the validation= that the training split was loaded with, such as 0.1"
        )
    return np.flatnonzero(chosen if split == "validation" else ~chosen)


def at_most(labels: np.ndarray, per_class: int | None, seed: int) -> np.ndarray:
    """A random part of the samples in which no class has more than a given number.

    Parts of equal ``seed`` are nested: each holds all smaller ones.

    Args:
        labels: Shape (n,), whole numbers.
        per_class: The number, at least 1; None keeps everything.
        seed: Names the random choice.

    Returns:
        Int64, the indices of the part in ascending order.

    Raises:
        ValueError: A number below 1 or none.

    Cost: a sort of n numbers.

    Example:
        >>> import numpy as np
        >>> labels = np.array([0, 0, 0, 1, 1, 2])
        >>> labels[at_most(labels, 2, seed=0)]
        array([0, 0, 1, 1, 2])
    """
    if per_class is None:
        return np.arange(len(labels))
    if not isinstance(per_class, Integral) or isinstance(per_class, bool) or per_class < 1:
        raise ValueError(
            f"per_class must be a whole number of at least 1, or None for all, "
            f"but got {per_class!r}"
        )
    # A stream of its own: the same numbers as for the validation cut would favour its neighbours.
    order = np.lexsort((np.random.default_rng([seed, 1]).random(len(labels)), labels))
    _, first = np.unique(labels[order], return_index=True)
    starts = np.zeros(len(labels), dtype=np.int64)
    starts[first] = first
    rank = np.arange(len(labels)) - np.maximum.accumulate(starts)
    return np.sort(order[rank < per_class])
