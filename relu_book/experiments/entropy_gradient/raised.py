"""One training on the cross entropy less λ H, H the mean entropy of its layers (thesis A.1)."""

from contextlib import nullcontext
from typing import Any

import numpy as np
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from relu_book.entropy import EntropyRegularizer
from relu_book.runs import Run
from relu_book.training import DivergenceError, train


def raised(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    run: Run,
    *,
    strength: float,
    relaxation: str = "linear",
    steps: int,
    **options: Any,
) -> tuple[np.ndarray, int]:
    """Trains a network, in place, up to its end or divergence.

    Args:
        model: As for ``relu_book.training.train``.
        images: As for it.
        labels: As for it.
        run: Whose progress this is.
        strength: λ; with 0 no entropy is counted.
        relaxation: As for ``pattern_entropy``.
        steps: Updates.
        **options: Further ones of ``train``.

    Returns:
        The loss of each update, NaN where there was none, and how many were made: fewer than
        ``steps`` if the training diverged.
    """
    regulariser = EntropyRegularizer(model, relaxation=relaxation) if strength else None
    losses, taken = np.full(steps, np.nan), 0

    def loss(outputs: Tensor, labels: Tensor) -> Tensor:
        error = cross_entropy(outputs, labels.long())
        return error if regulariser is None else error - strength * regulariser.entropy

    def progress(done: int, total: int) -> None:
        nonlocal taken
        taken = done
        run.progress(done, total)

    try:
        with regulariser or nullcontext():
            found = train(
                model, images, labels, steps=steps, loss_function=loss, progress=progress, **options
            ).loss
    except DivergenceError as error:
        found, taken = error.history.loss, error.step
    except ValueError as error:
        # Patterns are counted before the loop sees the loss, and meet its NaN first.
        if "NaN has no sign" not in str(error):
            raise
        found = losses[:0]
    losses[: len(found)] = found
    return losses, taken
