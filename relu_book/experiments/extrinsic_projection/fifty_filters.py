"""Networks of fifty filters a layer, and how they deform the board (thesis A.2.2, figure A.7).

    relu-book run extrinsic_projection/fifty_filters --scale desk

Three layers of fifty filters and a read-out, in the source's own size: 200 batches of 250 points,
ten epochs of plain gradient descent at 0.1. At the seven times that the source shows, from before
training to its end, the drawn points are projected back into the plane behind each ReLU, and behind
the read-out as if it had one. Board and bias are not printed; two of each are run.
"""

from dataclasses import dataclass

import numpy as np
import xarray as xr
from torch import Tensor, nn

from relu_book.experiments.extrinsic_projection import many, seen
from relu_book.experiments.extrinsic_projection.two_filters import CLASSES, batches, confusion
from relu_book.extrinsic import project
from relu_book.runs import Run, experiment

DEPTH = 3
# The read-out is the last of the layers that are projected.
LAYERS = (*range(1, DEPTH + 1), "read-out")


@dataclass(frozen=True)
class Settings(many.Board):
    """What is trained and when it is looked at.

    Attributes:
        width: Filters of a layer.
        networks: How many a seed, each with points of its own to train on.
        steps: When the sheet is looked at; 0 is before training, the last one the end.
        drawn: Points of the sheet, and as many to fit a linear classifier in the plane.
        seeds: Of the points; ``networks`` seeds of weights each.
    """

    width: int = 50
    networks: int = 8
    steps: tuple[int, ...] = (0, 1, 10, 25, 200, 400, 2000)
    drawn: int = 1000
    seeds: tuple[int, ...] = tuple(range(5))


SMOKE = Settings(
    width=8, networks=2, batches=10, batch_size=50, steps=(0, 1, 20), drawn=400, seeds=(0, 1)
)


def starting(settings: Settings, seed: int) -> many.Parameters:
    """The networks of a job before training."""
    first = settings.networks * seed
    widths = (2, *DEPTH * (settings.width,), CLASSES)
    return many.networks(widths, settings.bias, range(first, first + settings.networks))


def sheets(model: nn.Module, points: Tensor) -> list[np.ndarray]:
    """Where the points lie behind each of ``LAYERS``, (n, 2) each."""
    return [project(model, points, layer).numpy() for layer in (*range(DEPTH), None)]


@experiment(
    scales={"smoke": SMOKE, "desk": Settings()},
    expected={"smoke": "3 s on one core", "desk": "8 min on one core, 20 jobs of 25 s"},
    over=("layout", "bias"),
    deviations={"desk": "board and biases, which are not printed, are two readings of each"},
)
def fifty_filters(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run extrinsic_projection/fifty_filters --scale desk

    Expected result (thesis A.2.2): an accuracy of about 93.8 %, a first layer that deforms little,
    a second that turns and folds, a third that gathers classes.

    Returns:
        By network and step ``accuracy`` in per cent; besides by layer ``angle``, ``residual``,
        ``separation``, ``closeness`` and ``plane_accuracy``, as ``seen`` defines them, the last
        with a classifier that is fitted to as many other points.
    """
    points, labels = batches(settings, seed, run)
    size = settings.batches * settings.batch_size
    options = {"layout": settings.layout, "seed": seed}
    test = run.load("checkboard", "test", samples=size, **options)
    drawn = run.load("checkboard", "validation", samples=2 * settings.drawn, **options)
    accuracy, measured = [], []
    start = starting(settings, seed)
    for step, parameters in many.trained(start, points, labels, settings.rate, settings.steps):
        counted = confusion(parameters, test.images.double(), test.labels)
        accuracy.append(100 * counted.trace(axis1=1, axis2=2) / size)
        for number in range(settings.networks):
            model = many.network(parameters, number)
            measured.append(measures(model, drawn.images.double(), drawn.labels.numpy()))
            run.progress(step + (number + 1) / settings.networks, max(settings.steps) + 1)
    grid = (len(settings.steps), settings.networks, len(LAYERS))
    found = {
        name: (("step", "network", "layer"), np.reshape([each[name] for each in measured], grid))
        for name in measured[0]
    }
    return xr.Dataset(
        {"accuracy": (("step", "network"), np.stack(accuracy))} | found,
        {"step": list(settings.steps), "layer": [str(layer) for layer in LAYERS]},
    ).astype(np.float32)


def measures(model: nn.Module, points: Tensor, labels: np.ndarray) -> dict[str, list[float]]:
    """The measures of ``seen`` on the first half of the points, one a layer.

    A linear classifier is fitted to the second half.
    """
    x, half = points.numpy(), len(points) // 2
    found: dict[str, list[float]] = {}
    for sheet in sheets(model, points):
        of_layer = {
            "angle": seen.angle(x[:half], sheet[:half]),
            "residual": seen.residual(x[:half], sheet[:half]),
            "separation": seen.separation(sheet[:half], labels[:half]),
            "closeness": seen.closeness(x[:half], sheet[:half], labels[:half]),
            "plane_accuracy": seen.linear_accuracy(
                sheet[half:], labels[half:], sheet[:half], labels[:half]
            ),
        }
        for name, value in of_layer.items():
            found.setdefault(name, []).append(value)
    return found
