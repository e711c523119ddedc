"""What the records of three schedules say (thesis 3.2.2, figures 3.8 and 3.9; supplement A)."""

import numpy as np
import xarray as xr

from relu_book.claims import Reading
from relu_book.experiments.curves import in_blocks, rank_correlation
from relu_book.experiments.temperature.schedules import SCHEDULES, SETUPS, SMALL_BATCH
from relu_book.experiments.temperature.temperatures import (
    along_falls,
    around_drops,
    block_of,
    check_is_there,
    counted,
    counts,
    distances,
    ends,
    half_time,
    jumps,
    line_and_exponential,
    mean_counted,
    rank_in_blocks,
    rank_over_time,
    rising_blocks,
    smoothed,
    temperatures,
    where_counted,
)

RESNET = {name: f"resnet_{name}" for name in SCHEDULES}
PICTURED = {
    f"{network}_{schedule}": f"{network}_{schedule}"
    for network in ("resnet", "convnet")
    for schedule in ("one_cycle", "cyclic")
}

GUESSING = 0.1  # of ten classes, where a training has diverged


def schedules_reading(record: xr.Dataset) -> Reading:
    """The claims on figures 3.8 and 3.9 that one length decides.

    Args:
        record: As ``schedules`` measures it.
    """
    check_is_there(record, "setup", SETUPS)
    one = of_resnet(record)
    quantities = {
        "fig-3.8.a": {
            **falling(one, lambda part: ends(temperatures(part))),
            "counted": min(_counted_ends(part) for part in one.values()),
            "lengths_alike": 1,
        },
        "fig-3.8.b": _start(one),
        "fig-3.8.c": _end(one),
        "fig-3.8.f": _dependence(record),
        "fig-3.9.e": _block_starts(record),
        "fig-3.9.f": _depth(record),
        "fig-3.9.i": _sides(one["one_cycle"]),
    }
    return Reading(quantities, record)


def two_lengths(record: xr.Dataset, third: xr.Dataset) -> Reading:
    """The claims that a short training alone does not refute.

    Args:
        record: As ``schedules`` measures it.
        third: As ``schedules_third`` does, with the same seeds.
    """
    both = {"": record, "_third": third}
    for one in both.values():
        check_is_there(one, "setup", PICTURED.values())
    lengths = sorted(int(each.step[-1]) for each in both.values())
    lines, ranks, cooling, hotter = {}, {}, {}, {}
    shares: dict[str, list[float]] = {name: [] for name in ("straight", "all", "setups", "pair")}
    for ending, one in both.items():
        resnet = _setup(one, RESNET["one_cycle"])
        for name, value in straight(_mean_and_last(resnet)).items():
            lines[name + ending] = value
        counting = (counts(resnet).mean(("seed", "step")) >= 0.8).values
        monotone = rank_over_time(smoothed(temperatures(resnet)))
        # Without any layer that counts the guard refuses what is said of all.
        ranks[f"correlation{ending}"] = monotone.isel(layer=counting | ~counting.any())
        prefix = "third" if ending else "half_time"
        halves = {name: half_time(_setup(one, setup)) for name, setup in PICTURED.items()}
        cooling |= {f"{prefix}_{name}": value for name, value in halves.items()}
        cooling[f"blocks{ending}"] = [
            rising_blocks(value, block_of(_setup(one, PICTURED[name])))
            for name, value in halves.items()
        ]
        cooling[f"ranks{ending}"] = np.stack(
            [rank_correlation(value).fillna(0.0).values for value in halves.values()], 1
        )
        compared, share = _skips(one)
        hotter |= {("third_" if ending else "") + name: value for name, value in compared.items()}
        shares["straight"].append(min(counted(resnet), _counted_ends(resnet)))
        shares["all"].append(counted(resnet))
        shares["setups"].append(counted(one.sel(setup=list(PICTURED.values()))))
        shares["pair"].append(share)
    layer = record.layer.values
    line = {"lengths": lengths, **lines, "counted": min(shares["straight"])}
    quantities = {
        "fig-3.8.d": line,
        "txt-5.1.5": line,
        "fig-3.9.a": {"lengths": lengths, **ranks, "counted": min(shares["all"])},
        "fig-3.9.d": {
            "lengths": lengths,
            "layer": layer,
            **cooling,
            "counted": min(shares["setups"]),
        },
        "S-fig-1.c": {"lengths": lengths, **hotter, "counted": min(shares["pair"])},
    }
    return Reading(quantities, record, third)


