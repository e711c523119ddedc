"""Invented records of thesis A.1, with what is planted in them."""

import json

import numpy as np
import xarray as xr

from relu_book.experiments.entropy_gradient import entropy_with_skips, regulariser
from relu_book.runs.settings import as_json

LAYERS = np.arange(1, 20)
BLOCK = np.repeat([1, 2, 3], (7, 6, 6))


def told(record, name, settings):
    return record.assign_attrs(
        experiment=f"entropy_gradient/{name}",
        scale="desk",
        settings=json.dumps(as_json(settings)),
        seeds=json.dumps(record.seed.values.tolist()),
        data=json.dumps([{"name": "cifar10"}]),
    )


def skips(name="entropy_with_skips", *, convnet=0.6, resnet=0.8, counted=13):
    """Both networks with an entropy each; the first layers have few distinct patterns."""
    settings = entropy_with_skips.SCALES["desk"]
    dims = ("network", "seed", "images", "step", "layer")
    shape = (2, 5, 2, 11, 19)
    noise = np.random.default_rng(0).normal(0, 0.005, shape)
    means = np.array([convnet, resnet])[:, None, None, None, None]
    evaluations = np.array([2560, 5120])[:, None] * np.array([1024, 256, 64])[BLOCK - 1]
    share = np.where(counted >= LAYERS, 0.1, 0.9)
    distinct = np.broadcast_to(share * evaluations[:, None, :], shape).copy()
    made = xr.Dataset(
        {
            "relative_entropy": (dims, means + noise),
            "distinct": (dims, distinct),
            "evaluations": (
                ("network", "seed", "images", "layer"),
                np.broadcast_to(evaluations, (2, 5, 2, 19)),
            ),
            "block": (
                ("network", "seed", "layer"),
                np.broadcast_to(BLOCK, (2, 5, 19)).astype(float),
            ),
        },
        {
            "network": ["convnet", "resnet"],
            "seed": range(5),
            "images": [2560, 5120],
            "step": list(settings.measured),
            "layer": LAYERS,
        },
    )
    return told(made, name, settings)


def regularised(name="regulariser", *, instead=55.0, raised=1.0, counted=7, seeds=10):
    """Four kinds of networks; the first layers have few distinct patterns."""
    settings = regulariser.SCALES["desk"]
    noise = np.random.default_rng(1).normal(0, 0.3, (4, seeds))
    accuracy = np.array([60.0, 60.0, instead, 50.0])[:, None] + noise
    entropy = np.array([10.0, 11.0, 9 + raised, 9.0])[:, None, None] + np.zeros((4, seeds, 7))
    entropy += noise[:, :, None] / 10
    distinct = np.broadcast_to(np.where(np.arange(7) < counted, 100.0, 900.0), entropy.shape)
    names = ["batch_norm_0_0.1", "beside_0.1_0.1", "instead_1_0.03", "instead_1_0.03"]
    candidates = np.repeat(np.array(names)[:, None], seeds, axis=1)
    made = xr.Dataset(
        {
            "test_accuracy": (("setup", "seed"), accuracy),
            "entropy": (("setup", "seed", "layer"), entropy),
            "distinct": (("setup", "seed", "layer"), distinct),
            "evaluations": (("setup", "seed", "layer"), np.full(entropy.shape, 1000.0)),
            "trained": (("setup", "seed"), np.full((4, seeds), float(settings.steps))),
            "candidate": (("setup", "seed"), candidates),
        },
        {"setup": list(regulariser.KINDS), "seed": range(seeds)},
    )
    return told(made, name, settings)
