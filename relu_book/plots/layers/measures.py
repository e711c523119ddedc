"""How measures of a network's layers are drawn: labels, scales, colours and titles.

All pictures take a plain ``xarray.Dataset`` with variables by step, layer, perhaps seed, and
network (or set-up), and a ``Table`` that says what to draw of it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
import xarray as xr
from matplotlib.colors import Colormap, LogNorm, Normalize, PowerNorm

MARKERS = "os^DvP*X"


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
    def text(self) -> str:
        """The label in one line."""
        return self.label.replace("\n", " ")

    @property
    def colours(self) -> Colormap:
        """Colours for any vision, dark to light, or blue and red around white; outliers apart."""
        if self.scale == "signed":
            return mpl.colormaps["RdBu_r"].with_extremes(
                under="#009E73", over="black", bad="#d9d9d9"
            )
        return mpl.colormaps["viridis"].with_extremes(
            under="#CC79A7", over="#D55E00", bad="#d9d9d9"
        )


@dataclass(frozen=True)
class Table:
    """The measures of a chapter by name, and how its networks or set-ups are written.

    Attributes:
        measures: How each is drawn.
        titles: What stands above a panel; another name stands there as it is.
    """

    measures: Mapping[str, Measure]
    titles: Mapping[str, str]

    def pick(self, names: Iterable[str]) -> dict[str, Measure]:
        """Some of the measures, in this order.

        Raises:
            ValueError: One is unknown.
        """
        unknown = [name for name in names if name not in self.measures]
        if unknown:
            raise ValueError(f"the measures are {', '.join(self.measures)}, not {unknown[0]!r}")
        return {name: self.measures[name] for name in names}

    def title(self, name: object) -> str:
        """A network or set-up as it is written above a panel."""
        return self.titles.get(str(name), str(name))


def block_starts(data: xr.Dataset) -> list[int]:
    """The first layer of every block, from the number of filters or the size of the picture."""
    blocks = data.block
    for name in set(blocks.dims) - {"layer"}:
        blocks = blocks.isel({name: 0})
    blocks = blocks.dropna("layer")
    changes = np.flatnonzero(np.diff(blocks.values)) + 1
    return [int(blocks.layer[0]), *(int(blocks.layer[place]) for place in changes)]
