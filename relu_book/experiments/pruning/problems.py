"""The five problems of the pruning paper: classes, rates and epochs (tables 1 to 3).

Table 1 lists dog twice and no frog, so that its ten classes are nine. Here the last one is frog.
"""

from dataclasses import dataclass, replace

import torch

from relu_book.datasets import Dataset

ADDED = (
    ("automobile", "truck"),
    ("airplane", "ship"),
    ("cat", "dog"),
    ("deer", "horse"),
    ("bird", "frog"),
)
PRINTED = (*ADDED[:-1], ("bird", "dog"))


@dataclass(frozen=True)
class Problem:
    """What tables 2 and 3 say of a problem besides its network.

    Attributes:
        epochs: of each training, at most.
        rate_conv: share of the convolutions' parameters that goes in each iteration.
        rate_dense: the same of the dense layer's.
        validation: share of the training images that is held out for early stopping.
        patience: epochs without a better validation after which a training stops, if there is one.
    """

    epochs: int
    rate_conv: float = 0.1
    rate_dense: float = 0.2
    validation: float = 0.0
    patience: int = 20


_LARGE = Problem(200, 0.2, validation=0.1)
PROBLEMS = {2: Problem(50), 4: Problem(50), 6: Problem(100), 8: _LARGE, 10: _LARGE}


def classes_of(problem: int, added: tuple[tuple[str, ...], ...] = ADDED) -> tuple[str, ...]:
    """The classes of a problem, in the order in which they are added.

    Example:
        >>> classes_of(4)
        ('automobile', 'truck', 'airplane', 'ship')
    """
    return tuple(name for pair in added[: problem // 2] for name in pair)


def with_classes(data: Dataset, classes: tuple[str, ...]) -> Dataset:
    """The samples of some classes, numbered in the given order.

    Raises:
        ValueError: the data set lacks one of them.
    """
    missing = [name for name in classes if name not in data.classes]
    if missing:
        raise ValueError(f"{data.name} has no class {missing[0]!r}: it has {data.classes}")
    numbers = torch.full((len(data.classes),), -1)
    for number, name in enumerate(classes):
        numbers[data.classes.index(name)] = number
    labels = numbers[data.labels]
    kept = labels >= 0
    return replace(data, images=data.images[kept], labels=labels[kept], classes=classes)
