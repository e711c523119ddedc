"""Records of the chapter on ActCooLR, in the shape that its experiments give them, but invented."""

import json
from collections.abc import Mapping

import numpy as np
import xarray as xr

from relu_book.experiments.actcoolr.scheduling import Scheduling
from relu_book.runs.settings import as_json

Course = Mapping[str, object]


def one_cycle(peak: float, place: float = 0.3):
    """A rate over the share of the run: up to ``peak`` at ``place``, and down along a line of its
    logarithm."""

    def rate(time: np.ndarray) -> np.ndarray:
        fall = np.exp(-5 * (time - place) / (1 - place))
        return peak * np.where(time < place, 0.04 + 0.96 * time / place, fall)

    return rate


def course(rate=lambda time: 0.1 + 0 * time, **others: object) -> Course:
    """What a training does: its ``rate`` over time, and any other variable of a record.

    By default it is on its target, learns evenly to 40 % of error and ends below its first loss.
    """
    return {"rate": rate, **others}


def record(
    experiment: str, courses: Mapping[str, Course], seeds: int = 5, **settings: object
) -> xr.Dataset:
    """A record of courses by set-up, with a little of each seed's own in rates and errors."""
    made = Scheduling(**settings)
    trained = [
        xr.concat([_training(made, one, seed) for seed in range(seeds)], "seed")
        for one in courses.values()
    ]
    found = xr.concat(trained, "setup").assign_coords(setup=list(courses), seed=np.arange(seeds))
    return found.assign_attrs(
        experiment=f"actcoolr/{experiment}",
        scale="desk",
        settings=json.dumps(as_json(made)),
        seeds=json.dumps(list(range(seeds))),
        data=json.dumps([{"name": "cifar10"}]),
    )


def diverged(made: xr.Dataset, setup: str, seed: int) -> xr.Dataset:
    """The record, in which one training ends half-way."""
    gone = (made.setup == setup) & (made.seed == seed)
    late = gone & (made.point >= made.sizes["point"] // 2)
    return made.assign(
        trained=made["trained"].where(~gone, made["updates"] // 2),
        test_error=made["test_error"].where(~gone),
        validation_error=made["validation_error"].where(
            ~(gone & (made.check > made.sizes["check"] // 2))
        ),
        **{name: made[name].where(~late) for name in ("rate", "loss", "target")},
    )


def _training(made: Scheduling, one: Course, seed: int) -> xr.Dataset:
    time = (np.arange(made.points) + 0.5) / made.points
    checked = np.linspace(0, 1, made.checks + 1)
    jitter = np.random.default_rng(seed)
    target = made.start_temperature * (1 - time)
    curves = {
        "loss": 2.3 - 1.5 * time,
        "target": target,
        "share": 1 - 2.0**-target,
        "temperature": target,
        "counted": np.ones_like(time),
        **dict.fromkeys(("off", "extreme", "all_changed"), np.zeros_like(time)),
    }
    numbers = {
        "test_error": 40.0,
        "first_rate": 0.1,
        "first_loss": 2.3,
        "extra_passes": 0.14,
        "updates": float(made.steps),
        "trained": float(made.steps),
        **dict.fromkeys(("hits", "hits_old_mu", "checks"), 0.0),
    }
    rate = one["rate"](time) * (1 + 0.02 * jitter.standard_normal())
    error = one.get("validation_error", lambda share: 90 - 50 * share)(checked)
    for name, value in one.items():
        if name in curves:
            curves[name] = value(time)
        elif name in numbers:
            numbers[name] = value
    numbers["test_error"] += 0.1 * jitter.standard_normal()
    for name in ("share", "off"):  # no two seeds are equal
        curves[name] = curves[name] * (1 + 1e-4 * jitter.standard_normal())
    return xr.Dataset(
        {
            "rate": ("point", rate),
            **{name: ("point", values) for name, values in curves.items()},
            "validation_error": ("check", error + 0.1 * jitter.standard_normal(len(error))),
            **numbers,
        },
        {"point": np.arange(made.points), "check": np.arange(made.checks + 1)},
    )