def of_resnet(record: xr.Dataset) -> dict[str, xr.Dataset]:
    """The ResNet's part of the record, by schedule."""
    return {name: _setup(record, setup) for name, setup in RESNET.items()}


def layer_mean(record: xr.Dataset) -> xr.DataArray:
    """Mean over the layers of the temperatures that count, by step."""
    return mean_counted(record, "layer")


def _setup(record: xr.Dataset, setup: str) -> xr.Dataset:
    return record.sel(setup=setup, drop=True)


def _rate(record: xr.Dataset) -> xr.DataArray:
    return record["rate"].max("seed")  # NaN after a divergence


def _counted_ends(record: xr.Dataset) -> float:
    """The share of times that count in the first layer or in the last, whichever is smaller."""
    return float(ends(counts(record)).mean(("seed", "step")).min())


def falling(one: dict[str, xr.Dataset], curve) -> dict[str, xr.DataArray]:
    """Before and after the drops of step decay, and along the falls of the others."""
    before, after = around_drops(curve(one["step_decay"]), _rate(one["step_decay"]))
    last = [dim for dim in ("seed", "layer") if dim in before.dims]
    return {
        "before_drop": before.transpose(*last, "drop"),
        "after_drop": after.transpose(*last, "drop"),
        **{
            name: along_falls(curve(one[name]), _rate(one[name]))
            for name in ("one_cycle", "cyclic")
        },
    }


def _start(one: dict[str, xr.Dataset]) -> dict[str, xr.DataArray]:
    """Six columns: three schedules, the first layer and the last."""

    def columns(values: list[xr.DataArray]) -> xr.DataArray:
        parts = [ends(value.isel(step=0, drop=True)).drop_vars("layer") for value in values]
        return xr.concat(parts, "layer")

    return {
        "temperature_at_start": columns([temperatures(part) for part in one.values()]),
        "distance_at_start": columns([part["distance"] for part in one.values()]),
    }


def end_over_maximum(values: xr.DataArray) -> xr.DataArray:
    """Mean over the last 2 % of the steps, divided by the largest value."""
    last = values.sel(step=values.step > 0.98 * float(values.step[-1])).mean("step")
    return last / values.max("step")


def _end(one: dict[str, xr.Dataset]) -> dict[str, xr.DataArray]:
    at_rate = one["one_cycle"]["distance_at_rate"].mean("layer")
    return {
        **{
            f"end_{name}": end_over_maximum(ends(temperatures(one[name])))
            for name in ("one_cycle", "step_decay")
        },
        "distance_start": at_rate.isel(fixed_step=0, drop=True),
        "distance_end": at_rate.isel(fixed_step=-1, drop=True),
    }


def in_common(first: xr.Dataset, second: xr.Dataset) -> tuple[xr.DataArray, xr.DataArray, float]:
    """Mean temperatures of two networks over what counts in both, and the share that does."""
    both = counts(first) & counts(second)
    dims = ("step", "layer")
    values = [temperatures(one) for one in (first, second)]
    means = [each.where(both).mean(dims).fillna(each.mean(dims)) for each in values]
    return *means, float(both.mean())


