"""What the records of entropy and depth say (thesis 3.1.5, figures 3.3 to 3.6; article 3.3).

Where a claim speaks of a network without naming its depth, the mean over the depths is taken;
spreads over seeds by layer are those of the networks of 20 layers.
"""

import numpy as np
import xarray as xr

from relu_book.claims import Reading
from relu_book.experiments.curves import (
    apart,
    in_blocks,
    known,
    last_layers,
    rank_correlation,
    second_difference,
    slope,
    slope_after,
)
from relu_book.experiments.layers import sides_of_additions
from relu_book.experiments.pattern_evolution.evolution import list_gigabytes
from relu_book.experiments.pattern_evolution.scales import NETWORKS
from relu_book.experiments.trainings import epoch_of

Quantities = dict[str, dict]
SIX = 6  # convolutions a block of the networks of 20 layers
PLAIN = ["toynet", "convnet"]


def entropy_by_depth_reading(record: xr.Dataset) -> Reading:
    """The claims on figures 3.3 and 3.4, and on figure 3.6 where the record is of FashionMNIST.

    Args:
        record: As ``entropy_by_depth`` measures it.
    """
    networks, epoch = record.sel(network=list(NETWORKS)), epoch_of(record)
    occupancies = _occupancies(networks, epoch)
    quantities = {
        **_at_the_start(networks),
        **_first_steps(networks),
        **_spreads(networks),
        **_up_and_down(networks),
        **_at_the_end(networks),
        "fig-3.3.q": _times(networks, epoch),
        "fig-3.4": occupancies,
        "fig-3.6": occupancies,
    }
    return Reading(quantities, record)


def sides_by_block(record: xr.Dataset) -> xr.DataArray:
    """Relative entropy in ResNet directly after skip additions less that before, block by block.

    Means over the depths and over the checkpoints after the start. Blocks of opposite signs cancel
    in the mean over all layers that the claim fig-3.3.k takes.

    Args:
        record: As ``entropy_by_depth`` measures it.

    Returns:
        By ``block`` (1 to 3) and ``seed``.
    """
    resnet = record.sel(network="resnet")
    later = resnet["relative_entropy"].isel(step=slice(1, None))
    sides = [sides_of_additions(resnet, later.where(resnet["block"] == n)) for n in (1, 2, 3)]
    return xr.concat(sides, xr.Variable("block", [1, 2, 3])).mean(("step", "convolutions"))


