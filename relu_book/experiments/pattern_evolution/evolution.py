"""The measures of thesis 3.1.2 at every ReLU layer of a network, step by step.

A layer's patterns are counted exactly at each measured step and compared with those of the step
measured before, of the first one and, where it is known, of the last. Beside them stands what a
hash list (algorithm 2) would have shown. Layers of a network that has fewer than others are filled
with NaN.
"""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import torch
import xarray as xr
from torch import Tensor, nn

from relu_book.experiments.curves import cells
from relu_book.experiments.layers import filled
from relu_book.experiments.pattern_evolution.hash_lists import filled_list
from relu_book.patterns import (
    PatternCounts,
    appeared,
    count_patterns,
    retained,
    vanished,
    weighted_jaccard,
)
from relu_book.patterns.hash_list import prime_size

Counts = dict[str, PatternCounts]

# What the sources' hash lists had: 80 GB (thesis) and 11.6 GB (article) of 4 bytes a place for 19
# layers, where each of 50,000 images of 32 x 32 pixels gives 1,024 patterns in the first layers.
MEMORY = {"80 GB": 80e9, "11.6 GB": 11.6e9}
_LAYERS, EVALUATIONS = 19, 50_000 * 32 * 32
DEFAULT_PLACES, PLACE_BYTES = 30_000, 4
HASHED = ("occupancy", "occupancy_article", "hash_distinct", "hash_relative_entropy")


class Evolution:
    """A probe that counts and compares; ``rows`` has the measures by step.

    Args:
        batches: Images whose patterns are counted, in batches of the training's size.
        steps: When to measure.
        hashed: When to fill hash lists too, which takes as long as counting.
        final: Patterns of the last step, if they are known.
    """

    def __init__(
        self,
        batches: Sequence[Tensor],
        steps: Collection[int],
        hashed: Collection[int] = (),
        final: Counts | None = None,
    ) -> None:
        self.batches, self.steps, self.hashed = batches, tuple(steps), frozenset(hashed)
        self.final = final
        self.start: Counts = {}
        self.previous: Counts = {}
        self.rows: dict[int, dict[str, list[float]]] = {}

    def __call__(self, step: int, model: nn.Module) -> None:
        """Measures the network after ``step`` updates."""
        counts = count_patterns(model, self.batches)
        self.start = self.start or counts
        layers = [self._layer(name, found, step) for name, found in counts.items()]
        self.rows[step] = {key: [layer[key] for layer in layers] for key in layers[0]}
        self.previous = counts

    def _layer(self, name: str, counts: PatternCounts, step: int) -> dict[str, float]:
        found = measures(counts, self.start[name], self.previous.get(name, counts))
        if self.final is not None:
            found["similarity_end"] = weighted_jaccard(counts, self.final[name])
        if self.hashed:
            found |= _hashed(counts, self.start, step in self.hashed)
        return found

    def state_dict(self) -> dict:
        """What a checkpoint keeps of it."""
        return {
            "rows": {
                step: {key: torch.tensor(values) for key, values in row.items()}
                for step, row in self.rows.items()
            },
            **{name: _as_tensors(getattr(self, name)) for name in ("start", "previous")},
        }

    def load_state_dict(self, state: dict) -> None:
        """Goes on from what ``state_dict`` returned."""
        self.rows = {
            step: {key: values.tolist() for key, values in row.items()}
            for step, row in state["rows"].items()
        }
        for name in ("start", "previous"):
            setattr(self, name, _from_tensors(state[name]))

    def table(self, layers: int) -> xr.Dataset:
        """The measures by step and layer, the layers numbered from 1 and filled up with NaN."""
        steps = sorted(self.rows)
        variables = {}
        for key in self.rows[steps[0]]:
            values = np.array([self.rows[step][key] for step in steps])
            variables[key] = (("step", "layer"), filled(rounded(key, values), layers))
        return xr.Dataset(variables, {"step": steps, "layer": np.arange(1, layers + 1)})


def measures(
    counts: PatternCounts, start: PatternCounts, previous: PatternCounts
) -> dict[str, float]:
    """The measures of a layer's counts, by themselves and beside those of two earlier states."""
    return {
        "distinct": counts.distinct,
        "max_frequency": counts.max_frequency,
        "relative_entropy": counts.relative_entropy,
        "appeared": appeared(previous, counts),
        "vanished": vanished(previous, counts),
        "similarity_start": weighted_jaccard(start, counts),
        "absent_start": vanished(start, counts) / start.distinct,
        "retained_start": retained(start, counts),
    }


