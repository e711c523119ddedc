"""What the chapter draws of a training: the measures of thesis 3.1.2, their labels and scales.

All pictures take a plain ``xarray.Dataset`` with the variables that ``Evolution`` measures, by
step, layer, perhaps seed, and network (or set-up), and derive from it what they show.
"""

from collections.abc import Callable
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
import xarray as xr
from matplotlib.colors import Colormap, LogNorm, Normalize, PowerNorm

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


@dataclass(frozen=True)
class Measure:
    """How one measure is drawn.

    Attributes:
        label: Short text for an axis or a colour bar.
        of: What is drawn, from a data set of a training.
        low: Smallest value of the scale; None takes the smallest there is.
        high: Largest value of the scale; None takes the largest there is.
        scale: ``"linear"``, ``"root"`` or ``"log"``, for values that crowd at zero, or
            ``"signed"``, from minus to plus the same.
    """

    label: str
    of: Callable[[xr.Dataset], xr.DataArray]
    low: float | None = 0
    high: float | None = 1
    scale: str = "linear"

    def norm(self, values: np.ndarray) -> Normalize:
        """Values to the range of the colours; the same for all panels of a comparison."""
        found = values[np.isfinite(values)]
        if self.scale == "signed":
            # Rare strikes would wash out all the rest: one value in a hundred is out of range.
            most = self.high or np.quantile(np.abs(found), 0.99) if found.size else 1
            return Normalize(-most, most)
        low = found.min() if self.low is None else self.low
        high = found.max() if self.high is None else self.high
        if self.scale == "root":
            return PowerNorm(0.5, low, high)
        return (LogNorm if self.scale == "log" else Normalize)(low, high)

    @property
    def colours(self) -> Colormap:
        """Colours for any vision: dark to light, or blue and red around white; outliers apart."""
        if self.scale == "signed":
            return mpl.colormaps["RdBu_r"].with_extremes(
                under="#009E73", over="black", bad="#d9d9d9"
            )
        return mpl.colormaps["viridis"].with_extremes(
            under="#CC79A7", over="#D55E00", bad="#d9d9d9"
        )


MEASURES = {
    "distinct": Measure("distinct patterns\nof all possible", lambda d: d.distinct / possible(d)),
    "distinct_of_most": Measure(
        "distinct patterns\nof the layer's most", lambda d: d.distinct / d.distinct.max("step")
    ),
    "net_change": Measure(
        "net change",
        lambda d: ((d.appeared - d.vanished) / before(d)).where(before(d).notnull()),
        scale="signed",
        high=None,
    ),
    "appeared": Measure(
        "appeared,\nof those before", lambda d: (d.appeared / before(d)).where(before(d).notnull())
    ),
    "vanished": Measure(
        "vanished,\nof those before", lambda d: (d.vanished / before(d)).where(before(d).notnull())
    ),
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


def title(name: str) -> str:
    """A network or set-up as it is written above a panel."""
    return TITLES.get(str(name), str(name))


def one_seed(data: xr.Dataset, seed: int = 0) -> xr.Dataset:
    """One of the seeds, by its place; means over seeds would blur what happens at single steps."""
    return data.isel(seed=seed, missing_dims="ignore")


def block_starts(data: xr.Dataset) -> list[int]:
    """The first layer of every block, from the number of filters or the size of the picture."""
    blocks = data.block
    for name in set(blocks.dims) - {"layer"}:
        blocks = blocks.isel({name: 0})
    blocks = blocks.dropna("layer")
    changes = np.flatnonzero(np.diff(blocks.values)) + 1
    return [int(blocks.layer[0]), *(int(blocks.layer[place]) for place in changes)]
