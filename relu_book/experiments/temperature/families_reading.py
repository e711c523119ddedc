"""What four architectures say (thesis 3.2.2, figure 3.10; supplement A, figure 1)."""

import numpy as np
import xarray as xr

from relu_book.claims import Reading
from relu_book.experiments.curves import apart, in_blocks, slope
from relu_book.experiments.standing import standing
from relu_book.experiments.temperature.families import NETWORKS
from relu_book.experiments.temperature.schedules_reading import RESNET, layer_mean
from relu_book.experiments.temperature.temperatures import (
    FEWEST,
    around_drops,
    block_of,
    check_is_there,
    counted,
    counts,
    distances,
    half_time,
    mean_counted,
    rising_blocks,
    temperatures,
)

CONSTANT, HALVES = slice(200, 1000), (slice(200, 600), slice(601, 1000))
POINTS = 10
NO_SKIPS, OTHERS = "convnet_one_cycle", ("fixup", "pyramidnet")


def families_reading(record: xr.Dataset) -> Reading:
    """The claims on figure 3.10.

    Args:
        record: As ``families`` measures it.
    """
    check_is_there(record, "network", NETWORKS, CONSTANT.stop)
    claims = tuple(f"fig-3.10.{part}" for part in "abcd")
    return standing(claims, NETWORKS, _four_networks, record, dim="network")


def six_setups(schedules: xr.Dataset, families: xr.Dataset) -> Reading:
    """The claims on the six pictures of supplement A.

    Args:
        schedules: As ``schedules`` measures it.
        families: As ``families`` does.
    """
    check_is_there(schedules, "setup", (*RESNET.values(), NO_SKIPS))
    check_is_there(families, "network", OTHERS)
    # Labels of one kind, so that both records are asked for what is compared.
    families = families.rename(network="setup")
    compared = (*RESNET.values(), NO_SKIPS, *OTHERS)
    return standing(("S-fig-1.a", "S-fig-1.b"), compared, _six, schedules, families)


def _four_networks(record: xr.Dataset) -> dict[str, dict]:
    record = record.sel(network=list(NETWORKS))
    return {
        "fig-3.10.a": _slow_fall(record),
        "fig-3.10.b": _drops(record),
        "fig-3.10.c": _over_depth(record),
        "fig-3.10.d": _ratio(record),
    }


def _six(schedules: xr.Dataset, families: xr.Dataset) -> dict[str, dict]:
    parts = {name: schedules.sel(setup=setup, drop=True) for name, setup in RESNET.items()}
    parts["no_skips"] = schedules.sel(setup=NO_SKIPS, drop=True)
    for name in OTHERS:
        there = families.sel(setup=name, drop=True)
        parts[name] = there.sel(layer=there["block"].isel(seed=0).notnull().values)
    halves = {name: half_time(part) for name, part in parts.items()}
    blocks = [
        in_blocks(mean_counted(part), block_of(part)).transpose("seed", "block")
        for part in parts.values()
    ]
    share = min(counted(part) for part in parts.values())
    cooling = {
        "layer": parts["no_skips"].layer.values,
        "layer_fixup": parts["fixup"].layer.values,
        "layer_pyramidnet": parts["pyramidnet"].layer.values,
        **{f"half_time_{name}": value for name, value in halves.items()},
        "blocks": [
            rising_blocks(value, block_of(parts[name]))
            for name, value in halves.items()
            if name != "pyramidnet"  # five layers a block
        ],
        "counted": share,
        "lengths_alike": 1,
    }
    rising = {
        "block_temperature": np.stack([part.values for part in blocks], 1),
        "counted": share,
        "lengths_alike": 1,
    }
    return {"S-fig-1.a": cooling, "S-fig-1.b": rising}


def _slow_fall(record: xr.Dataset) -> dict:
    """Slopes of the logarithm of the layer mean while the rate is constant."""
    values = np.log(layer_mean(record))
    halves = [slope(values.sel(step=half)).transpose("seed", "network") for half in HALVES]
    return {
        **apart(slope(values.sel(step=CONSTANT)), "network", "slope_{}"),
        "first_half": halves[0],
        "second_half": halves[1],
        "counted": counted(record),
        "lengths_alike": 1,
    }


def _drops(record: xr.Dataset) -> dict:
    """How alike the layers cool when the rate falls, and whether they do."""
    rate = record["rate"].isel(seed=0, network=0, drop=True)
    before, after = around_drops(temperatures(record), rate)
    there = record["block"].notnull()
    changed = distances(record) * record["evaluations"] > FEWEST - 0.5
    known = counts(record) & changed
    sure = around_drops(temperatures(record).where(known), rate)
    ratio = np.log2(sure[1] / sure[0]).where(there)
    spread = ratio.std("layer", ddof=1).mean("drop")
    # Of a layer without any such time there is no ratio; without any layer the guard refuses.
    spread = spread.fillna(0.0)
    lower = (after < before).all("drop").where(there).mean("layer")
    return {
        **apart(spread, "network", "spread_{}"),
        "lower": lower.transpose("seed", "network"),
        "counted": float(known.where(there).mean(("seed", "step", "layer")).min()),
        "lengths_alike": 1,
    }


def _over_depth(record: xr.Dataset) -> dict:
    found = _largest_jump(mean_counted(record))
    return {
        **apart(found.isel(what=0) / found.isel(what=1), "network", "largest_jump_{}"),
        "rise": found.isel(what=1).transpose("seed", "network"),
        "counted": counted(record),
        "lengths_alike": 1,
    }


def _largest_jump(values: xr.DataArray) -> xr.DataArray:
    """Largest step between ten points of equal distance in depth, and the rise from end to end."""

    def over_depth(layers: np.ndarray) -> np.ndarray:
        there = layers[np.isfinite(layers)]
        places = np.linspace(0, len(there) - 1, POINTS)
        points = np.interp(places, np.arange(len(there)), there)
        return np.array([np.diff(points).max(), points[-1] - points[0]])

    return xr.apply_ufunc(
        over_depth,
        values,
        input_core_dims=[["layer"]],
        output_core_dims=[["what"]],
        vectorize=True,
    )


def _ratio(record: xr.Dataset) -> dict:
    mean = mean_counted(record)
    ratio = mean.max("layer") / mean.min("layer")
    return {
        "ratio": ratio.transpose("seed", "network"),
        "counted": counted(record),
        "lengths_alike": 1,
    }
