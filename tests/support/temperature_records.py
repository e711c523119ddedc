"""Records of the chapter on temperature, in the shape that its experiments give them, but invented.

``record`` makes one of a function that says how hot a layer is; ``as_stated`` is one with which all
statements on three schedules hold.
"""

import json

import numpy as np
import xarray as xr

from relu_book.experiments.temperature.followed import Following
from relu_book.runs.settings import as_json

LAYERS = np.arange(1, 32)
BLOCK = np.repeat([1, 2, 3], (11, 10, 10))
AFTER = (LAYERS > 1) & (LAYERS % 2 == 1)


def rates(schedule: str, time: np.ndarray) -> np.ndarray:
    """A schedule over the share of the run."""
    if schedule == "step_decay":
        return 0.1 * 0.1 ** ((time > 0.5).astype(float) + (time > 0.75))
    if schedule == "one_cycle":
        return 0.8 * np.where(time < 0.3, 0.04 + 3.2 * time, 1.0001 - (time - 0.3) / 0.7)
    return 0.1 * (1 - 0.9 * abs(1 - (time * 10) % 2))


def as_stated(setup: str, time: np.ndarray, rate: np.ndarray) -> np.ndarray:
    """Temperatures by time and layer of a set-up such as ``resnet_one_cycle``."""
    depth = np.array([1, 2, 4])[BLOCK - 1] * (1 + 0.004 * LAYERS) + 0.02 * AFTER
    falling = 1 - time[:, None] ** (1 + 0.02 * LAYERS)
    if setup.endswith("one_cycle"):
        course = falling + 1e-4
    elif setup.endswith("cyclic"):
        course = falling * rate[:, None] / 0.1 + 1e-4
    else:
        course = (rate[:, None] / 0.1) ** 0.5 * (1.1 - 0.1 * time[:, None])
    hotter = 1.5 if setup.startswith("convnet") else 1.2 if setup.endswith("64") else 1.0
    return hotter * depth * course


def diverged(made: xr.Dataset, trainings, step: int, dim: str = "setup") -> xr.Dataset:
    """The record, in which trainings, each a label and a seed, end at a step."""
    for label, seed in trainings:
        gone = (made[dim] == label) & (made.seed == seed)
        later = gone & (made.step >= step)
        made = made.assign(
            distance=made["distance"].where(~later),
            rate=made["rate"].where(~later),
            test_accuracy=made["test_accuracy"].where(~gone),
            distance_at_rate=made["distance_at_rate"].where(~(gone & (made.fixed_step >= step))),
            trained=made["trained"].where(~gone, step),
        )
    return made


def record(experiment: str, setups: list[str], temperature=as_stated, **settings) -> xr.Dataset:
    """A record whose temperatures a function gives, with a little of each seed's own."""
    made = Following(**settings)
    steps, seeds = np.array(made.measured), np.arange(len(made.seeds))
    time = steps / steps[-1]
    distance, learning_rates = [], []
    for setup in setups:
        schedule = setup.partition("_")[2]
        rate = rates(schedule if schedule in ("one_cycle", "cyclic") else "step_decay", time)
        bits = temperature(setup, time, rate) * (1 + 0.01 * seeds[:, None, None])
        distance.append(1 - 2.0**-bits)
        learning_rates.append(np.broadcast_to(rate, (len(seeds), len(steps))))
    dims = ("setup", "seed", "step", "layer")
    pixels = np.array([1024, 256, 64])[BLOCK - 1]
    per_layer = {"evaluations": 128 * pixels, "block": BLOCK, "after": AFTER, "width": 8 << BLOCK}
    shape = (len(setups), len(seeds), len(LAYERS))
    found = xr.Dataset(
        {
            "distance": (dims, np.array(distance)),
            "rate": (dims[:3], np.array(learning_rates)),
            "test_accuracy": (
                dims[:2],
                [[0.6 if name.startswith("convnet") else 0.8] * len(seeds) for name in setups],
            ),
            "trained": (dims[:2], np.full((len(setups), len(seeds)), float(made.steps))),
            **{
                name: (("setup", "seed", "layer"), np.broadcast_to(values.astype(float), shape))
                for name, values in per_layer.items()
            },
        },
        {"setup": setups, "seed": seeds, "step": steps, "layer": LAYERS},
    )
    found["distance_at_rate"] = found["distance"].isel(step=[0, -1]).rename(step="fixed_step")
    return found.assign_attrs(
        experiment=f"temperature/{experiment}",
        scale="desk",
        settings=json.dumps(as_json(made)),
        seeds=json.dumps(seeds.tolist()),
        data=json.dumps([{"name": "cifar10"}]),
    )
