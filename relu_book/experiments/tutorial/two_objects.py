"""A network that names two objects, and where it sees them (thesis 2.1, figures 2.2b, c, e).

    relu-book run tutorial/two_objects --scale desk

A small VGG learns to name both digits of a canvas: each of its ten outputs is a yes or no of its
own. Then, on canvases of scans that it has not seen, it is asked which places speak for either
digit and what the principal components of its last convolution tell apart.
"""

import json
from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr
from sklearn.metrics import roc_auc_score
from torch import nn
from torch.nn import functional

from relu_book.datasets import load
from relu_book.experiments.tutorial import maps, small_vgg
from relu_book.experiments.tutorial.canvases import Canvases, to_canvas, two_digits
from relu_book.experiments.tutorial.small_vgg import network, to_row
from relu_book.runs import Run, experiment
from relu_book.training import Checkpoint, make_optimizer, predict, train


@dataclass(frozen=True)
class Settings:
    """The network, its training, and the test.

    Attributes:
        data: Name of the data set with the objects.
        stages: Filters of each convolution; a max pooling stands between two stages.
        canvases: Number of training canvases.
        steps: Updates, by Adam.
        batch_size: Canvases an update.
        learning_rate: Of all steps.
        images: Number of test canvases.
        seeds: Of weights, batches and canvases.
    """

    data: str = "digits"
    stages: tuple[tuple[int, ...], ...] = ((16,), (32, 32))
    canvases: int = 2000
    steps: int = 300
    batch_size: int = 32
    learning_rate: float = 0.01
    images: int = 100
    seeds: tuple[int, ...] = (0, 1, 2)


SMOKE = Settings(stages=((8,), (16, 16)), canvases=500, steps=80, images=20, seeds=(0, 1))


@experiment(
    scales={"smoke": SMOKE, "desk": Settings()},
    expected={"smoke": "3 s on one core", "desk": "30 s on one core, 3 networks of 10 s each"},
    deviations={
        "desk": "canvases of two digits and a small VGG in place of photographs and VGG-19"
    },
)
def two_objects(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run tutorial/two_objects --scale desk

    Expected time: smoke 3 s on one core, desk 30 s on one core. Expected result: the map for a
    digit lies on this digit, and the first principal component tells digits from background.

    Returns:
        ``mass_share``, ``area_share`` (image, object), ``correlation`` (image,) of the class
        activation maps; ``explained``, ``separation`` (image,) of the principal components;
        ``both_right``, share of the test canvases whose two digits have the largest outputs;
        ``weights`` (weight,).
    """
    data = two_digits(run.load(settings.data), settings.canvases, 2 * seed)
    test = two_digits(run.load(settings.data, "test"), settings.images, 2 * seed + 1)
    model = network(settings.stages, seed, torch.float64)
    train(
        model,
        data.images,
        functional.one_hot(data.labels, 10).sum(1).double(),
        optimizer=make_optimizer("adam", model, settings.learning_rate),
        steps=settings.steps,
        batch_size=settings.batch_size,
        loss_function=functional.binary_cross_entropy_with_logits,
        seed=seed,
        checkpoint=Checkpoint(run.checkpoint, every=150),
        progress=run.progress,
    )
    model.eval()
    named = predict(model, test.images).topk(2, 1).indices
    right = (named.sort(1).values == test.labels.sort(1).values).all(1)
    shares, found = places_of_objects(model, test), objects_against_background(model, test)
    return xr.Dataset(
        {name: (("image", "object")[: values.ndim], values) for name, values in shares.items()}
        | {name: ("image", values) for name, values in found.items()}
        | {"both_right": right.double().mean().item(), "weights": ("weight", to_row(model))}
    )


def places_of_objects(model: nn.Sequential, test: Canvases) -> dict[str, np.ndarray]:
    """How much of each class map lies on its object.

    Returns:
        ``mass_share``, ``area_share`` (images, 2): share of the map's positive part, and of the
        canvas, that the object's box holds; ``correlation`` (images,) of the two maps over the
        pixels. A map without positive part has mass share 0.
    """
    mass, correlation = [], []
    for picture, labels, boxes in zip(*test, strict=True):
        shown = to_canvas(maps.class_maps(model, picture)[labels])
        positive = np.maximum(shown, 0)
        inside = (positive * boxes).sum((1, 2))
        mass.append(inside / np.maximum(positive.sum((1, 2)), np.finfo(float).tiny))
        correlation.append(np.corrcoef(shown.reshape(2, -1))[0, 1])
    area = test.boxes.mean((2, 3))
    return {"mass_share": np.array(mass), "area_share": area, "correlation": np.array(correlation)}


def separation(component: np.ndarray, inside: np.ndarray) -> float:
    """Area under the ROC curve of a component, of free sign, for pixels inside against outside."""
    area = roc_auc_score(inside.ravel(), component.ravel())
    return max(area, 1 - area)


def objects_against_background(model: nn.Module, test: Canvases) -> dict[str, np.ndarray]:
    """Variance that three components explain, and what the first tells apart, (images,) each."""
    explained, separations = [], []
    for picture, boxes in zip(test.images, test.boxes, strict=True):
        found = maps.components(maps.last_activations(model, picture))
        explained.append(found.shares.sum())
        separations.append(separation(to_canvas(found.pictures[0]), boxes.any(0)))
    return {"explained": np.array(explained), "separation": np.array(separations)}


def of_record(record: xr.Dataset, seed: int = 0) -> tuple[nn.Sequential, Canvases]:
    """A network of a record and the canvases that it was tested on."""
    settings = json.loads(record.attrs["settings"])
    test = two_digits(load(settings["data"], "test"), settings["images"], 2 * seed + 1)
    return small_vgg.of_record(record, seed), test
