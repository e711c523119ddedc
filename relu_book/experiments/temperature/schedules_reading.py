"""What the records of three schedules say (thesis 3.2.2, figures 3.8 and 3.9; supplement A)."""

import numpy as np
import xarray as xr

from relu_book.claims import Reading
from relu_book.experiments.curves import in_blocks, rank_correlation
from relu_book.experiments.lengths import at_two_lengths
from relu_book.experiments.standing import joined, standing
from relu_book.experiments.temperature.effects import EFFECTS
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
PAIR = {network: f"{network}_one_cycle" for network in ("resnet", "convnet")}
DEPENDENCE = (RESNET["step_decay"], "convnet_step_decay", SMALL_BATCH)
PICTURED = {
    f"{network}_{schedule}": f"{network}_{schedule}"
    for network in ("resnet", "convnet")
    for schedule in ("one_cycle", "cyclic")
}


def schedules_reading(record: xr.Dataset) -> Reading:
    """The claims on figure 3.8 that are not compared with a second length.

    Args:
        record: As ``schedules`` measures it.
    """
    check_is_there(record, "setup", SETUPS)
    parts = (
        (("fig-3.8.b",), RESNET.values(), _start),
        (("fig-3.8.c",), (RESNET["one_cycle"], RESNET["step_decay"]), _end),
        (("fig-3.8.f",), DEPENDENCE, _dependence),
    )
    return joined(standing(*part, record) for part in parts)


def two_lengths(record: xr.Dataset, third: xr.Dataset) -> Reading:
    """The claims that a short training alone does not refute.

    Args:
        record: As ``schedules`` measures it.
        third: As ``schedules_third`` does, with the same seeds.
    """
    for one in (record, third):
        check_is_there(one, "setup", {*RESNET.values(), *PICTURED.values()})
    alike = (
        (("fig-3.8.a",), RESNET.values(), _falls),
        (("fig-3.9.e",), PICTURED.values(), _block_starts),
        (("fig-3.9.f",), PAIR.values(), _depth),
        (("fig-3.9.i",), (RESNET["one_cycle"],), _sides),
    )
    both = (
        (("fig-3.8.d", "txt-5.1.5", "fig-3.9.a"), (RESNET["one_cycle"],), _courses),
        (("fig-3.9.d",), PICTURED.values(), _cooling),
        (("S-fig-1.c",), PAIR.values(), _without_skips),
    )
    return joined(
        [
            *(at_two_lengths(EFFECTS, *part, record, third) for part in alike),
            *(standing(*part, record, third) for part in both),
        ]
    )


def _both(record: xr.Dataset, third: xr.Dataset) -> dict[str, xr.Dataset]:
    """The two lengths by the ending of their quantities."""
    return {"": record, "_third": third}


def _lengths(record: xr.Dataset, third: xr.Dataset) -> list[int]:
    return sorted(int(each.step[-1]) for each in (record, third))


def _courses(record: xr.Dataset, third: xr.Dataset) -> dict[str, dict]:
    """How straight the temperature falls, and how monotonically in each layer."""
    lines, ranks, straightness, everywhere = {}, {}, [], []
    for ending, one in _both(record, third).items():
        resnet = _setup(one, RESNET["one_cycle"])
        for name, value in straight(_mean_and_last(resnet)).items():
            lines[name + ending] = value
        counting = (counts(resnet).mean(("seed", "step")) >= 0.8).values
        monotone = rank_over_time(smoothed(temperatures(resnet)))
        # Without any layer that counts the guard refuses what is said of all.
        ranks[f"correlation{ending}"] = monotone.isel(layer=counting | ~counting.any())
        straightness.append(min(counted(resnet), _counted_ends(resnet)))
        everywhere.append(counted(resnet))
    lengths = _lengths(record, third)
    line = {"lengths": lengths, **lines, "counted": min(straightness)}
    return {
        "fig-3.8.d": line,
        "txt-5.1.5": line,
        "fig-3.9.a": {"lengths": lengths, **ranks, "counted": min(everywhere)},
    }


def _cooling(record: xr.Dataset, third: xr.Dataset) -> dict[str, dict]:
    """When each layer has cooled to the half."""
    found: dict = {"lengths": _lengths(record, third), "layer": record.layer.values}
    shares = []
    for ending, one in _both(record, third).items():
        prefix = "third" if ending else "half_time"
        parts = {name: _setup(one, setup) for name, setup in PICTURED.items()}
        halves = {name: half_time(part) for name, part in parts.items()}
        found |= {f"{prefix}_{name}": value for name, value in halves.items()}
        found[f"blocks{ending}"] = [
            rising_blocks(value, block_of(parts[name])) for name, value in halves.items()
        ]
        found[f"ranks{ending}"] = np.stack(
            [rank_correlation(value).fillna(0.0).values for value in halves.values()], 1
        )
        shares.append(counted(one.sel(setup=list(PICTURED.values()))))
    return {"fig-3.9.d": {**found, "counted": min(shares)}}


def _without_skips(record: xr.Dataset, third: xr.Dataset) -> dict[str, dict]:
    """Temperature, distance and accuracy without skips and with them, under OneCycle."""
    (long, first), (short, second) = _skips(record), _skips(third)
    found = long | {f"third_{name}": value for name, value in short.items()}
    lengths = {"lengths": _lengths(record, third)}
    return {"S-fig-1.c": {**lengths, **found, "counted": min(first, second)}}


def of_resnet(record: xr.Dataset) -> dict[str, xr.Dataset]:
    """The ResNet's part of the record, by schedule."""
    return {name: _setup(record, setup) for name, setup in RESNET.items()}


