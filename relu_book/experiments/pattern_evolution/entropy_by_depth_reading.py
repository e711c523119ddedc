"""What the records of entropy and depth say (thesis 3.1.5, figures 3.3 to 3.6; article 3.3).

Where a rule asks for sizes, its quantities stand by number of counted images. Where a claim speaks
of a network without naming its depth, the mean over the depths is taken; medians over layers and
ranks within blocks are those of the networks of 20 layers.
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
    time_mean,
)
from relu_book.experiments.layers import sides_of_additions
from relu_book.experiments.pattern_evolution.evolution import (
    MEMORY,
    compared,
    list_gigabytes,
    places_for,
)
from relu_book.experiments.pattern_evolution.scales import NETWORKS, TINY_IMAGENET
from relu_book.experiments.trainings import by_size, epoch_of
from relu_book.patterns.hash_list import prime_size

Quantities = dict[str, dict]
SIX = 6  # convolutions a block of the networks of 20 layers
PLAIN = ["toynet", "convnet"]
BLOCKS = (1, 2, 3)
# Evaluations of a first layer in the source's experiment on its second data set (figure 3.5).
TINY_EVALUATIONS = TINY_IMAGENET["measured_images"] * TINY_IMAGENET["size"] ** 2


def entropy_by_depth_reading(record: xr.Dataset) -> Reading:
    """The claims on figures 3.3 and 3.4, and on figure 3.6 where the record is of FashionMNIST.

    Args:
        record: As ``entropy_by_depth`` measures it.
    """
    networks, epoch = by_size(record.sel(network=list(NETWORKS))), epoch_of(record)
    largest = networks.isel(size=-1)
    quantities = {
        **_at_the_start(networks),
        **_first_steps(networks),
        **_deviations(networks),
        **_up_and_down(networks),
        **_at_the_end(networks),
        "fig-3.3.q": _times(networks, epoch),
        "fig-3.4": {
            "occupancy": _at_the_times(largest["occupancy"], epoch),
            "gigabytes": list_gigabytes(largest),
        },
        "fig-3.6": _in_tiny_proportion(largest, epoch),
    }
    return Reading(quantities, record)


def sides_by_block(record: xr.Dataset) -> xr.DataArray:
    """Relative entropy in ResNet directly after skip additions less that before, block by block.

    Means over the depths and over the checkpoints after the start. Blocks of opposite signs cancel
    in a mean over all layers.

    Args:
        record: As ``entropy_by_depth`` measures it.

    Returns:
        By ``block`` (1 to 3) and ``seed``.
    """
    resnet = record.sel(network="resnet")
    later = resnet["relative_entropy"].isel(step=slice(1, None))
    sides = [sides_of_additions(resnet, later.where(resnet["block"] == n)) for n in BLOCKS]
    return xr.concat(sides, xr.Variable("block", list(BLOCKS))).mean(("step", "convolutions"))


def _at(record: xr.Dataset, *steps: int) -> xr.Dataset:
    """The counts after some steps."""
    return record[["distinct", "evaluations"]].sel(step=list(steps))


def _last_layer(record: xr.Dataset) -> xr.DataArray:
    """Which layer is the last one that a network has."""
    return record["layer"] == record["block"].notnull().sum("layer")


def _at_the_times(occupancy: xr.DataArray, epoch: int) -> np.ndarray:
    """Mean over layers, networks by the five times of the figure's caption (figure 3.4)."""
    times = [0, 1, 40, 2 * epoch, int(occupancy.step[-1]) // 2 + 1]
    found = occupancy.sel(step=times).mean(("layer", "convolutions", "seed"))
    return found.transpose("network", "step").values


def _in_tiny_proportion(record: xr.Dataset, epoch: int) -> dict:
    """Figure 3.6: hash lists that have as many places an evaluation as the source's had for it.

    80 GB for 100,000 pictures of 64 x 64 pixels are an eighth of the places an evaluation that they
    are for CIFAR-10. The share of places that the counted patterns take is that of an ideal list,
    1 - exp(-patterns / places); lists that were filled in these records, with a little more than as
    many places, differ from it by less than 0.003.
    """
    most = float(record["evaluations"].max())
    places = prime_size(places_for(MEMORY["80 GB"], most, TINY_EVALUATIONS))
    return {
        "occupancy": _at_the_times(-np.expm1(-record["distinct"] / places), epoch),
        "gigabytes": list_gigabytes(record, TINY_EVALUATIONS),
    }


def _at_the_start(record: xr.Dataset) -> Quantities:
    """Figure 3.3, row 1."""
    start, counts = record["relative_entropy"].sel(step=0), _at(record, 0)
    rise = (last_layers(start, 1) - start.sel(layer=1)).mean("convolutions")
    depths = [2, 4, 6]
    rho = rank_correlation(start).sel(convolutions=depths)
    twenty = record.sel(convolutions=SIX)
    within = sum(
        rank_correlation(twenty["relative_entropy"].sel(step=0).where(twenty["block"] == number))
        for number in BLOCKS
    ) / len(BLOCKS)
    convnet = twenty.sel(network="convnet")
    block = convnet["block"].isel(size=0, seed=0, drop=True, missing_dims="ignore")
    entropy = convnet["relative_entropy"].sel(step=0)
    second, third = (entropy.sel(layer=block == number) for number in (2, 3))
    layers = [*second.layer.values, third.layer.values[0]]
    over_all = ("network", "convolutions", "layer")
    ends = (record["layer"] == 1) | _last_layer(record)
    return {
        "fig-3.3.a": {
            **apart(rho, "network", "rho_{}"),
            "evaluations": _by_layer(record["evaluations"]),
            **apart(within, "network", "within_{}"),
            **compared(counts.sel(convolutions=depths)),
        },
        "fig-3.3.b": {
            "smallest": start.min(over_all),
            "largest": start.max(over_all),
            **compared(counts),
        },
        "fig-3.3.c": apart(rise, "network", "rise_{}") | compared(counts.where(ends)),
        "fig-3.3.d": {
            "slope_start": slope(second.isel(layer=slice(None, 3))),
            "slope_end": slope(second.isel(layer=slice(-3, None))),
            "jump": third.isel(layer=0, drop=True) - second.isel(layer=-1, drop=True),
            **compared(_at(convnet, 0).sel(layer=layers)),
        },
    }


def _by_layer(evaluations: xr.DataArray) -> xr.DataArray:
    """The different numbers of evaluations that layers have, by size."""
    rows = [np.unique(known(each)) for each in evaluations]
    return xr.DataArray(np.array(rows), dims=("size", "layer"))


def _first_steps(record: xr.Dataset) -> Quantities:
    """Figure 3.3, rows 2 and 3, and whether what was lost comes back."""
    mean = record["relative_entropy"].mean("layer").mean("convolutions")
    start, one, eight, forty = (mean.sel(step=step, drop=True) for step in (0, 1, 8, 40))
    plain = mean.sel(network=PLAIN)
    end, first_steps = plain.isel(step=-1, drop=True), compared(_at(record, 0, 1, 8))
    return {
        "fig-3.3.e": {"fall_1": start - one, "fall_8": start - eight, **first_steps},
        "fig-3.3.f": apart(start - (one + eight) / 2, "network", "fall_{}") | first_steps,
        "fig-3.3.g": apart(one - forty, "network", "fall_{}") | compared(_at(record, 1, 40)),
        "fig-3.3.o": {
            **apart(mean.min("step") / start, "network", "kept_{}"),
            "regained": end - time_mean(plain, 20, 100),
            **compared(record),
        },
    }


def _deviations(record: xr.Dataset) -> Quantities:
    """How far the seeds lie from their mean."""
    entropy, last = record["relative_entropy"], int(record.step[-1])
    distance = abs(entropy - entropy.mean("seed"))
    times = {"start": 0, "40": 40, "end": last}
    by_depth = distance.mean("layer").sel(network=PLAIN)
    plain, twenty = by_depth.mean("convolutions"), record.sel(convolutions=SIX)
    typical = distance.sel(convolutions=SIX).median("layer")
    return {
        "fig-3.3.h": {
            "depth": record["convolutions"],
            **{f"deviation_{name}": plain.sel(step=step) for name, step in times.items()},
            **apart(by_depth.sel(step=40), "network", "deviation_{}"),
            **compared(_at(record.sel(network=PLAIN), 0, 40, last)),
        },
        "fig-3.3.i": {
            **{f"deviation_{name}": typical.sel(step=times[name]) for name in ("start", "end")},
            **compared(_at(twenty, 0, last)),
        },
    }


def _up_and_down(record: xr.Dataset) -> Quantities:
    """The zig-zag of ResNet over its layers."""
    bend = second_difference(record["relative_entropy"]).mean("convolutions")
    resnet, last = record.sel(network="resnet"), int(record.step[-1])
    entropy, block = resnet["relative_entropy"], resnet["block"]
    bend_1 = second_difference(entropy.where(block == 1)).mean("convolutions")
    block_3 = in_blocks(entropy, block).sel(block=3).mean("convolutions")
    return {
        "fig-3.3.j": {
            "resnet_start": bend.sel(network="resnet", step=0),
            "resnet_end": bend.sel(network="resnet").isel(step=-1),
            "convnet_start": bend.sel(network="convnet", step=0),
            **compared(_at(resnet, 0, last), _at(record.sel(network="convnet"), 0)),
        },
        "fig-3.3.k": {
            **apart(sides_by_block(record), "block", "block_{}"),
            **compared(resnet.isel(step=slice(1, None)).sel(layer=slice(2, None))),
        },
        "fig-3.3.l": {
            "zigzag_start": bend_1.sel(step=0),
            "zigzag_end": bend_1.isel(step=-1),
            "entropy_block_3": block_3.isel(step=-1),
            **compared(_at(resnet, 0, last).where(block == 1), _at(resnet, last).where(block == 3)),
        },
    }


def _at_the_end(record: xr.Dataset) -> Quantities:
    """Figure 3.3, last row."""
    end, block, last_step = (
        record["relative_entropy"].isel(step=-1),
        record["block"],
        record.step[-1],
    )
    counts, toynet = _at(record, int(last_step)), record.sel(network="toynet")
    levels = in_blocks(end, block).mean("convolutions")
    slopes = {
        number: slope(end.where(block == number)).mean("convolutions").sel(network=PLAIN)
        for number in BLOCKS
    }
    changes = end.diff("layer")
    jumps = changes.where(block.diff("layer") == 1).min("layer")
    last = last_layers(end, 1).mean("convolutions")
    last_start = last_layers(record["relative_entropy"].sel(step=0), 1).mean("convolutions")
    plain = compared(counts.sel(network=PLAIN))
    return {
        "fig-3.3.m": {
            "slope_block_1": slopes[1],
            "slope_block_2": slopes[2],
            **apart(slopes[3], "network", "{}_block_3"),
            **plain,
        },
        "fig-3.3.n": apart(levels, "block", "block_{}") | compared(counts),
        "fig-3.3.p": {
            **apart(last, "network", "{}_end"),
            "toynet_start": last_start.sel(network="toynet"),
            **compared(
                counts.where(_last_layer(record)), _at(toynet, 0).where(_last_layer(toynet))
            ),
        },
        "H-fig-2.a": {
            "jump": jumps.mean("convolutions").sel(network=PLAIN),
            "typical": abs(changes).median("layer").mean("convolutions").sel(network=PLAIN),
            **plain,
        },
        "H-txt-2": {
            **apart(levels.sel(block=3), "network"),
            **compared(counts.where(block == 3)),
        },
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
