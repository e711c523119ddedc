"""What the record of the early phase says (thesis 3.1.4 and 3.1.7, figure 3.1; article 3.2).

Where a rule asks for sizes, its quantities stand by number of counted images; printed numbers are
read at the largest. Means over time are trapezoidal, so steps need not be counted one by one; net
changes are known where the step before was counted too.
"""

import numpy as np
import xarray as xr

from relu_book.claims import Reading
from relu_book.experiments.curves import apart, in_blocks, known, slope, time_mean
from relu_book.experiments.pattern_evolution.evolution import (
    compared,
    list_gigabytes,
    net_changes,
)
from relu_book.experiments.pattern_evolution.scales import NETWORKS, PAPER
from relu_book.experiments.pattern_evolution.strikes import AFTER, strikes
from relu_book.experiments.trainings import by_size, settings_of

FULL_SIZE = 50_000 * 4 * 4 * 16  # evaluations of the last block for 50,000 images of 32 x 32
PLAIN_AND_RESIDUAL = ["convnet", "resnet"]
Quantities = dict[str, dict]


def early_phase_reading(record: xr.Dataset) -> Reading:
    """The claims on figure 3.1 and on the first steps.

    A claim whose steps were not counted is not read: fig-3.1.s needs step 50, fig-3.1.z counts that
    lie 100 steps apart.

    Args:
        record: As ``early_phase`` measures it, five seeds or more of the three networks.
    """
    networks = by_size(record.sel(network=list(NETWORKS)))
    largest = networks.isel(size=-1)
    of_source = settings_of(record)["size"] >= PAPER["size"]
    images = {"images": int(largest["size"]) if of_source else 0}
    quantities = {
        **_printed_numbers(largest, images),
        **_numbers(networks),
        **_changes(networks),
        **_strikes(networks),
        **_frequencies(largest),
        **_weights(networks),
        **_printed_similarities(largest, images),
        **_first_similarities(networks),
        **_similarities(networks),
        **_entropies(networks),
        "txt-3.1.3.2": occupancies(largest),
    }
    return Reading(quantities, record)


def occupancies(record: xr.Dataset) -> dict:
    """How full the hash lists of the thesis's size were, and their memory a run in gigabytes."""
    return {"occupancy": known(record["occupancy"]), "gigabytes": list_gigabytes(record)}


def _at(record: xr.Dataset, *times: tuple[float, float]) -> xr.Dataset:
    """The counts at the steps of some stretches of time, their ends included."""
    step = record["step"]
    chosen = sum((step >= first) & (step <= last) for first, last in times) > 0
    return record[["distinct", "evaluations", "block"]].sel(step=chosen)


def _in_block(record: xr.Dataset, number: int) -> xr.Dataset:
    return record.where(record["block"] == number)


def _changed(record: xr.Dataset, first: float = 1, last: float = np.inf) -> xr.Dataset:
    """The counts after the steps whose net change is known, in a stretch of time."""
    return _at(record.sel(step=net_changes(record)["step"]), (first, last))


def _printed_numbers(record: xr.Dataset, images: dict[str, int]) -> Quantities:
    """Figure 3.1, column 1: what the source prints of the number of distinct patterns."""
    distinct, block = record["distinct"], record["block"]
    share = (distinct / record["evaluations"]).sel(step=0, network="toynet")
    most = distinct.sel(network="toynet").max("layer")
    typical = distinct.median("step")
    return {
        "fig-3.1.a": {
            "orders": np.log10(typical.max("layer") / typical.min("layer")),
            "full_size": float(record["evaluations"].min()) >= FULL_SIZE,
        },
        "fig-3.1.b": {
            "share_first_block": share.where(block == 1).max("layer").sel(network="toynet"),
            "share_last_block": share.where(block == 3).max("layer").sel(network="toynet"),
            **images,
        },
        "fig-3.1.c": {
            "most_before": most.sel(step=0),
            "most_after": most.sel(step=1),
            "most_after_five": most.sel(step=5),
            **images,
        },
    }


