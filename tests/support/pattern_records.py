"""Records of the chapter on patterns, in the shape that its experiments give them, but random.

``changed`` plants an effect, which the readings must find.
"""

import json

import numpy as np
import xarray as xr

from relu_book.experiments.pattern_evolution.early_phase import SCALES as EARLY_SCALES
from relu_book.experiments.pattern_evolution.entropy_by_depth import SCALES as DEPTH_SCALES
from relu_book.experiments.pattern_evolution.first_steps import SCALES as FIRST_SCALES
from relu_book.experiments.pattern_evolution.first_steps import SPARSE
from relu_book.experiments.pattern_evolution.whole_training import SCALES as WHOLE_SCALES
from relu_book.experiments.pattern_evolution.whole_training import SETUPS
from relu_book.runs.settings import as_json

NETWORKS = ("toynet", "convnet", "resnet")
SHARES = (
    "max_frequency",
    "relative_entropy",
    "similarity_start",
    "similarity_end",
    "absent_start",
    "retained_start",
    "occupancy",
)
COUNTS = ("distinct", "appeared", "vanished")


def told(record: xr.Dataset, experiment: str, settings: dict) -> xr.Dataset:
    """The record with what every record says of itself."""
    seeds = json.dumps(record.seed.values.tolist()) if "seed" in record.coords else "[0]"
    return record.assign_attrs(
        experiment=f"pattern_evolution/{experiment}",
        scale="desk",
        settings=json.dumps(settings),
        seeds=seeds,
        data=json.dumps([{"name": "cifar10"}]),
    )


def _early() -> xr.Dataset:
    desk = EARLY_SCALES["desk"]
    record = made_up({"network": list(NETWORKS)}, desk.measured, 5)
    return told(record, "early_phase", as_json(desk))


def _first() -> xr.Dataset:
    desk = FIRST_SCALES["desk"]
    record = made_up({"network": list(NETWORKS)}, desk.measured, 5)
    return told(record, "first_steps", as_json(desk))


def of_all_images(record: xr.Dataset, times: float = 1.0) -> xr.Dataset:
    """One seed of a record, counted on 10,240 images and on all, which multiply what it has."""
    one = record.sel(seed=[0], step=list(SPARSE))
    counts = one[[name for name in (*SHARES, *COUNTS) if name in one]]
    whole = one.assign({**(counts * times).data_vars, "evaluations": 5 * one["evaluations"]})
    both = counted_on(n10240=one, n50000=whole)
    return both.assign_attrs(experiment="pattern_evolution/first_steps_all_images")


def _whole() -> xr.Dataset:
    desk = WHOLE_SCALES["desk"]
    blocks = {name: (3, 3, 4) if name == "pyramidnet" else (7, 6, 6) for name in SETUPS}
    parts = [made_up({"setup": [name]}, desk.measured, 5, blocks[name]) for name in SETUPS]
    record = xr.concat(parts, "setup")
    ends = record["similarity_end"].where(record.layer.isnull(), 1.0).where(record["block"] > 0)
    record["similarity_end"] = record["similarity_end"].where(record.step < desk.steps, ends)
    rates = np.abs(np.arange(len(desk.measured)) % 8 - 4.0) + 1
    record["learning_rate"] = (("setup", "seed", "step"), np.tile(rates, (9, 5, 1)))
    record["test_accuracy"] = (("setup", "seed", "tested"), np.full((9, 5, 5), 0.5))
    return told(record, "whole_training", as_json(desk))


def _depth() -> xr.Dataset:
    desk = DEPTH_SCALES["desk"]
    parts = [
        made_up(
            {"convolutions": [number], "network": list(NETWORKS)},
            desk.measured,
            8,
            (number + 1, number, number),
            25,
        )
        for number in desk.convolutions
    ]
    return told(xr.concat(parts, "convolutions"), "entropy_by_depth", as_json(desk))


def made_up(
    over: dict[str, list], steps: tuple, seeds: int, blocks: tuple = (7, 6, 6), layers: int = 19
) -> xr.Dataset:
    """A record with random shares and counts; layers that are in no block have NaN."""
    random = np.random.default_rng(0)
    coords = {**over, "seed": list(range(seeds)), "step": list(steps)}
    coords["layer"] = list(range(1, layers + 1))
    shape, dims = tuple(map(len, coords.values())), tuple(coords)
    variables = {name: (dims, random.uniform(0.01, 0.99, shape)) for name in SHARES}
    variables |= {name: (dims, random.integers(1, 1000, shape).astype(float)) for name in COUNTS}
    record = xr.Dataset(variables, coords)
    others = {dim: coords[dim] for dim in dims if dim not in ("step", "layer")}
    fixed = {
        "block": np.repeat([1, 2, 3], blocks),
        "after": [layer % 2 == 1 and layer > 1 for layer in range(1, sum(blocks) + 1)],
        "width": np.repeat([16, 32, 64], blocks),
        "evaluations": np.repeat([65536, 16384, 4096], blocks),
    }
    for name, values in fixed.items():
        values = np.pad(np.array(values, float), (0, layers - sum(blocks)), constant_values=np.nan)
        record[name] = xr.DataArray(values, {"layer": coords["layer"]}, "layer").expand_dims(others)
    return record.where(record.layer <= sum(blocks))


def changed(record: xr.Dataset, **variables) -> xr.Dataset:
    """The record with other values, given along some of its dimensions."""
    record = record.copy()
    for name, values in variables.items():
        record[name] = (record[name] * 0 + values).transpose(*record[name].dims)
    return record


def counted_on(**records: xr.Dataset) -> xr.Dataset:
    """A record that counted several numbers of images: what was counted is by ``images``.

    Args:
        records: By number of images, such as ``n256=first, n512=second``, alike but for the counts.
    """
    images = xr.IndexVariable("images", [int(name[1:]) for name in records])
    first = next(iter(records.values()))
    counts = [name for name in first if name in (*SHARES, *COUNTS, "evaluations")]
    both = xr.concat([each[counts] for each in records.values()], images)
    return first.assign(both.transpose(..., "images"))


def nested(*records: xr.Dataset) -> xr.Dataset:
    """One record that counted 1,000 images, 2,000 and so on, each with the values of a record."""
    numbers = [1000 * (place + 1) for place in range(len(records))]
    return xr.concat(records, xr.Variable("images", numbers)).assign_attrs(records[0].attrs)


EARLY, FIRST, WHOLE, DEPTH = _early(), _first(), _whole(), _depth()