def rounded(key: str, values: np.ndarray) -> np.ndarray:
    """Values of a measure in single precision, and shares to fewer digits: records stay small.

    Entropies near their bound differ in late digits only, and keep them.
    """
    return values.astype(np.float32) if "entropy" in key else _short(values)


def net_changes(record: xr.Dataset) -> xr.DataArray:
    """Relative net change of single steps: (appeared - vanished) / distinct before (equation 3.6).

    Only steps whose predecessor was counted too have one.
    """
    single = record.step.diff("step") == 1
    net = (record["appeared"] - record["vanished"]) / record["distinct"].shift(step=1)
    return net.sel(step=single.step[single])


def counted(record: xr.Dataset, distinct: xr.DataArray) -> dict:
    """What says whether enough images were counted: ``images`` and ``distinct_share``.

    Args:
        record: By ``size``.
        distinct: Its distinct patterns at the seeds, networks, layers and steps that a rule
            compares; NaN in layers that it does not compare, or that a network lacks.
    """
    share = distinct_share(distinct, record["evaluations"])
    return {"images": record["size"].values, "distinct_share": share}


def compared(*records: xr.Dataset) -> dict:
    """The same for parts of a record: exactly what a rule compares, together.

    Args:
        *records: Each by ``size``.
    """
    shares = [distinct_share(each["distinct"], each["evaluations"]) for each in records]
    return {"images": records[0]["size"].values, "distinct_share": xr.concat(shares, "cell")}


def distinct_share(distinct: xr.DataArray, evaluations: xr.DataArray) -> xr.DataArray:
    """Distinct patterns over evaluations by ``size`` and ``cell``: a seed, network, layer and step.

    Layers that a network lacks are left out.

    Example:
        >>> distinct = xr.DataArray([[3.0, np.nan, 4.0]], dims=("size", "layer"))
        >>> distinct_share(distinct, xr.DataArray(8.0)).values.tolist()
        [[0.375, 0.5]]
    """
    found = cells(distinct / evaluations)
    return xr.DataArray(found.values, dims=found.dims)


def places_for(memory: float, evaluations: float, of_source: int = EVALUATIONS) -> int:
    """Places of a layer's hash list where all lists have the source's memory in proportion.

    Args:
        memory: What the source's lists had together, in bytes.
        evaluations: Most evaluations of a layer.
        of_source: Those of the source, by default for CIFAR-10.
    """
    return int(memory / PLACE_BYTES / _LAYERS * evaluations / of_source)


def list_gigabytes(record: xr.Dataset, of_source: int = EVALUATIONS) -> float:
    """Memory of the hash lists of all layers, in proportion to the thesis's 80 GB."""
    evaluations = float(record["evaluations"].max())
    return _LAYERS * PLACE_BYTES * places_for(MEMORY["80 GB"], evaluations, of_source) / 1e9


def _short(values: np.ndarray) -> np.ndarray:
    """Shares to 12 binary digits, an error of 1 in 4,000 at most, so that records stay small."""
    if np.array_equal(values, np.round(values)):
        return values.astype(np.float32)
    mantissa, exponent = np.frexp(values)
    return np.ldexp(np.round(mantissa * 4096) / 4096, exponent).astype(np.float32)


def _hashed(counts: PatternCounts, start: Counts, wanted: bool) -> dict[str, float]:
    """What hash lists show: how full they are, and the measures of the article's default size."""
    if not wanted:
        return dict.fromkeys(HASHED, np.nan)
    most = max(first.total for first in start.values())
    sizes = [prime_size(places_for(memory, most)) for memory in MEMORY.values()]
    by_thesis, by_article, small = (filled_list(counts, size) for size in (*sizes, DEFAULT_PLACES))
    entropy = small.relative_entropy(counts.width)
    found = (by_thesis.occupancy, by_article.occupancy, small.distinct, entropy)
    return dict(zip(HASHED, found, strict=True))


def _as_tensors(counts: Mapping[str, PatternCounts]) -> dict:
    return {
        name: {"patterns": each.patterns, "counts": each.counts, "width": each.width}
        for name, each in counts.items()
    }


def _from_tensors(state: Mapping[str, dict]) -> Counts:
    return {name: PatternCounts(**each) for name, each in state.items()}
