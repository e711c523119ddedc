"""What all problems together say: accuracy, poolings, the first iteration (pruning paper 5)."""

from collections.abc import Mapping

import xarray as xr

from relu_book.claims import Reading
from relu_book.experiments.lengths import with_lengths
from relu_book.experiments.pruning.effects import EFFECTS
from relu_book.experiments.pruning.layers import DENSE
from relu_book.experiments.pruning.problems import PROBLEMS
from relu_book.experiments.pruning.quantities import (
    NAMES,
    columns,
    gain,
    is_full,
    kind,
    last,
    unless_dead,
    with_above,
)

VERDICTS = {"holds": 1, "fails": -1, "wrong as printed": -1}


def problems_reading(
    records: Mapping[int, xr.Dataset], thirds: Mapping[int, xr.Dataset]
) -> Reading:
    """P-fig-1.a, P-fig-2.c and P-fig-2.h.

    Args:
        records: those of ``cifar2``, ``cifar4``, ``cifar6`` and ``cifar10``, by number of classes.
        thirds: those of a third of the length, of 4, 6 and 10 classes, with the same seeds; two
            classes are in the full setting.
    """
    short = {classes: thirds.get(classes, record) for classes, record in records.items()}
    every = [*records.values(), *thirds.values()]

    def measure() -> Reading:
        seeds = min(record.sizes["seed"] for record in every)
        both = with_lengths(EFFECTS, _layers(records), _layers(short), seeds)
        return Reading({"P-fig-1.a": accuracies(records), **both}, *every)

    return unless_dead(measure, ("P-fig-1.a", "P-fig-2.c", "P-fig-2.h"), *every)


def accuracies(records: Mapping[int, xr.Dataset]) -> dict[str, object]:
    """Quantities of P-fig-1.a."""
    full = [is_full(record, PROBLEMS[n].epochs) for n, record in records.items() if n > 2]
    gains = {f"gain_{classes}": gain(record) for classes, record in records.items()}
    return {**gains, "full_setting": all(full)}


def density_reading(cifar2_02: xr.Dataset) -> Reading:
    """P-fig-1.b.

    Args:
        cifar2_02: as ``cifar2_02`` measures it.
    """
    end = cifar2_02.isel(round=-1, drop=True)
    pools = xr.concat([end["density_conv"], end["density_dense"]], "pool")
    found = {
        "gain": end["accuracy"] - end["control_accuracy"],
        "density": pools.max("pool"),
        "density_all": end["density_all"],
    }
    return Reading({"P-fig-1.b": found}, cifar2_02)


def ranges_reading(
    cifar2_02: xr.Dataset, cifar10: xr.Dataset, third_10: xr.Dataset, rounds: int = 10
) -> Reading:
    """P-fig-2.g, over as many rounds at one rate.

    Args:
        cifar2_02: as ``cifar2_02`` measures it.
        cifar10: as ``cifar10`` does.
        third_10: as ``cifar10_third`` does, with the same seeds.
        rounds: how many of each.
    """
    records = cifar2_02, cifar10, third_10

    def measured(large: xr.Dataset) -> dict[str, dict]:
        found = {}
        for size, record in (("small", cifar2_02), ("large", large)):
            part = with_above(record.isel(round=slice(rounds)))
            for ending, variable in NAMES.items():
                span = part[variable].max("round") - part[variable].min("round")
                found[f"range_{size}{ending}"] = span.mean("layer")
        return {"P-fig-2.g": found}

    def measure() -> Reading:
        seeds = cifar10.sizes["seed"]
        both = with_lengths(EFFECTS, measured(cifar10), measured(third_10), seeds)
        return Reading(both, *records)

    return unless_dead(measure, ("P-fig-2.g",), *records)


def pivot_reading(profiles: Reading, accuracy: Reading, cifar10: xr.Dataset) -> Reading:
    """P-txt-5.

    Args:
        profiles: with P-fig-2.f.
        accuracy: with P-fig-1.a.
        cifar10: as ``cifar10`` measures it.
    """
    verdicts = (profiles.judge("P-fig-2.f").verdict, accuracy.judge("P-fig-1.a").verdict)
    found = {
        "parts": [VERDICTS.get(verdict, 0) for verdict in verdicts],
        "end_trained": last(cifar10["similarity"]).sel(layer=DENSE, drop=True),
        "end_frozen": cifar10["frozen"],
    }
    return Reading({"P-txt-5": found}, profiles, accuracy, cifar10)


def _layers(records: Mapping[int, xr.Dataset]) -> dict[str, dict]:
    """Quantities of P-fig-2.c and h."""
    with_s = [with_above(record) for record in records.values()]
    rise, first = {}, {}
    for ending, variable in NAMES.items():
        rise[f"rise{ending}"] = columns(_rises(record[variable]) for record in with_s)
        first[f"similarity{ending}"] = columns(
            record[variable].isel(round=0, drop=True) for record in with_s
        )
        first[f"control{ending}"] = columns(record[f"control{ending}"] for record in with_s)
    return {"P-fig-2.c": rise, "P-fig-2.h": first}


def _rises(layers: xr.DataArray) -> xr.DataArray:
    """Each pooling less the convolution before it, mean over the iterations."""
    pools = kind(layers, "pool")
    names = layers.layer.values.tolist()
    before = [names[names.index(pool) - 1] for pool in pools.layer.values.tolist()]
    return (pools - layers.sel(layer=before).assign_coords(layer=pools.layer)).mean("round")
