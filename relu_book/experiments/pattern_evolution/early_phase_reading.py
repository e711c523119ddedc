"""What the record of the early phase says (thesis 3.1.4 and 3.1.7, figure 3.1; article 3.2)."""

import numpy as np
import xarray as xr

from relu_book.claims import Reading
from relu_book.experiments.curves import (
    apart,
    in_blocks,
    known,
    slope,
    slope_after,
    time_mean,
)
from relu_book.experiments.pattern_evolution.evolution import list_gigabytes, net_changes
from relu_book.experiments.pattern_evolution.scales import NETWORKS
from relu_book.experiments.pattern_evolution.strikes import strikes

FULL_SIZE = 50_000 * 4 * 4 * 16  # evaluations of the last block for 50,000 images of 32 x 32
Quantities = dict[str, dict]


def early_phase_reading(record: xr.Dataset) -> Reading:
    """The claims on figure 3.1 and on the first steps.

    Args:
        record: As ``early_phase`` measures it, five seeds or more of the three networks.
    """
    networks = record.sel(network=list(NETWORKS))
    quantities = {
        **_numbers(networks),
        **_changes(networks),
        **strikes(net_changes(networks)),
        **_frequencies(networks),
        **_similarities(networks),
        **_entropies(networks),
        "txt-3.1.3.2": occupancies(networks),
    }
    return Reading(quantities, record)


def occupancies(record: xr.Dataset) -> dict:
    """How full the hash lists of the thesis's size were, and their memory a run in gigabytes."""
    return {"occupancy": known(record["occupancy"]), "gigabytes": list_gigabytes(record)}


def _numbers(record: xr.Dataset) -> Quantities:
    """Figure 3.1, column 1: the number of distinct patterns; when it has settled (3.1.7)."""
    distinct, block, last = record["distinct"], record["block"], int(record.step[-1])
    share = (distinct / record["evaluations"]).sel(step=0, network="toynet")
    most = distinct.sel(network="toynet").max("layer")
    blocks = in_blocks(distinct, block)
    last_block = blocks.sel(network="toynet", block=3, step=slice(10, 200))
    typical = distinct.median("step")
    both = record.sel(network=["convnet", "resnet"])
    possible = np.minimum(2.0 ** both["width"], both["evaluations"])
    normalised = in_blocks(both["distinct"] / possible, both["block"]).mean("seed")
    plain = blocks.sel(network=both.network)
    mean = distinct.mean("layer")
    minimum = mean.idxmin("step")
    return {
        "fig-3.1.a": {
            "orders": np.log10(typical.max("layer") / typical.min("layer")),
            "full_size": float(record["evaluations"].min()) >= FULL_SIZE,
        },
        "fig-3.1.b": {
            "share_first_block": share.where(block == 1).max("layer").sel(network="toynet"),
            "share_last_block": share.where(block == 3).max("layer").sel(network="toynet"),
        },
        "fig-3.1.c": {
            "most_before": most.sel(step=0),
            "most_after": most.sel(step=1),
            "most_after_five": most.sel(step=5),
        },
        "fig-3.1.d": {
            "change": (last_block.max("step") - last_block.min("step")) / last_block.mean("step")
        },
        "fig-3.1.e": {
            **apart(plain.sel(network="convnet"), "block", "convnet_block_{}"),
            **apart(plain.sel(network="resnet"), "block", "resnet_block_{}"),
            "normalised_lowest": (normalised.idxmin("block") == 1).stack(
                checkpoint=("network", "step")
            ),
        },
        "fig-3.1.f": apart(time_mean(plain, 2 / 3 * last, last), "block", "block_{}"),
        "fig-3.1.g": {
            "time_of_minimum": 100 * minimum / last,
            "slope_after": slope_after(mean, minimum),
        },
        "fig-3.1.z": apart(_settled(distinct, last), "network", "change_{}"),
    }


