"""What the claims on pruning ask of a record: similarities, their excess over chance, gains.

Above chance is s' = (s - s0)/(1 - s0), with s0 the similarity once the pictures of one network have
been drawn in another order, the places of a picture together: a dense layer has few rows, and the
rows of a convolution hang together, so that each layer has another similarity by chance.
"""

from collections.abc import Callable, Iterable

import numpy as np
import xarray as xr
from scipy.stats import spearmanr

from relu_book.claims import Reading, undecidable
from relu_book.experiments.trainings import settings_of

NAMES = {"": "similarity", "_above": "above"}


def with_above(record: xr.Dataset) -> xr.Dataset:
    """The record with ``above``, ``control_above`` and ``frozen_above``, all above chance."""
    pairs = {
        "above": ("similarity", "chance"),
        "control_above": ("control", "control_chance"),
        "frozen_above": ("frozen", "frozen_chance"),
    }
    made = {
        name: (record[value] - record[chance]) / (1 - record[chance])
        for name, (value, chance) in pairs.items()
    }
    return record.assign(made)


def unless_dead(
    measure: Callable[[], Reading], claims: Iterable[str], *records: xr.Dataset
) -> Reading:
    """A reading, or one that leaves all claims open where a layer has no filter left.

    Args:
        measure: called without arguments for the reading.
        claims: what they are of.
        *records: those of the claims.
    """
    dead = sum(int(record["similarity"].isnull().sum()) for record in records)
    if dead:
        reason = undecidable(f"guard not met: {dead} layers of pruned networks have no live filter")
        return Reading(dict.fromkeys(claims, reason), *records)
    return measure()


def kind(values: xr.DataArray, *kinds: str) -> xr.DataArray:
    """The layers of one kind or several, in order: conv, pool, dense."""
    names = [name for name in values.layer.values.tolist() if name.startswith(kinds)]
    return values.sel(layer=names)


def last(values: xr.DataArray) -> xr.DataArray:
    """At the last iteration."""
    return values.isel(round=-1, drop=True)


def columns(parts: Iterable[xr.DataArray], dim: str = "layer") -> xr.DataArray:
    """Values of several problems beside each other, by seed and column."""
    plain = [
        part.transpose("seed", dim).drop_vars(dim, errors="ignore").rename({dim: "column"})
        for part in parts
    ]
    return xr.concat(plain, "column", join="inner").transpose("seed", "column")


def problems(parts: Iterable[xr.DataArray]) -> xr.DataArray:
    """One number a repeat of several problems, by seed and column."""
    return xr.concat(list(parts), "column", join="inner").transpose("seed", "column")


def gain(record: xr.Dataset) -> xr.DataArray:
    """Test accuracy of each round less that of the control, in points, by seed and round."""
    return (record["accuracy"] - record["control_accuracy"]).transpose("seed", "round")


def is_full(record: xr.Dataset, epochs: int) -> bool:
    """Whether a record has the width and the epochs of the source."""
    settings = settings_of(record)
    return settings["width"] == 1 and settings["epochs"] == epochs


def varies(values: xr.DataArray, least: float = 0.02) -> list[str]:
    """The layers whose mean over the repeats varies by that much over the rounds."""
    mean = values.mean("seed")
    span = mean.max("round") - mean.min("round")
    return span.layer.values[span.values >= least].tolist()


def ranks_with(x: np.ndarray, values: xr.DataArray, dim: str) -> xr.DataArray:
    """Rank correlation of x and the values along a dimension; 0 of values that do not vary."""

    def one(y: np.ndarray) -> float:
        return 0.0 if np.ptp(y) == 0 else float(spearmanr(x, y).statistic)

    return xr.apply_ufunc(one, values, input_core_dims=[[dim]], vectorize=True)