def _occupancies(record: xr.Dataset, epoch: int) -> dict:
    """How full the hash lists are at the five times of the figure's caption (figure 3.4)."""
    times = [0, 1, 40, 2 * epoch, int(record.step[-1]) // 2 + 1]
    found = record["occupancy"].sel(step=times).mean(("layer", "convolutions", "seed"))
    return {
        "occupancy": found.transpose("network", "step").values,
        "gigabytes": list_gigabytes(record),
    }


def _at_the_start(record: xr.Dataset) -> Quantities:
    """Figure 3.3, row 1."""
    start = record["relative_entropy"].sel(step=0)
    rise = (last_layers(start, 1) - start.sel(layer=1)).mean("convolutions")
    rho = rank_correlation(start).sel(convolutions=[2, 4, 6])
    convnet = start.sel(network="convnet", convolutions=SIX)
    block = record["block"].sel(network="convnet", convolutions=SIX).isel(seed=0, drop=True)
    second, third = (convnet.sel(layer=block == number) for number in (2, 3))
    over_all = ("network", "convolutions", "layer")
    return {
        "fig-3.3.a": {
            **apart(rho, "network", "rho_{}"),
            "evaluations": np.unique(known(record["evaluations"])),
        },
        "fig-3.3.b": {"smallest": start.min(over_all), "largest": start.max(over_all)},
        "fig-3.3.c": apart(rise, "network", "rise_{}"),
        "fig-3.3.d": {
            "slope_start": slope(second.isel(layer=slice(None, 3))),
            "slope_end": slope(second.isel(layer=slice(-3, None))),
            "jump": third.isel(layer=0) - second.isel(layer=-1),
        },
    }


def _first_steps(record: xr.Dataset) -> Quantities:
    """Figure 3.3, rows 2 and 3, and whether what was lost comes back."""
    mean = record["relative_entropy"].mean("layer").mean("convolutions")
    start, one, eight, forty = (mean.sel(step=step, drop=True) for step in (0, 1, 8, 40))
    return {
        "fig-3.3.e": {"fall_1": start - one, "fall_8": start - eight},
        "fig-3.3.f": apart(start - (one + eight) / 2, "network", "fall_{}"),
        "fig-3.3.g": apart(one - forty, "network", "fall_{}"),
        "fig-3.3.o": {
            **apart(mean.min("step") / start, "network", "kept_{}"),
            "recovery": slope_after(mean, mean.idxmin("step")).sel(network=PLAIN),
        },
    }


def _spreads(record: xr.Dataset) -> Quantities:
    """How far the seeds lie apart."""
    spread = record["relative_entropy"].std("seed", ddof=1)
    at = {"start": spread.sel(step=0), "40": spread.sel(step=40), "end": spread.isel(step=-1)}
    plain = {time: found.mean("layer").sel(network=PLAIN) for time, found in at.items()}
    by_layer = {time: found.sel(convolutions=SIX).dropna("layer") for time, found in at.items()}
    seeds = record.sizes["seed"]
    return {
        "fig-3.3.h": {
            **{f"spread_{time}": found.mean("convolutions") for time, found in plain.items()},
            "depth": record.convolutions,
            **apart(plain["40"], "network", "spread_{}"),
            "seeds": seeds,
        },
        "fig-3.3.i": {
            **{
                f"spread_{time}": by_layer[time].transpose("layer", ...)
                for time in ("start", "end")
            },
            "seeds": seeds,
        },
    }


def _up_and_down(record: xr.Dataset) -> Quantities:
    """The zig-zag of ResNet over its layers."""
    bend = second_difference(record["relative_entropy"]).mean("convolutions")
    resnet = record.sel(network="resnet")
    entropy, block = resnet["relative_entropy"], resnet["block"]
    bend_1 = second_difference(entropy.where(block == 1)).mean("convolutions")
    block_3 = in_blocks(entropy, block).sel(block=3).mean("convolutions")
    sides = sides_of_additions(resnet, entropy).isel(step=slice(1, None))
    return {
        "fig-3.3.j": {
            "resnet_start": bend.sel(network="resnet", step=0),
            "resnet_end": bend.sel(network="resnet").isel(step=-1),
            "convnet_start": bend.sel(network="convnet", step=0),
        },
        "fig-3.3.k": {"difference": sides.mean(("step", "convolutions"))},
        "fig-3.3.l": {
            "zigzag_start": bend_1.sel(step=0),
            "zigzag_end": bend_1.isel(step=-1),
            "entropy_block_3": block_3.isel(step=-1),
        },
    }


def _at_the_end(record: xr.Dataset) -> Quantities:
    """Figure 3.3, last row."""
    end, block = record["relative_entropy"].isel(step=-1), record["block"]
    levels = in_blocks(end, block).mean("convolutions")
    slopes = {
        number: slope(end.where(block == number)).mean("convolutions").sel(network=PLAIN)
        for number in (1, 2, 3)
    }
    changes = end.diff("layer")
    jumps = changes.where(block.diff("layer") == 1).min("layer")
    last = last_layers(end, 1).mean("convolutions")
    last_start = last_layers(record["relative_entropy"].sel(step=0), 1).mean("convolutions")
    return {
        "fig-3.3.m": {
            "slope_block_1": slopes[1],
            "slope_block_2": slopes[2],
            **apart(slopes[3], "network", "{}_block_3"),
        },
        "fig-3.3.n": apart(levels, "block", "block_{}"),
        "fig-3.3.p": {
            **apart(last, "network", "{}_end"),
            "toynet_start": last_start.sel(network="toynet"),
        },
        "H-fig-2.a": {
            "jump": jumps.mean("convolutions").sel(network=PLAIN),
            "typical": abs(changes).median("layer").mean("convolutions").sel(network=PLAIN),
        },
        "H-txt-2": apart(levels.sel(block=3), "network"),
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