def _settled(distinct: xr.DataArray, last: int) -> xr.DataArray:
    """Mean absolute relative change in 100 steps after the first 23 % of the run, by layer."""
    counted = set(distinct.step.values.tolist())
    starts = [step for step in range(-(-last * 23 // 100), last) if {step, step + 100} <= counted]
    before = distinct.sel(step=starts)
    after = distinct.sel(step=[step + 100 for step in starts]).assign_coords(step=starts)
    return (abs(after - before) / before).mean("step")


def _changes(record: xr.Dataset) -> Quantities:
    """Figure 3.1, column 2: how many patterns change with a step."""
    change = abs(net_changes(record))
    mean, last = change.mean("layer"), float(record.step[-1])
    variation = change.std(("layer", "step")) / change.mean(("layer", "step"))
    middle = in_blocks(change, record["block"]).sel(block=2, step=slice(10, 500))
    absent = record["absent_start"].sel(network="toynet", step=5)
    return {
        "fig-3.1.h": {
            "early_change": time_mean(mean, 1, 10),
            "later_change": time_mean(mean, 100, 200),
        },
        "fig-3.1.l": {"absent": absent.mean("layer")},
        "fig-3.1.m": apart(variation.sel(network=["toynet", "resnet"]), "network", "variation_{}"),
        "fig-3.1.x": {"slope_of_change": slope(middle)},
        "fig-3.1.aa": {
            name: time_mean(mean, number * last / 3, (number + 1) * last / 3)
            for number, name in enumerate(("first_third", "middle_third", "last_third"))
        },
    }


def _frequencies(record: xr.Dataset) -> Quantities:
    """Figure 3.1, column 3: the share of the most frequent pattern."""
    share, entropy = record["max_frequency"], record["relative_entropy"].mean("layer")
    later = share.sel(network="toynet").where(share.step > 100).max("step")
    early = time_mean(share.mean("layer"), 1, 300)
    lower = time_mean(share.sel(layer=slice(1, 3)).mean("layer"), 301, np.inf)
    convnet = share.sel(network="convnet")
    peak = convnet.max(("layer", "step"))
    layer_of_peak = convnet.max("step").argmax("layer")
    deep = share.sel(layer=slice(2, None)).where(share.step > 300).max(("layer", "step"))
    at_end = share.isel(step=-1).where(record["block"] == 3).max("layer")
    step_of_peak = share.mean("layer").sel(step=slice(0, 500)).idxmax("step")
    return {
        "fig-3.1.n": {
            "deeper_layers": later.sel(layer=slice(2, None)),
            "first_layer": later.sel(layer=1),
        },
        "fig-3.1.o": {
            **apart(early, "network", "share_{}"),
            **apart(lower, "network", "first_layers_{}"),
        },
        "fig-3.1.p": {
            "peak": peak,
            "share_at_end": convnet.isel(step=-1).isel(layer=layer_of_peak),
        },
        "fig-3.1.q": {"largest_share": deep},
        "fig-3.1.r": {
            "largest_share": at_end,
            "evaluations": int(record["evaluations"].min()),
        },
        "fig-3.1.y": {
            "step_of_peak": step_of_peak,
            "slope_of_entropy": slope_after(entropy, step_of_peak),
        },
    }


def _similarities(record: xr.Dataset) -> Quantities:
    """Figure 3.1, column 4: the weighted Jaccard index with the start."""
    similarity, last = record["similarity_start"], int(record.step[-1])
    mean = similarity.mean("layer")
    lowest = mean.sel(step=slice(1, 100)).min("step")
    later = time_mean(mean, 20, last)
    both = mean.sel(network=["convnet", "resnet"])
    blocks = time_mean(in_blocks(similarity, record["block"]), 20, last).sel(network=both.network)
    return {
        "fig-3.1.s": {
            "step_of_maximum": mean.sel(step=slice(1, None)).idxmax("step"),
            "similarity_1": mean.sel(step=1),
            "similarity_50": mean.sel(step=50),
        },
        "fig-3.1.t": {"lowest_similarity": lowest.sel(network="toynet")},
        "fig-3.1.u": {"lowest_similarity": lowest.sel(network="resnet")},
        "fig-3.1.v": apart(later, "network", "similarity_{}"),
        "fig-3.1.w": {
            "similarity_end": both.isel(step=-1),
            "lowest_similarity": both.min("step"),
        },
        "H-fig-1.a": apart(blocks, "block", "block_{}"),
        "H-fig-1.b": {
            **apart(later.sel(network=both.network), "network"),
            **apart(blocks.sel(block=1), "network", "{}_block_1"),
            **apart(blocks.sel(block=[2, 3]), "network", "{}_others"),
        },
        "H-txt-1": {
            "similarity_phase": time_mean(mean, 50, 700),
            "similarity_later": time_mean(mean, 701, last),
        },
    }


def _entropies(record: xr.Dataset) -> Quantities:
    """The entropy during the first ten steps (thesis 3.1.7)."""
    entropy = record["relative_entropy"]
    change = entropy.sel(step=10) - entropy.sel(step=0)
    return {"txt-3.1.7.2": apart(change, "network", "change_{}")}