def _numbers(record: xr.Dataset) -> Quantities:
    """Figure 3.1, column 1: the number of distinct patterns; when it has settled (3.1.7)."""
    distinct, last = record["distinct"], int(record.step[-1])
    blocks = in_blocks(distinct, record["block"])
    last_block = blocks.sel(network="toynet", block=3, step=slice(10, 200))
    plain = blocks.sel(network=PLAIN_AND_RESIDUAL)
    both, toynet = record.sel(network=PLAIN_AND_RESIDUAL), record.sel(network="toynet")
    mean, average = distinct.mean("layer"), plain.mean("step")
    early, late = time_mean(mean, 20, 200), time_mean(mean, 0.9 * last, last)
    return {
        "fig-3.1.d": {
            "change": (last_block.max("step") - last_block.min("step")) / last_block.mean("step"),
            **compared(_in_block(_at(toynet, (10, 200)), 3)),
        },
        "fig-3.1.e": {
            **apart(average.sel(network="convnet"), "block", "convnet_block_{}"),
            **apart(average.sel(network="resnet"), "block", "resnet_block_{}"),
            **compared(both),
        },
        "fig-3.1.f": {
            **apart(time_mean(plain, 2 / 3 * last, last), "block", "block_{}"),
            **compared(_at(both, (2 / 3 * last, last))),
        },
        "fig-3.1.g": {
            "fall": mean.sel(step=0, drop=True) - early,
            "rise": late - early,
            **compared(_at(record, (0, 0), (20, 200), (0.9 * last, last))),
        },
        **_settled(record, last),
    }


