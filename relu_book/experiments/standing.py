"""The trainings that a claim is judged on: those that came to their end.

A training that diverges is a result, but it has no mu, sigma or temperature where a claim asks for
them. Nothing is put in their place: the mean over the steps before the divergence is that of
another time, and what was not measured is not a change. So, for every claim on trainings:

- The seeds in which one of the trainings that it compares diverged are left out of all of them,
  for they are paired by seed. Of a claim on a share of many settings, whole settings are.
- The verdict tells which they are, and after how many steps each diverged.
- With less than four fifths left the claim is not decidable: what is left was selected by its
  sensitivity. That is the share of cells that have to count, and of seeds that have to agree.
- A verdict of ``fails`` still takes five seeds.

The claims on divergence itself are read from all trainings.
"""

import functools
import operator
from collections.abc import Callable, Collection, Iterable, Mapping

import xarray as xr

from relu_book.claims import Reading, undecidable
from relu_book.experiments.trainings import settings_of

LEAST = 0.8
_UNITS = ("seeds", "settings")

Quantities = Mapping[str, object]


def standing(
    claims: Collection[str],
    compared: Collection[str],
    measure: Callable[..., Mapping[str, Quantities]],
    *records: xr.Dataset,
    dim: str = "setup",
    of_many: bool = False,
) -> Reading:
    """What trainings that came to their end say on claims.

    Args:
        claims: Their ids.
        compared: The trainings that all of these claims compare, by their label along ``dim``.
        measure: Gives the quantities by claim, from as many records as it is given here.
        *records: Together they hold all that is compared. One that does not say how far its
            trainings came, in ``trained``, is taken as it is.
        dim: Dimension of the records along which trainings differ.
        of_many: Whether settings are left out instead of seeds.

    Returns:
        The reading, in which claims are left open where too few trainings stand.
    """
    ended, told = [], []
    for record in records:
        if "trained" in record:
            labels = [label for label in record[dim].values.tolist() if label in compared]
            part = record.sel({dim: labels})
            steps = part["updates"] if "updates" in part else settings_of(record)["steps"]
            ended.append(part["trained"] >= steps)
            told += _diverged(part["trained"], ended[-1], steps, dim)
    unit = dim if of_many else "seed"
    apart = [each.all([other for other in each.dims if other != unit]) for each in ended]
    stand = xr.concat(apart, "record", join="outer", fill_value=True).all("record")
    share = min(float(stand.sel({unit: each[unit]}).mean()) for each in apart)
    if share < LEAST:
        reason = undecidable(f"guard not met: {share:.0%} of the {_UNITS[of_many]} stand")
        return Reading(dict.fromkeys(claims, reason), *records, left_out=told)
    out = stand[unit].values[~stand.values]
    kept = [
        record.drop_sel({unit: out}, errors="ignore") if "trained" in record else record
        for record in records
    ]
    return Reading(measure(*kept), *records, left_out=told)


def joined(readings: Iterable[Reading]) -> Reading:
    """Several readings as one."""
    return functools.reduce(operator.or_, readings)


def _diverged(
    trained: xr.DataArray, ended: xr.DataArray, steps: xr.DataArray | int, dim: str
) -> list[str]:
    """Each training that did not come to its end, in words."""
    steps = xr.zeros_like(trained) + steps
    return [
        f"{label}, seed {seed}: diverged after {int(trained.sel(where)):,} of "
        f"{int(steps.sel(where)):,} steps"
        for label in trained[dim].values.tolist()
        for seed in trained.seed.values.tolist()
        if not ended.sel(where := {dim: label, "seed": seed})
    ]