def _dependence(record: xr.Dataset) -> dict:
    """While the rate of step decay is constant: layers, skips, batch sizes."""
    rate = _rate(_setup(record, RESNET["step_decay"]))
    constant = record.sel(step=(rate == rate[0]).values)
    resnet, convnet, small = (
        _setup(constant, name) for name in (RESNET["step_decay"], "convnet_step_decay", SMALL_BATCH)
    )
    first, last = (mean_counted(resnet).isel(layer=place) for place in (0, -1))
    with_skips, without, skips = in_common(resnet, convnet)
    large, smaller, batches = in_common(resnet, small)
    return {
        "first_layer": first,
        "last_layer": last,
        "with_skips": with_skips,
        "without_skips": without,
        "large_batch": large,
        "small_batch": smaller,
        "counted": min(_counted_ends(resnet), skips, batches),
        "lengths_alike": 1,
    }


def _block_starts(record: xr.Dataset) -> dict:
    pictured = record.sel(setup=list(PICTURED.values()))
    jump, usual = jumps(mean_counted(pictured))
    columns = {"column": ("setup", "start")}
    both = xr.broadcast(jump, usual)
    names = ("jump", "usual_step")
    found = {
        name: value.stack(columns, create_index=False).transpose("seed", "column")
        for name, value in zip(names, both, strict=True)
    }
    return {**found, "counted": counted(pictured), "lengths_alike": 1}


def _depth(record: xr.Dataset) -> dict:
    found: dict = {"layer": record.layer.values}
    shares = []
    for network in ("resnet", "convnet"):
        one = _setup(record, f"{network}_one_cycle")
        mean = mean_counted(one)
        within = rank_in_blocks(mean, block_of(one))
        found[f"temperature_{network}"] = mean
        found[f"within_{network}"] = within.transpose("seed", "block")
        found[f"at_rate_{network}"] = rank_correlation(one["distance_at_rate"].mean("fixed_step"))
        shares.append(counted(one))
    return {**found, "counted": min(shares), "lengths_alike": 1}


def _sides(resnet: xr.Dataset) -> dict:
    """After less before a skip addition, in each block; the first layer is neither."""
    mean, block = mean_counted(resnet), block_of(resnet)
    after = (resnet["after"] == 1).isel(seed=0, drop=True)
    before = (resnet["after"] == 0).isel(seed=0, drop=True) & (resnet.layer > 1)
    difference = in_blocks(mean.where(after), block) - in_blocks(mean.where(before), block)
    return {
        "difference": difference.transpose("seed", "block"),
        "mean_difference": difference.mean("block"),
        "counted": counted(resnet),
        "lengths_alike": 1,
    }


def _mean_and_last(record: xr.Dataset) -> xr.DataArray:
    mean, values = layer_mean(record), where_counted(record)
    # A layer that never counts is drawn at its bound, for the guard to refuse.
    last = values.fillna(temperatures(record).where(~values.notnull().any("step")))
    both = [mean, last.isel(layer=-1, drop=True)]
    return xr.concat(both, "curve").transpose("seed", "curve", "step")


def straight(curves: xr.DataArray) -> dict[str, xr.DataArray]:
    """How straight curves are, in the words of the claims."""
    found = line_and_exponential(curves)
    return {
        "explained": found["r_squared"],
        "falling": found["slope"],
        "line_error": found["line"],
        "exponential_error": found["exponential"],
    }


def _skips(record: xr.Dataset) -> tuple[dict[str, xr.DataArray], float]:
    """Temperature, distance and accuracy without skips and with them, under OneCycle."""
    resnet, convnet = (_setup(record, f"{name}_one_cycle") for name in ("resnet", "convnet"))
    with_skips, without, share = in_common(resnet, convnet)
    found = {"temperature_without": without, "temperature_with": with_skips}
    for name, one in (("without", convnet), ("with", resnet)):
        found[f"distance_{name}"] = distances(one).mean(("step", "layer"))
        found[f"accuracy_{name}"] = one["test_accuracy"].fillna(GUESSING)
    return found, share