def _settled(record: xr.Dataset, last: int, within: int = 100) -> Quantities:
    """fig-3.1.z: layers that change by less than 5 % in 100 steps after 23 % of the run.

    The change of a layer is the mean over all pairs of counted steps that lie 100 apart; nothing
    where there are none.
    """
    counted = set(record.step.values.tolist())
    starts = [
        step for step in range(-(-last * 23 // 100), last) if {step, step + within} <= counted
    ]
    if not starts:
        return {}
    ends = [step + within for step in starts]
    before = record["distinct"].sel(step=starts)
    after = record["distinct"].sel(step=ends).assign_coords(step=starts)
    change = (abs(after - before) / before).mean("step")
    settled = (change < 0.05).where(change.notnull()).mean("layer")
    pairs = record.sel(step=sorted({*starts, *ends}))
    return {"fig-3.1.z": {"settled": settled, **compared(pairs)}}


def _changes(record: xr.Dataset) -> Quantities:
    """Figure 3.1, column 2: how many patterns change with a step."""
    change = abs(net_changes(record))
    mean, last = change.mean("layer"), float(record.step[-1])
    toynet, evenly = record.sel(network="toynet"), record.sel(network=["toynet", "resnet"])
    variation = change.std(("layer", "step")) / change.mean(("layer", "step"))
    middle = in_blocks(change, record["block"]).sel(block=2, step=slice(10, 500))
    absent = toynet["absent_start"].sel(step=5)
    return {
        "fig-3.1.h": {
            "early_change": time_mean(mean, 1, 10),
            "later_change": time_mean(mean, 100, 200),
            **compared(_changed(record, 1, 10), _changed(record, 100, 200)),
        },
        "fig-3.1.l": {"absent": absent.mean("layer"), **compared(_at(toynet, (0, 0), (5, 5)))},
        "fig-3.1.m": {
            **apart(variation.sel(network=evenly.network), "network", "variation_{}"),
            **compared(_changed(evenly)),
        },
        "fig-3.1.x": {
            "slope_of_change": slope(middle),
            **compared(_in_block(_changed(record, 10, 500), 2)),
        },
        "fig-3.1.aa": {
            **{
                name: time_mean(mean, number * last / 3, (number + 1) * last / 3)
                for number, name in enumerate(("first_third", "middle_third", "last_third"))
            },
            **compared(_changed(record)),
        },
    }


def _strikes(record: xr.Dataset) -> Quantities:
    """Figure 3.1, column 2: single steps that change all layers at once."""
    enough = compared(_changed(record, AFTER + 1))
    return {name: found | enough for name, found in strikes(net_changes(record)).items()}


def _frequencies(record: xr.Dataset) -> Quantities:
    """Figure 3.1, column 3: the share of the most frequent pattern."""
    share = record["max_frequency"]
    later = share.sel(network="toynet").where(share.step > 100).max("step")
    early = time_mean(share.mean("layer"), 1, 300)
    lower = time_mean(share.sel(layer=slice(1, 3)).mean("layer"), 301, np.inf)
    convnet = share.sel(network="convnet")
    peak = convnet.max(("layer", "step"))
    layer_of_peak = convnet.max("step").argmax("layer")
    deep = share.sel(layer=slice(2, None)).where(share.step > 300).max(("layer", "step"))
    at_end = share.isel(step=-1).where(record["block"] == 3).max("layer")
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
    }


def _weights(record: xr.Dataset) -> Quantities:
    """How long the most frequent pattern gains weight, and whether the entropy then rises."""
    entropy, last = record["relative_entropy"].mean("layer"), float(record.step[-1])
    rise = time_mean(entropy, 0.9 * last, last) - time_mean(entropy, 1, 500)
    return {
        "fig-3.1.y": {
            "step_of_peak": record["max_frequency"].mean("layer").idxmax("step"),
            "entropy_rise": rise,
            **compared(record),
        },
    }


def _printed_similarities(record: xr.Dataset, images: dict[str, int]) -> Quantities:
    """Figure 3.1, column 4: what the source prints of the similarity with the start."""
    lowest = record["similarity_start"].mean("layer").sel(step=slice(1, 100)).min("step")
    return {
        claim: {"lowest_similarity": lowest.sel(network=network), **images}
        for claim, network in (("fig-3.1.t", "toynet"), ("fig-3.1.u", "resnet"))
    }


def _first_similarities(record: xr.Dataset, later: int = 50) -> Quantities:
    """fig-3.1.s: when the similarity is largest, and whether it is less after 50 steps."""
    mean = record["similarity_start"].mean("layer")
    if later not in mean.step:
        return {}
    return {
        "fig-3.1.s": {
            "step_of_maximum": mean.sel(step=slice(1, None)).idxmax("step"),
            "similarity_1": mean.sel(step=1),
            "similarity_50": mean.sel(step=later),
            **compared(record),
        }
    }


def _similarities(record: xr.Dataset) -> Quantities:
    """Figure 3.1, column 4: the weighted Jaccard index with the start."""
    similarity, last = record["similarity_start"], int(record.step[-1])
    mean, start = similarity.mean("layer"), (0, 0)
    later = time_mean(mean, 20, last)
    both = record.sel(network=PLAIN_AND_RESIDUAL)
    two = mean.sel(network=PLAIN_AND_RESIDUAL)
    blocks = time_mean(in_blocks(similarity, record["block"]), 20, last).sel(network=two.network)
    lead = blocks.sel(network="resnet") - blocks.sel(network="convnet")
    both_later = compared(_at(both, start, (20, last)))
    return {
        "fig-3.1.v": {
            **apart(later, "network", "similarity_{}"),
            **compared(_at(record, start, (20, last))),
        },
        "fig-3.1.w": {
            "similarity_end": two.isel(step=-1),
            "similarity_early": time_mean(two, 20, 200),
            **compared(_at(both, start, (20, 200), (last, last))),
        },
        "H-fig-1.a": apart(blocks, "block", "block_{}") | both_later,
        "H-fig-1.b": {
            **apart(later.sel(network=two.network), "network"),
            **apart(blocks.sel(block=1), "network", "{}_block_1"),
            "lead": lead.sel(block=1, drop=True) - lead.sel(block=[2, 3]),
            **both_later,
        },
        "H-txt-1": {
            "similarity_phase": time_mean(mean, 50, 700),
            "similarity_later": time_mean(mean, 701, last),
            **compared(_at(record, start, (50, last))),
        },
    }


def _entropies(record: xr.Dataset) -> Quantities:
    """The entropy during the first ten steps (thesis 3.1.7)."""
    entropy = record["relative_entropy"]
    change = entropy.sel(step=10) - entropy.sel(step=0)
    falling = (change < 0).where(change.notnull()).mean("layer")
    return {"txt-3.1.7.2": {"falling": falling, **compared(_at(record, (0, 0), (10, 10)))}}
