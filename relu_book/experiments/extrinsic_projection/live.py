"""The networks that the chapter trains while it is executed (thesis A.2.2, figures A.6 and A.7).

One network at a time, in the source's own size and setting: 200 batches of 250 points, ten epochs
of plain gradient descent at 0.1. Nothing here decides a claim; the records hold hundreds of them.
"""

from functools import cache

import torch
from torch import Tensor, nn

from relu_book import datasets
from relu_book.experiments.extrinsic_projection import many

EPOCH, BATCH = 200, 250
SHOWN_BY_TWO = tuple(EPOCH * epoch for epoch in (0, 1, 2, 3, 10))
SHOWN_BY_FIFTY = (0, 1, 10, 25, EPOCH, 2 * EPOCH, 10 * EPOCH)


def when(step: int) -> str:
    """A step in words.

    Example:
        >>> when(0), when(25), when(200), when(2000)
        ('before training', 'after 25 steps', 'after 1 epoch', 'after 10 epochs')
    """
    if step == 0:
        return "before training"
    number, unit = (step, "step") if step % EPOCH else (step // EPOCH, "epoch")
    return f"after {number} {unit}{'s' * (number > 1)}"


@cache
def training(
    widths: tuple[int, ...], seed: int, shown: tuple[int, ...], bias: str = "default"
) -> dict[int, nn.Sequential]:
    """A network at the steps that are shown; of three inputs the third is always 0.

    Args:
        widths: 2 or 3, then the width of each layer, the last one 4.
        seed: Of the weights.
        shown: Steps.
        bias: Name of ``many.BIASES``.

    Cost: 1 to 4 s for ten epochs.
    """
    data = datasets.load("checkboard")
    points = embedded(data.images.double(), widths[0]).view(1, EPOCH, BATCH, -1)
    start = many.networks(widths, bias, [seed])
    courses = many.trained(start, points, data.labels.view(1, EPOCH, BATCH), 0.1, shown)
    return {step: many.network(parameters) for step, parameters in courses}


def embedded(points: Tensor, inputs: int) -> Tensor:
    """Points of the plane in the inputs of a network: coordinates beyond the second are 0."""
    return torch.cat([points, points.new_zeros(len(points), inputs - 2)], 1)


def accuracy(model: nn.Module, inputs: int = 2) -> float:
    """Accuracy in per cent on the 50,000 test points."""
    test = datasets.load("checkboard", "test")
    with torch.no_grad():
        predicted = model(embedded(test.images.double(), inputs)).argmax(1)
    return 100 * (predicted == test.labels).double().mean().item()