def layer_mean(record: xr.Dataset) -> xr.DataArray:
    """Mean over the layers of the temperatures that count, by step."""
    return mean_counted(record, "layer")


def _setup(record: xr.Dataset, setup: str) -> xr.Dataset:
    return record.sel(setup=setup, drop=True)


def _rate(record: xr.Dataset) -> xr.DataArray:
    return record["rate"].isel(seed=0, drop=True)


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


def _falls(record: xr.Dataset) -> dict[str, dict]:
    one = of_resnet(record)
    found = falling(one, lambda part: ends(temperatures(part)))
    return {"fig-3.8.a": {**found, "counted": min(map(_counted_ends, one.values()))}}


def _start(record: xr.Dataset) -> dict[str, dict]:
    """Six columns: three schedules, the first layer and the last."""
    one = of_resnet(record)

    def columns(values: list[xr.DataArray]) -> xr.DataArray:
        parts = [ends(value.isel(step=0, drop=True)).drop_vars("layer") for value in values]
        return xr.concat(parts, "layer")

    found = {
        "temperature_at_start": columns([temperatures(part) for part in one.values()]),
        "distance_at_start": columns([part["distance"] for part in one.values()]),
    }
    return {"fig-3.8.b": found}


def end_over_maximum(values: xr.DataArray) -> xr.DataArray:
    """Mean over the last 2 % of the steps, divided by the largest value."""
    last = values.sel(step=values.step > 0.98 * float(values.step[-1])).mean("step")
    return last / values.max("step")


def _end(record: xr.Dataset) -> dict[str, dict]:
    one = of_resnet(record)
    at_rate = one["one_cycle"]["distance_at_rate"].mean("layer")
    found = {
        **{
            f"end_{name}": end_over_maximum(ends(temperatures(one[name])))
            for name in ("one_cycle", "step_decay")
        },
        "distance_start": at_rate.isel(fixed_step=0, drop=True),
        "distance_end": at_rate.isel(fixed_step=-1, drop=True),
    }
    return {"fig-3.8.c": found}


def in_common(first: xr.Dataset, second: xr.Dataset) -> tuple[xr.DataArray, xr.DataArray, float]:
    """Mean temperatures of two networks over what counts in both, and the share that does."""
    both = counts(first) & counts(second)
    dims = ("step", "layer")
    values = [temperatures(one) for one in (first, second)]
    means = [each.where(both).mean(dims).fillna(each.mean(dims)) for each in values]
    return *means, float(both.mean())


def _dependence(record: xr.Dataset) -> dict[str, dict]:
    """While the rate of step decay is constant: layers, skips, batch sizes."""
    rate = _rate(_setup(record, RESNET["step_decay"]))
    constant = record.sel(step=(rate == rate[0]).values)
    resnet, convnet, small = (_setup(constant, name) for name in DEPENDENCE)
    first, last = (mean_counted(resnet).isel(layer=place) for place in (0, -1))
    with_skips, without, skips = in_common(resnet, convnet)
    large, smaller, batches = in_common(resnet, small)
    found = {
        "first_layer": first,
        "last_layer": last,
        "with_skips": with_skips,
        "without_skips": without,
        "large_batch": large,
        "small_batch": smaller,
        "counted": min(_counted_ends(resnet), skips, batches),
        "lengths_alike": 1,
    }
    return {"fig-3.8.f": found}


def _block_starts(record: xr.Dataset) -> dict[str, dict]:
    pictured = record.sel(setup=list(PICTURED.values()))
    jump, usual = jumps(mean_counted(pictured))
    columns = {"column": ("setup", "start")}
    both = xr.broadcast(jump, usual)
    names = ("jump", "usual_step")
    found = {
        name: value.stack(columns, create_index=False).transpose("seed", "column")
        for name, value in zip(names, both, strict=True)
    }
    return {"fig-3.9.e": {**found, "counted": counted(pictured)}}


def _depth(record: xr.Dataset) -> dict[str, dict]:
    found: dict = {"layer": record.layer.values}
    shares = []
    for network, setup in PAIR.items():
        one = _setup(record, setup)
        mean = mean_counted(one)
        within = rank_in_blocks(mean, block_of(one))
        found[f"temperature_{network}"] = mean
        found[f"within_{network}"] = within.transpose("seed", "block")
        found[f"at_rate_{network}"] = rank_correlation(one["distance_at_rate"].mean("fixed_step"))
        shares.append(counted(one))
    return {"fig-3.9.f": {**found, "counted": min(shares)}}


def _sides(record: xr.Dataset) -> dict[str, dict]:
    """After less before a skip addition, in each block; the first layer is neither."""
    resnet = _setup(record, RESNET["one_cycle"])
    mean, block = mean_counted(resnet), block_of(resnet)
    after = (resnet["after"] == 1).isel(seed=0, drop=True)
    before = (resnet["after"] == 0).isel(seed=0, drop=True) & (resnet.layer > 1)
    difference = in_blocks(mean.where(after), block) - in_blocks(mean.where(before), block)
    found = {
        "difference": difference.transpose("seed", "block"),
        "mean_difference": difference.mean("block"),
        "counted": counted(resnet),
    }
    return {"fig-3.9.i": found}


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
    """What is compared at one length, and the share that counts."""
    resnet, convnet = (_setup(record, setup) for setup in PAIR.values())
    with_skips, without, share = in_common(resnet, convnet)
    found = {"temperature_without": without, "temperature_with": with_skips}
    for name, one in (("without", convnet), ("with", resnet)):
        found[f"distance_{name}"] = distances(one).mean(("step", "layer"))
        found[f"accuracy_{name}"] = one["test_accuracy"]
    return found, share
