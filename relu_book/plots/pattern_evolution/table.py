"""What the chapter draws of a training: the measures of thesis 3.1.2, their labels and scales."""

from functools import partial

import numpy as np
import xarray as xr

from relu_book.plots import layers
from relu_book.plots.layers import Measure, Table

FAMILIES = {"toynet": "ToyNet", "convnet": "ConvNet", "resnet": "ResNet"}
TITLES = {
    "toynet": "ToyNet-20",
    "convnet": "ConvNet-20",
    "resnet": "ResNet-20",
    "convnet_prelu": "ConvNet-20, PReLU",
    "resnet_prelu": "ResNet-20, PReLU",
    "resnet_cyclic": "ResNet-20, CyclicLR",
    "resnet_onecycle": "ResNet-20, OneCycleLR",
    "pyramidnet": "PyramidNet-20",
    "fixup": "FixUp-20",
}


def possible(data: xr.Dataset) -> xr.DataArray:
    """The most patterns that a layer can show: 2^d, or the number of its evaluations."""
    return np.minimum(2.0**data.width, data.evaluations)


def before(data: xr.Dataset) -> xr.DataArray:
    """Distinct patterns at the step measured before; NaN at the first."""
    return data.distinct.shift(step=1)


MEASURES = {
    "distinct": Measure("distinct patterns\nof all possible", lambda d: d.distinct / possible(d)),
    "distinct_of_most": Measure(
        "distinct patterns,\nof their maximum", lambda d: d.distinct / d.distinct.max("step")
    ),
    "net_change": Measure(
        "net change",
        lambda d: (d.appeared - d.vanished) / before(d),
        scale="signed",
        high=None,
    ),
    "appeared": Measure("appeared,\nof those before", lambda d: d.appeared / before(d)),
    "vanished": Measure("vanished,\nof those before", lambda d: d.vanished / before(d)),
    "max_frequency": Measure(
        "most frequent\npattern", lambda d: d.max_frequency, low=1e-4, high=0.25, scale="log"
    ),
    "similarity_start": Measure(
        "similarity\nto the start", lambda d: d.similarity_start, scale="root"
    ),
    "similarity_end": Measure("similarity\nto the end", lambda d: d.similarity_end),
    "absent_start": Measure("patterns of the\nstart that are gone", lambda d: d.absent_start),
    "relative_entropy": Measure("relative entropy", lambda d: d.relative_entropy, low=0.3),
    "occupancy": Measure("occupancy of\nthe hash list", lambda d: d.occupancy, high=0.2),
}
TABLE = Table(MEASURES, TITLES)

heat_maps = partial(layers.heat_maps, TABLE)
layer_curves = partial(layers.layer_curves, TABLE)
time_curves = partial(layers.time_curves, TABLE)
entropy_bands = partial(layers.entropy_bands, Table(MEASURES, FAMILIES))
