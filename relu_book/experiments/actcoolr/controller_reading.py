"""What trainings say of how well a temperature is steered (thesis 3.3.2; supplement B and D)."""

from itertools import combinations

import numpy as np
import xarray as xr

from relu_book.claims import Reading
from relu_book.experiments.actcoolr.controller import (
    FAMILIES,
    FIRST_RATES,
    INTERPOLATIONS,
    NETWORKS,
    SIZES,
    WIDTHS,
)
from relu_book.experiments.actcoolr.courses import (
    beside,
    of_setup,
    temperature_of_share,
    time_of,
)
from relu_book.experiments.actcoolr.effects import EFFECTS
from relu_book.experiments.lengths import at_two_lengths
from relu_book.experiments.standing import joined, standing

NEAR, LOW, HIGH = 0.05, 0.1, 0.9
EARLY = 0.1  # share of the run in which curves of the rate may differ
ENDINGS = dict(zip(INTERPOLATIONS, ("printed", "arriving"), strict=True))
SMALL = FIRST_RATES[1:]
GIVEN = tuple(f"given_{rate:g}" for rate in SMALL)
LISTED = tuple(f"listing_{each}_{rate:g}" for each in INTERPOLATIONS for rate in FIRST_RATES)
VARIANTS = ("variant_described", "variant_temperature", "variant_logarithm")


def controller_reading(record: xr.Dataset) -> Reading:
    """The claims on a first rate that is computed, and on too few samples or filters.

    Args:
        record: As ``controller`` measures it.
    """
    ends = (
        f"images_{SIZES[0]}",
        f"images_{SIZES[-1]}",
        f"filters_{WIDTHS[0]}",
        f"filters_{WIDTHS[-1]}",
    )
    return joined(
        [
            standing(["S-txt-4"], GIVEN, _first_steps, record),
            standing(["alg-6.j"], ends, lambda one: _extremes(one, ends), record),
        ]
    )


def controller_at_two_lengths(record: xr.Dataset, third: xr.Dataset) -> Reading:
    """The claims on intervals, predictions, first rates and the dynamic variant.

    Args:
        record: As ``controller`` measures it.
        third: As ``controller_third`` does, with the same seeds.
    """
    default = tuple(f"default_{network}" for network in NETWORKS)
    tuned = tuple(f"best_{network}" for network in NETWORKS)
    parts = (
        (("txt-3.3.2.4",), ("every_1", "every_8"), _intervals),
        (("txt-3.3.2.6",), ("every_8",), _predictions),
        (("alg-D.b",), default, _converging),
        (("alg-D.c",), (*default, *tuned), _steps),
        (("alg-D.d",), VARIANTS, _variants),
        (("S-fig-5.a", "S-fig-5.b"), LISTED, _first_rates),
    )
    return joined(at_two_lengths(EFFECTS, *part, record, third) for part in parts)


def _wanted(one: xr.Dataset) -> xr.DataArray:
    return 1 - 2.0 ** -one["target"]


def _error(one: xr.Dataset) -> xr.DataArray:
    """Mean distance of the measured share from the wanted one, by seed."""
    return abs(one["share"] - _wanted(one)).mean("point")


def _intervals(record: xr.Dataset) -> dict[str, dict]:
    found = {f"error_{n}": of_setup(record, f"every_{n}")["off"].mean("point") for n in (8, 1)}
    overhead = of_setup(record, "every_8")["extra_passes"]
    return {"txt-3.3.2.4": {**found, "overhead": overhead}}


def _predictions(record: xr.Dataset) -> dict[str, dict]:
    one = of_setup(record, "every_8")
    return {"txt-3.3.2.6": {name: one[name] for name in ("hits", "hits_old_mu", "checks")}}


