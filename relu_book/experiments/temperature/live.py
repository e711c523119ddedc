"""What the chapter measures while it is executed: a step in the plane, and trainings on digits.

Thesis 3.2.2, definitions 5 and 6, at a size of seconds. Nothing here decides a claim: the figures
of the source are judged by records.
"""

import copy
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
import xarray as xr
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from relu_book import datasets
from relu_book.models import cifar_resnet, mlp
from relu_book.parallel import each
from relu_book.temperature import TemperatureProbe, pattern_distance
from relu_book.temperature.distance import Distance
from relu_book.training import make_schedule

RATES = tuple(float(rate) for rate in np.geomspace(1e-3, 1e2, 21))
SCHEDULES = {"step_decay": 0.1, "one_cycle": 0.4, "cyclic": 0.1}  # and their largest rates
SWEPT = (1, 10, 30, 60, 90, 120)  # under OneCycle
WARM_UP = 100


@dataclass(frozen=True)
class PlaneStep:
    """One step of gradient descent of a network on the plane.

    Attributes:
        before: the network.
        after: the network after the step.
        points: (n, 2) inputs, of which the step's gradient is computed.
        distance: what the step changes on them.
        changed: (n, layers), whose pattern it changes.
    """

    before: nn.Sequential
    after: nn.Sequential
    points: Tensor
    distance: Distance
    changed: np.ndarray


@cache
def plane_step(rate: float, points: int = 200, seed: int = 0) -> PlaneStep:
    """The step with a rate from where a short training has led.

    Two layers of eight filters learn which of two rings a point of the plane lies in.

    Args:
        rate: Of the step.
        points: How many.
        seed: Of weights and points.
    """
    generator = torch.Generator().manual_seed(seed)
    inputs = 4 * torch.rand(points, 2, generator=generator, dtype=torch.float64) - 2
    labels = (inputs.norm(dim=1) > 1.3).long()
    model = mlp((2, 8, 8, 2), seed=seed).double()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(WARM_UP):
        _backward(model, inputs, labels)
        optimizer.step()
    _backward(model, inputs, labels)
    distance = pattern_distance(model, optimizer, inputs, rate)
    before = copy.deepcopy(model)
    optimizer.param_groups[0]["lr"] = rate
    optimizer.step()
    changed = (_signs(before, inputs) != _signs(model, inputs)).any(-1).T
    return PlaneStep(before, model, inputs, distance, changed.numpy())


def _signs(model: nn.Sequential, inputs: Tensor) -> Tensor:
    """(layers, n, filters), which filters are active."""
    found = []
    with torch.no_grad():
        for module in model:
            if isinstance(module, nn.ReLU):
                found.append(inputs > 0)
            inputs = module(inputs)
    return torch.stack(found)


def _backward(model: nn.Module, inputs: Tensor, labels: Tensor) -> float:
    model.zero_grad()
    loss = cross_entropy(model(inputs), labels)
    loss.backward()
    return loss.item()


@cache
def trainings(steps: int = 120, batch_size: int = 64) -> xr.Dataset:
    """A ResNet-8 that learns to read digits, under each of ``SCHEDULES``.

    Args:
        steps: How many.
        batch_size: How many images each.

    Returns:
        By schedule, step and layer ``distance``, the share of patterns that the step changed; by
        schedule and step its ``rate`` and ``loss``; by layer ``evaluations``; by ``swept`` (those
        of ``SWEPT`` that are reached), ``learning_rate`` and layer ``profile``, what the step of
        OneCycle would have changed at each of ``RATES``.

    Cost: 12 s on two idle cores.
    """
    parts = each(lambda name: _training(name, steps, batch_size), SCHEDULES)
    courses = [part[["distance", "rate", "loss"]] for part in parts]
    found = xr.concat(courses, xr.IndexVariable("schedule", list(SCHEDULES)))
    return found.assign(profile=parts[list(SCHEDULES).index("one_cycle")]["profile"])


def _training(schedule: str, steps: int, batch_size: int) -> xr.Dataset:
    data = datasets.load("digits")
    images, labels = data.images.double(), data.labels.long()
    images = (images - images.mean()) / images.std()
    model = cifar_resnet(8, width=4, in_channels=1, seed=0, dtype=torch.float64)
    optimizer = torch.optim.SGD(model.parameters(), lr=SCHEDULES[schedule], momentum=0.9)
    scheduler = make_schedule(schedule, optimizer, steps)
    generator = torch.Generator().manual_seed(0)
    losses, profiles = [], {}
    with TemperatureProbe(model, optimizer) as probe:
        for step in range(1, steps + 1):
            batch = torch.randperm(len(images), generator=generator)[:batch_size]
            losses.append(_backward(model, images[batch], labels[batch]))
            if schedule == "one_cycle" and step in SWEPT:
                profiles[step] = pattern_distance(model, optimizer, images[batch], RATES).values
            optimizer.step()
            scheduler.step()
    found = probe.history
    made = xr.Dataset(
        {
            "distance": (("step", "layer"), np.stack([one.distance.values[0] for one in found])),
            "rate": ("step", [one.learning_rate for one in found]),
            "loss": ("step", losses),
        },
        {
            "evaluations": ("layer", found[0].distance.evaluations),
            "step": [one.step for one in found],
            "layer": np.arange(1, len(found[0].distance.sites) + 1),
        },
    )
    if profiles:
        made = made.assign_coords(swept=list(profiles), learning_rate=list(RATES))
        made["profile"] = (("swept", "learning_rate", "layer"), np.stack(list(profiles.values())))
    return made
