"""What the claims on entropy and depth ask of its record (thesis 3.1.5, figures 3.3 to 3.6; article
3.3).

Each entry is computed from the record of ``entropy_by_depth`` and has the names that the rule of
the claim knows. Where a claim speaks of a network without naming its depth, the mean over the
depths is taken; spreads over seeds by layer are those of the networks of 20 layers.
"""

import numpy as np
import xarray as xr

from relu_book.experiments.curves import (
    by_seed,
    in_block,
    last_layers,
    rank_correlations,
    second_difference,
    slope,
    slope_after,
    step_of_minimum,
)
from relu_book.experiments.pattern_evolution.evolution import list_bytes
from relu_book.experiments.trainings import NETWORKS

Quantities = dict[str, dict]
SIX = 6  # convolutions a block of the networks of 20 layers
PLAIN = ["toynet", "convnet"]


def depth_quantities(record: xr.Dataset, epoch: int) -> Quantities:
    """The measured quantities of the claims on figures 3.3 and 3.4, by claim.

    Args:
        record: As ``entropy_by_depth`` measures it.
        epoch: Steps of an epoch.

    Returns:
        For each claim the keyword arguments of ``relu_book.claims.check``.
    """
    record = record.sel(network=list(NETWORKS))
    return {
        **_at_the_start(record),
        **_first_steps(record),
        **_spreads(record),
        **_up_and_down(record),
        **_at_the_end(record),
        **_recovery(record),
        "fig-3.3.q": _times(record, epoch),
        "fig-3.4": depth_occupancies(record, epoch),
    }


def depth_occupancies(record: xr.Dataset, epoch: int) -> dict:
    """How full the hash lists are at the five times of the figure's caption (figure 3.4)."""
    half = int(record.step[-1]) // 2
    times = [0, 1, 40, 2 * epoch, half + 1]
    found = record["occupancy"].sel(step=times).mean(("layer", "convolutions", "seed"))
    return {
        "occupancy": found.transpose("network", "step").values,
        "gigabytes": list_bytes(float(record["evaluations"].max())) / 1e9,
    }


def _each(values: xr.DataArray, name: str = "{}") -> dict[str, np.ndarray]:
    """One array a network, its dimension being the seeds."""
    return {name.format(network): values.sel(network=network).values for network in NETWORKS}


def _at_the_start(record: xr.Dataset) -> Quantities:
    """Figure 3.3, row 1."""
    start = record["relative_entropy"].sel(step=0)
    rise = (last_layers(start, 1) - start.sel(layer=1)).mean("convolutions")
    rho = rank_correlations(start).sel(convolutions=[2, 4, 6])
    over_all = ("network", "convolutions", "layer")
    evaluations = record["evaluations"].values
    convnet = record.sel(network="convnet", convolutions=SIX)
    entropy = convnet["relative_entropy"].sel(step=0)
    block = convnet["block"].isel(seed=0, drop=True)
    second, third = (entropy.sel(layer=block == number) for number in (2, 3))
    return {
        "fig-3.3.a": {
            **{f"rho_{name}": by_seed(rho.sel(network=name), "convolutions") for name in NETWORKS},
            "evaluations": np.unique(evaluations[~np.isnan(evaluations)]),
        },
        "fig-3.3.b": {
            "smallest": start.min(over_all).values,
            "largest": start.max(over_all).values,
        },
        "fig-3.3.c": _each(rise, "rise_{}"),
        "fig-3.3.d": {
            "slope_start": slope(second.isel(layer=slice(None, 3))).values,
            "slope_end": slope(second.isel(layer=slice(-3, None))).values,
            "jump": (third.isel(layer=0) - second.isel(layer=-1)).values,
        },
    }


def _first_steps(record: xr.Dataset) -> Quantities:
    """Figure 3.3, rows 2 and 3."""
    mean = record["relative_entropy"].mean("layer").mean("convolutions")
    start, one, eight, forty = (mean.sel(step=step, drop=True) for step in (0, 1, 8, 40))
    return {
        "fig-3.3.e": {
            "fall_1": by_seed(start - one, "network"),
            "fall_8": by_seed(start - eight, "network"),
        },
        "fig-3.3.f": _each(start - (one + eight) / 2, "fall_{}"),
        "fig-3.3.g": _each(one - forty, "fall_{}"),
    }