def _converging(record: xr.Dataset) -> dict[str, dict]:
    """When the target is first met, and how often it is later."""
    first, later = [], []
    for network in NETWORKS:
        one = of_setup(record, f"default_{network}")
        wanted, measured = _wanted(one), one["share"].notnull()
        near = measured & (abs(one["share"] - wanted) < NEAR)
        time = xr.DataArray(time_of(near), dims="point")
        hit = time[near.argmax("point")].where(near.any("point"), 1.0)
        counts = measured & (time > hit) & (wanted >= LOW) & (wanted <= HIGH)
        share = near.where(counts).sum("point") / counts.sum("point").clip(1)
        first.append(float(hit.median("seed")))
        later.append(float(share.median("seed")))
    return {"alg-D.b": {"first_hit": first, "later_hits": later, "families": FAMILIES}}


def _steps(record: xr.Dataset) -> dict[str, dict]:
    errors = {
        name: [float(_error(of_setup(record, f"{kind}_{each}")).mean()) for each in NETWORKS]
        for name, kind in {"error_default": "default", "error_best": "best"}.items()
    }
    return {"alg-D.c": {**errors, "families": FAMILIES}}


def _variants(record: xr.Dataset) -> dict[str, dict]:
    found = {}
    for ending, variant in zip(("", "_temperature", "_logarithm"), VARIANTS, strict=True):
        one = of_setup(record, variant)
        found[f"error{ending}"] = _error(one)
        bits = abs(temperature_of_share(one) - one["target"])
        found[f"bits{ending}"] = bits.mean("point")
    return {"alg-D.d": found}


def _first_rates(record: xr.Dataset) -> dict[str, dict]:
    """How far apart curves and errors from different first rates are."""
    similar, better, reached = {}, {}, []
    for interpolation, ending in ENDINGS.items():
        runs = {rate: of_setup(record, f"listing_{interpolation}_{rate:g}") for rate in FIRST_RATES}
        errors = beside([runs[rate]["validation_error"].isel(check=-1) for rate in SMALL])
        errors = errors.assign_coords(column=np.log10(SMALL))
        slope = errors.polyfit("column", 1).polyfit_coefficients.sel(degree=1, drop=True)
        among = beside([_apart(runs[a], runs[b]) for a, b in combinations(SMALL, 2)])
        high = runs[FIRST_RATES[0]]
        at_the_end = [one["validation_error"].isel(check=-1) for one in runs.values()]
        reached += [float(error.mean("seed")) for error in at_the_end]
        similar |= {
            f"distance_{ending}": among,
            f"drift_{ending}": slope * np.log10(SMALL[-1] / SMALL[0]),
            f"spread_{ending}": errors.max("column") - errors.min("column"),
        }
        better |= {
            f"accuracy_high_{ending}": 100 - high["validation_error"].isel(check=-1),
            f"accuracy_others_{ending}": 100 - errors.mean("column"),
            f"distance_high_{ending}": beside([_apart(high, runs[r]) for r in SMALL]).mean(
                "column"
            ),
            f"distance_others_{ending}": among.mean("column"),
        }
    return {"S-fig-5.a": similar | {"smallest_error": min(reached)}, "S-fig-5.b": better}


def _apart(first: xr.Dataset, second: xr.Dataset) -> xr.DataArray:
    """Mean difference of the decimal logarithms of two rates, after the beginning."""
    difference = abs(np.log10(first["rate"]) - np.log10(second["rate"]))
    late = xr.DataArray(time_of(difference) > EARLY, dims="point")
    return difference.where(late).mean("point")


def _first_steps(record: xr.Dataset) -> dict[str, dict]:
    runs = [of_setup(record, name) for name in GIVEN]
    first = [abs(one["share"] - _wanted(one)).isel(point=0) for one in runs]
    rates = np.log10(beside([one["first_rate"] for one in runs]))
    spread = rates.max("column") - rates.min("column")
    return {"S-txt-4": {"first_distance": beside(first), "spread": spread}}


def _extremes(record: xr.Dataset, ends: tuple[str, ...]) -> dict[str, dict]:
    names = ("fewest_samples", "most_samples", "fewest_filters", "most_filters")
    runs = {name: of_setup(record, setup) for name, setup in zip(names, ends, strict=True)}
    ones = {f"ones_{name}": runs[name]["all_changed"].mean("point") for name in names[2:]}
    shares = {name: one["extreme"].mean("point") for name, one in runs.items()}
    return {"alg-6.j": {**shares, **ones}}
