"""Early stopping: a training ends when its validation has not improved for some epochs."""

import math

from relu_book.training import checks


class EarlyStopping:
    """Whether a value that shall fall has found no new minimum for ``patience`` looks.

    Pruning paper, table 2: "patience of 20 epochs", on a stratified tenth of the training images,
    which ``datasets.load(name, validation=0.1)`` holds out. Which value is watched and whether the
    best weights are put back is not printed; here the value is the caller's, and the weights stay.

    Args:
        patience: looks without a new minimum after which to stop, at least 1.

    Raises:
        ValueError: ``patience`` is no whole number of at least 1.

    Example:
        >>> from relu_book.training import EarlyStopping
        >>> stopping = EarlyStopping(patience=2)
        >>> [stopping.look(loss) for loss in (1.0, 0.5, 0.6, 0.5)]
        [False, False, False, True]
    """

    def __init__(self, patience: int) -> None:
        self.patience = checks.positive(patience, "patience")
        self.best, self.since = math.inf, 0

    def look(self, value: float) -> bool:
        """Whether to stop, after one more value; NaN is no improvement."""
        self.since = 0 if value < self.best else self.since + 1
        self.best = min(self.best, value) if value == value else self.best
        return self.since >= self.patience