def _spreads(record: xr.Dataset) -> Quantities:
    """How far the seeds lie apart."""
    spread = record["relative_entropy"].std("seed", ddof=1)
    at_start, at_40, at_end = spread.sel(step=0), spread.sel(step=40), spread.isel(step=-1)

    def by_network(values: xr.DataArray) -> np.ndarray:
        return values.mean("layer").mean("convolutions").sel(network=PLAIN).values

    def by_layer(values: xr.DataArray) -> np.ndarray:
        existing = values.sel(convolutions=SIX).dropna("layer")
        return existing.transpose("layer", "network").values

    seeds = record.sizes["seed"]
    return {
        "fig-3.3.h": {
            "spread_start": by_network(at_start),
            "spread_40": by_network(at_40),
            "spread_end": by_network(at_end),
            "depth": record.convolutions.values,
            **{f"spread_{name}": at_40.sel(network=name).mean("layer").values for name in PLAIN},
            "seeds": seeds,
        },
        "fig-3.3.i": {
            "spread_start": by_layer(at_start),
            "spread_end": by_layer(at_end),
            "seeds": seeds,
        },
    }


def _up_and_down(record: xr.Dataset) -> Quantities:
    """The zig-zag of ResNet over its layers."""
    entropy = record["relative_entropy"]
    bend = second_difference(entropy).mean("convolutions")
    resnet = record.sel(network="resnet")
    inside = resnet["relative_entropy"].where(resnet["block"] == 1)
    bend_1 = second_difference(inside).mean("convolutions")
    after, before = sides_of_additions(resnet, resnet["relative_entropy"])
    later = (after - before).isel(step=slice(1, None)).mean(("step", "convolutions"))
    block_3 = in_block(resnet, resnet["relative_entropy"], 3).mean("convolutions")
    return {
        "fig-3.3.j": {
            "resnet_start": bend.sel(network="resnet", step=0).values,
            "resnet_end": bend.sel(network="resnet").isel(step=-1).values,
            "convnet_start": bend.sel(network="convnet", step=0).values,
        },
        "fig-3.3.k": {"difference": later.values},
        "fig-3.3.l": {
            "zigzag_start": bend_1.sel(step=0).values,
            "zigzag_end": bend_1.isel(step=-1).values,
            "entropy_block_3": block_3.isel(step=-1).values,
        },
    }


def sides_of_additions(
    record: xr.Dataset, values: xr.DataArray
) -> tuple[xr.DataArray, xr.DataArray]:
    """Means over the layers directly after skip additions and over those before; not the first."""
    after = record["after"] == 1
    before = (record["after"] == 0) & (record["layer"] > 1)
    return values.where(after).mean("layer"), values.where(before).mean("layer")


def _at_the_end(record: xr.Dataset) -> Quantities:
    """Figure 3.3, last row."""
    end = record["relative_entropy"].isel(step=-1)
    levels = {number: in_block(record, end, number).mean("convolutions") for number in (1, 2, 3)}
    slopes = {
        number: slope(end.where(record["block"] == number)).mean("convolutions")
        for number in (1, 2, 3)
    }
    changes = end.diff("layer")
    first = record["block"].diff("layer")
    jumps = changes.where(first == 1).min("layer").mean("convolutions")
    typical = abs(changes).median("layer").mean("convolutions")
    last = last_layers(end, 1).mean("convolutions")
    last_start = last_layers(record["relative_entropy"].sel(step=0), 1).mean("convolutions")
    return {
        "fig-3.3.m": {
            "slope_block_1": by_seed(slopes[1].sel(network=PLAIN), "network"),
            "slope_block_2": by_seed(slopes[2].sel(network=PLAIN), "network"),
            **{f"{name}_block_3": slopes[3].sel(network=name).values for name in PLAIN},
        },
        "fig-3.3.n": {f"block_{number}": by_seed(levels[number], "network") for number in levels},
        "fig-3.3.p": {
            **_each(last, "{}_end"),
            "toynet_start": last_start.sel(network="toynet").values,
        },
        "H-fig-2.a": {
            "jump": by_seed(jumps.sel(network=PLAIN), "network"),
            "typical": by_seed(typical.sel(network=PLAIN), "network"),
        },
        "H-txt-2": _each(levels[3]),
    }


def _recovery(record: xr.Dataset) -> Quantities:
    """How much of the entropy is kept, and whether what was lost comes back."""
    mean = record["relative_entropy"].mean("layer").mean("convolutions")
    recovery = slope_after(mean, step_of_minimum(mean)).sel(network=PLAIN)
    return {
        "fig-3.3.o": {
            **_each(mean.min("step") / mean.sel(step=0), "kept_{}"),
            "recovery": by_seed(recovery, "network"),
        }
    }


def _times(record: xr.Dataset, epoch: int) -> dict:
    """When the entropy is measured (figure 3.3, caption and text)."""
    last = int(record.step[-1])
    return {
        "measured_steps": record.step.values,
        "steps_an_epoch": epoch,
        "last_before_drop": last // 2,
        "first_after_drop": last // 2 + 1,
        "last_step": last,
    }
