"""The extrinsic network of figure A.8, trained on the spot with one seed (thesis A.3.2)."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch

from relu_book.datasets import load
from relu_book.experiments.extrinsic_networks.networks import (
    Board,
    determinants,
    extrinsic,
    layers_of,
)
from relu_book.training import accuracy, make_optimizer, train

TIMES = {
    "start": 0,
    "1 step": 1,
    "10 steps": 10,
    "25 steps": 25,
    "1 epoch": 200,
    "2 epochs": 400,
    "10 epochs": 2000,
}
START = {"weight": 0.35, "shift": 0.3}


class Course(NamedTuple):
    """Where 1,000 fixed points are, at each time of ``TIMES`` and behind each layer.

    Attributes:
        places: ``(times, layers + 1, points, 2)`` float32, the input first.
        scores: ``(times, points, 4)``, of the read-out.
        labels: ``(points,)``, their classes.
        determinants: ``(times, points)``, of the map of all layers.
        accuracy: In per cent, of the points, by time.
    """

    places: np.ndarray
    scores: np.ndarray
    labels: np.ndarray
    determinants: np.ndarray
    accuracy: np.ndarray


@lru_cache(maxsize=2)
def course(seed: int = 0, grow: bool = False, points: int = 1000) -> Course:
    """Trains the network as the source does, on board D, and follows the points.

    Args:
        seed: Of weights, points and batches.
        grow: Whether a coordinate of ones is appended at the input, with 450 filters a layer in
            place of 600; places are then the first two of three coordinates.
        points: How many are followed.

    Cost: 10 s.
    """
    settings = Board()
    data = load("checkboard", "train", samples=settings.points, seed=seed)
    shown = load("checkboard", "validation", samples=points, seed=seed)
    filters = settings.filters * 3 // 4 if grow else settings.filters
    model = extrinsic(3, filters, **START, seed=seed, grow=grow)
    optimizer = make_optimizer("sgd", model, settings.learning_rate)
    places, scores, dets, right, done = [], [], [], [], 0
    for steps in TIMES.values():
        if steps > done:
            train(
                model,
                data.images,
                data.labels,
                optimizer=optimizer,
                steps=steps - done,
                batch_size=settings.batch_size,
                seed=1000 * seed + steps,
            )
            done = steps
        with torch.no_grad():
            at = [shown.images]
            for layer in layers_of(model):
                at.append(layer(at[-1]))
            scores.append(model[-1](at[-1]).numpy())
        places.append(torch.stack([each[:, :2] for each in at]).numpy())
        dets.append(np.full(points, np.nan) if grow else determinants(model, shown.images))
        right.append(100 * accuracy(model, shown.images, shown.labels))
    return Course(
        np.stack(places), np.stack(scores), shown.labels.numpy(), np.stack(dets), np.array(right)
    )
