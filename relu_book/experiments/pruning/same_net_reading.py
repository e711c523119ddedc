"""Harder problems with one network: do convolutions change more (pruning paper 5.2)?"""

from collections.abc import Mapping

import xarray as xr

from relu_book.claims import Reading
from relu_book.experiments.lengths import with_lengths
from relu_book.experiments.pruning.effects import EFFECTS
from relu_book.experiments.pruning.quantities import kind, last, problems, unless_dead, with_above

CLASSES = (2, 4, 10)


def same_net_reading(
    record: xr.Dataset, third: xr.Dataset, own: Mapping[int, xr.Dataset]
) -> Reading:
    """P-fig-2.j.

    Args:
        record: as ``same_net`` measures it.
        third: as ``same_net_third`` does, with the same seeds.
        own: the records of ``cifar2``, ``cifar4`` and ``cifar10``, by number of classes, whose
            round of nearest density is reported.
    """
    every = record, third, *own.values()

    def measured(one: xr.Dataset) -> dict[str, dict]:
        one = with_above(one).sel(problem=list(CLASSES))
        found = {
            name: kind(last(one[variable]), "conv").mean("layer").transpose("seed", "problem")
            for name, variable in (("similarity_same", "similarity"), ("above_same", "above"))
        }
        density = float(last(one["density_conv"]).mean())
        found["similarity_own"] = problems(_at(own[n], density) for n in CLASSES)
        return {"P-fig-2.j": found}

    def measure() -> Reading:
        both = with_lengths(EFFECTS, measured(record), measured(third), record.sizes["seed"])
        return Reading(both, *every)

    return unless_dead(measure, ("P-fig-2.j",), *every)


def _at(record: xr.Dataset, density: float) -> xr.DataArray:
    """Mean similarity of the convolutions in the round whose density is the nearest."""
    place = int(abs(record["density_conv"].mean("seed") - density).argmin("round"))
    return kind(record["similarity"].isel(round=place, drop=True), "conv").mean("layer")
