"""Networks of two filters a layer on the board, many of them (thesis A.2.2, figure A.6).

    relu-book run extrinsic_projection/two_filters --scale desk

The source draws one network and prints its accuracy. Here are hundreds, in the source's own size:
200 batches of 250 points, ten epochs of plain gradient descent at 0.1. Neither the board nor the
bias is printed; the two boards that fit the words, D and F of ``CHECKBOARD_LAYOUTS``, and both
usual biases are run. Beside the two layers of the source there are eight, for what it says on more.
"""

from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from relu_book.experiments.extrinsic_projection import many
from relu_book.runs import Run, experiment

CLASSES = 4
DEPTHS = (2, 8)


@dataclass(frozen=True)
class Settings(many.Board):
    """What is trained and when it is looked at.

    Attributes:
        width: Filters of a layer.
        networks: How many a seed, each with points of its own to train on.
        epochs: When the networks are looked at; 0 is before training, the last one the end.
        drawn: Points of which it is counted how many fall on one place.
        seeds: Of the points; ``networks`` seeds of weights each.
    """

    width: int = 2
    networks: int = 50
    epochs: tuple[int, ...] = (0, 1, 2, 3, 10)
    drawn: int = 1000
    seeds: tuple[int, ...] = tuple(range(10))


SMOKE = Settings(networks=3, batches=10, batch_size=50, epochs=(0, 1, 2), drawn=100, seeds=(0, 1))


def starting(settings: Settings, seed: int, depth: int) -> many.Parameters:
    """The networks of a job before training, of so many layers and a read-out."""
    first = settings.networks * seed
    widths = (2, *depth * (settings.width,), CLASSES)
    return many.networks(widths, settings.bias, range(first, first + settings.networks))


def batches(settings: Settings, seed: int, run: Run) -> tuple[Tensor, Tensor]:
    """Points (networks, batches, size, 2) and labels: of one draw, each network has its part."""
    shape = (settings.networks, settings.batches, settings.batch_size)
    data = run.load("checkboard", layout=settings.layout, samples=int(np.prod(shape)), seed=seed)
    return data.images.double().view(*shape, 2), data.labels.view(shape)


def confusion(parameters: many.Parameters, points: Tensor, labels: Tensor) -> np.ndarray:
    """How many points (n, 2) of each class have which prediction, (networks, class, prediction)."""
    counted = []
    for number in range(len(parameters[0])):
        one = [each[number : number + 1] for each in parameters]
        predicted = many.outputs(one, points[None])[-1][0].argmax(1)
        counted.append(torch.bincount(CLASSES * labels + predicted, minlength=CLASSES**2))
    return torch.stack(counted).view(-1, CLASSES, CLASSES).numpy()


def in_one_place(parameters: many.Parameters, points: Tensor) -> np.ndarray:
    """Share of the points that the last hidden layer puts in its fullest place, (networks,).

    Places are rounded to nine digits: what is the same point may differ in its last bit.
    """
    last = many.outputs(parameters, points.expand(len(parameters[0]), -1, -1))[-2]
    most = [
        each.round(decimals=9).unique(dim=0, return_counts=True)[1].max().item() for each in last
    ]
    return np.array(most) / len(points)


@experiment(
    scales={"smoke": SMOKE, "desk": Settings()},
    expected={"smoke": "2 s on one core", "desk": "17 min on one core, 40 jobs of 25 s"},
    over=("layout", "bias"),
    deviations={
        "desk": "board and biases, which are not printed, are two readings of each; eight layers "
        "besides"
    },
)
def two_filters(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run extrinsic_projection/two_filters --scale desk

    Expected result (thesis A.2.2): an accuracy of 48.9 %, with which two pairs of classes are told
    apart; with eight layers mostly that of a guess.

    Returns:
        By network, depth and epoch ``accuracy`` in per cent and ``one_place``, the share of the
        drawn points that the last hidden layer puts in one place; ``confusion`` at the end, test
        points of a class with a prediction; ``weights`` of two layers by epoch and network, W and b
        of each layer in turn.
    """
    points, labels = batches(settings, seed, run)
    size = settings.batches * settings.batch_size
    options = {"layout": settings.layout, "seed": seed}
    test = run.load("checkboard", "test", samples=size, **options)
    drawn = run.load("checkboard", "validation", samples=settings.drawn, **options)
    shown = {epoch * settings.batches: epoch for epoch in settings.epochs}
    right, places, counted, weights = [], [], [], []
    for number, depth in enumerate(DEPTHS):
        start = starting(settings, seed, depth)
        for step, parameters in many.trained(start, points, labels, settings.rate, shown):
            found = confusion(parameters, test.images.double(), test.labels)
            right.append(100 * found.trace(axis1=1, axis2=2) / size)
            places.append(in_one_place(parameters, drawn.images.double()))
            if depth == DEPTHS[0]:
                weights.append(to_rows(parameters))
            run.progress(number + step / max(shown), len(DEPTHS))
        counted.append(found)
    grid = (len(DEPTHS), len(shown), settings.networks)
    dims = ("depth", "epoch", "network")
    return xr.Dataset(
        {
            "accuracy": (dims, np.reshape(right, grid).astype(np.float32)),
            "one_place": (dims, np.reshape(places, grid).astype(np.float32)),
            "confusion": (
                ("depth", "network", "class", "predicted"),
                np.stack(counted).astype(np.int32),
            ),
            "weights": (("epoch", "network", "weight"), np.stack(weights)),
        },
        {"depth": list(DEPTHS), "epoch": list(settings.epochs)},
    )


def to_rows(parameters: many.Parameters) -> np.ndarray:
    """All numbers of each network as a row (networks, numbers) of float32, for a record."""
    return torch.cat([each.flatten(1) for each in parameters], 1).float().numpy()


def from_rows(rows: np.ndarray, widths: tuple[int, ...] = (2, 2, 2, CLASSES)) -> many.Parameters:
    """The networks that ``to_rows`` has written, in float64."""
    parameters = many.networks(widths, "zero", range(1))
    parts = (
        torch.from_numpy(np.atleast_2d(rows))
        .double()
        .split([each[0].numel() for each in parameters], 1)
    )
    return [part.reshape(-1, *each.shape[1:]) for part, each in zip(parts, parameters, strict=True)]
