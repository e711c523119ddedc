"""A training in the shape that pictures of layers take, with small numbers, and a table for it."""

import numpy as np
import xarray as xr

from relu_book.plots.layers import Measure, Table

STEPS = (0, 1, 2, 5, 40)
LAYERS = 7
TABLE = Table(
    {
        "relative_entropy": Measure("relative entropy", lambda d: d.relative_entropy),
        "distinct": Measure("distinct patterns", lambda d: d.distinct / d.evaluations),
        "max_frequency": Measure(
            "most frequent", lambda d: d.max_frequency, low=1e-4, high=0.25, scale="log"
        ),
        "net_change": Measure(
            "net change",
            lambda d: (d.appeared - d.vanished) / d.distinct.shift(step=1),
            scale="signed",
            high=None,
        ),
        "similarity_start": Measure("similarity", lambda d: d.similarity_start, scale="root"),
    },
    {"resnet": "ResNet-20", "pyramidnet": "PyramidNet-20"},
)


def _training() -> xr.Dataset:
    """Two networks of 7 and 5 layers, 3 seeds; every distinct count is another number."""
    rng = np.random.default_rng(0)
    dims = ("seed", "network", "step", "layer")
    shape = (3, 2, len(STEPS), LAYERS)
    distinct = 100.0 + rng.permutation(np.prod(shape)).reshape(shape)
    shares = {
        name: (dims, rng.random(shape))
        for name in ("relative_entropy", "similarity_start", "max_frequency")
    }
    changes = {name: (dims, rng.integers(0, 50, shape)) for name in ("appeared", "vanished")}
    data = xr.Dataset(
        {
            "distinct": (dims, distinct),
            **shares,
            **changes,
            "width": ("layer", np.full(LAYERS, 10.0)),
            "evaluations": ("layer", [4096.0] * 3 + [512.0] * 4),
            "block": ("layer", [1.0, 1, 1, 2, 2, 3, 3]),
        },
        {
            "seed": range(3),
            "network": ["resnet", "pyramidnet"],
            "step": list(STEPS),
            "layer": range(1, LAYERS + 1),
        },
    )
    return data.where((data.network == "resnet") | (data.layer <= 5))


TRAINING = _training()


def maps_of(figure):
    """The axes of a figure that hold a map."""
    return [axes for axes in figure.axes if axes.images]
