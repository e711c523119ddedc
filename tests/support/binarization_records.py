"""Records of the chapter on binarization, in the shape of its experiments, but invented.

``as_record`` makes a data set a record of an experiment at the scale ``desk``.
"""

import json

import numpy as np
import xarray as xr

from relu_book.runs.registry import find
from relu_book.runs.settings import as_json


def as_record(experiment: str, found: xr.Dataset) -> xr.Dataset:
    """The data set with what a record says of itself."""
    settings = find(experiment).settings("desk")
    seeds = found.seed.values.tolist() if "seed" in found.dims else list(settings.seeds)
    return found.assign_attrs(
        experiment=experiment,
        scale="desk",
        settings=json.dumps(as_json(settings)),
        seeds=json.dumps(seeds),
        data="[]",
    )


def noisy(values: xr.DataArray, seeds: int = 20, noise: float = 0.1) -> xr.DataArray:
    """The values once for each seed, each with a little of its own."""
    many = values.expand_dims(seed=range(seeds))
    return many + noise * np.random.default_rng(0).standard_normal(many.shape)
