"""What the records of the first steps say (thesis 3.1.4 and 3.1.7, figure 3.1; article 3.2).

Where a rule asks for sizes, its quantities stand by number of counted images; printed numbers are
read at the largest. Means over time are trapezoidal, so steps need not be counted one by one; net
changes are known where the step before was counted too. ``first_steps_reading`` uses the same
mapping.
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

PLAIN_AND_RESIDUAL = ["convnet", "resnet"]
Quantities = dict[str, dict]


def early_phase_reading(record: xr.Dataset) -> Reading:
    """The claims on figure 3.1 and on the first steps, from steps that were counted one by one.

    Strikes and hash lists are decided by this record; the others are read to be compared with those
    of a second data set.

    Args:
        record: As ``early_phase`` measures it, five seeds or more of the three networks.
    """
    networks = by_size(record.sel(network=list(NETWORKS)))
    largest = networks.isel(size=-1)
    quantities = {
        **figure_3_1(networks, networks, images_of_source_size(record, networks)),
        **_strikes(networks),
        "txt-3.1.3.2": occupancies(largest),
    }
    return Reading(quantities, record)


def images_of_source_size(record: xr.Dataset, counted: xr.Dataset) -> int:
    """The largest number of counted images if they are of the source's size, else 0."""
    of_source = settings_of(record)["size"] >= PAPER["size"]
    return int(counted["size"][-1]) if of_source else 0


def figure_3_1(often: xr.Dataset, counted: xr.Dataset, images: int) -> Quantities:
    """The quantities of the claims on figure 3.1, but for strikes, and on the first steps.

    A claim whose steps were not counted is not read: fig-3.1.z needs counts that lie 100 steps
    apart, fig-3.1.aa changes of single steps in each third.

    Args:
        often: By ``size``, at all counted steps: for changes of single steps, for settling and for
            frequent patterns.
        counted: By ``size``, at the steps at which most images were counted: for numbers of
            patterns, similarity and entropy.
        images: Images of the source's size that were counted there.
    """
    largest = counted.isel(size=-1)
    most = {"images": counted["size"].values, "most_images": images}
    return {
        **_printed_numbers(largest, images),
        **_printed_similarities(largest, images),
        **{name: found | most for name, found in _levels(counted, often).items()},
        **_changes(often),
        **_by_thirds(often),
        **_settled(often),
        **_frequencies(often.isel(size=-1)),
        "fig-3.1.r": _rarest(largest),
    }


def occupancies(record: xr.Dataset) -> dict:
    """How full the hash lists of the thesis's size were, and their memory a run in gigabytes."""
    return {"occupancy": known(record["occupancy"]), "gigabytes": list_gigabytes(record)}


def _changed(record: xr.Dataset, *times: tuple[float, float]) -> xr.Dataset:
    """The counts after the steps whose net change is known, in some stretches of time."""
    step = net_changes(record)["step"]
    chosen = sum((step >= first) & (step <= last) for first, last in times) > 0
    return record[["distinct", "evaluations", "block"]].sel(step=step[chosen])


def _printed_numbers(record: xr.Dataset, images: int) -> Quantities:
    """Figure 3.1, column 1: what the source prints of the number of distinct patterns."""
    distinct, block = record["distinct"], record["block"]
    share = (distinct / record["evaluations"]).sel(step=0, network="toynet")
    most = distinct.sel(network="toynet").max("layer")
    typical = distinct.median("step")
    return {
        "fig-3.1.a": {
            "orders": np.log10(typical.max("layer") / typical.min("layer")),
            "images": images,
        },
        "fig-3.1.b": {
            "share_first_block": share.where(block == 1).max("layer").sel(network="toynet"),
            "share_last_block": share.where(block == 3).max("layer").sel(network="toynet"),
            "images": images,
        },
        "fig-3.1.c": {
            "most_before": most.sel(step=0),
            "most_after": most.sel(step=1),
            "most_after_five": most.sel(step=5),
            "images": images,
        },
    }


def _levels(record: xr.Dataset, often: xr.Dataset) -> Quantities:
    """Numbers of patterns, similarity and entropy, by number of images."""
    return {
        **_numbers(record),
        **_first_similarities(record),
        **_similarities(record),
        **_weights_and_entropies(record, often.isel(size=-1)),
    }


def _numbers(record: xr.Dataset) -> Quantities:
    """Figure 3.1, column 1: the number of distinct patterns."""
    distinct, last = record["distinct"], int(record.step[-1])
    blocks = in_blocks(distinct, record["block"])
    last_block = blocks.sel(network="toynet", block=3, step=slice(0, 200))
    plain = blocks.sel(network=PLAIN_AND_RESIDUAL)
    mean, average = distinct.mean("layer"), plain.mean("step")
    early, late = time_mean(mean, 20, 200), time_mean(mean, 0.9 * last, last)
    absent = record["absent_start"].sel(network="toynet", step=5)
    return {
        "fig-3.1.d": {
            "change": (last_block.max("step") - last_block.min("step")) / last_block.mean("step")
        },
        "fig-3.1.e": {
            **apart(average.sel(network="convnet"), "block", "convnet_block_{}"),
            **apart(average.sel(network="resnet"), "block", "resnet_block_{}"),
        },
        "fig-3.1.f": apart(time_mean(plain, 2 / 3 * last, last), "block", "block_{}"),
        "fig-3.1.g": {"fall": mean.sel(step=0, drop=True) - early, "rise": late - early},
        "fig-3.1.l": {"absent": absent.mean("layer")},
    }


def _settled(record: xr.Dataset, within: int = 100) -> Quantities:
    """fig-3.1.z: layers that change by less than 5 % in 100 steps after 23 % of the run.

    The change of a layer is the mean over all pairs of counted steps that lie 100 apart; nothing
    where there are none.
    """
    counted, last = set(record.step.values.tolist()), int(record.step[-1])
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
    mean = change.mean("layer")
    evenly = record.sel(network=["toynet", "resnet"])
    variation = change.std(("layer", "step")) / change.mean(("layer", "step"))
    middle = in_blocks(change, record["block"]).sel(block=2, step=slice(10, 501))
    in_middle = record.where(record["block"] == 2)
    return {
        "fig-3.1.h": {
            "early_change": time_mean(mean, 1, 11),
            "later_change": time_mean(mean, 100, 201),
            **compared(_changed(record, (1, 11), (100, 201))),
        },
        "fig-3.1.m": {
            **apart(variation.sel(network=evenly.network), "network", "variation_{}"),
            **compared(_changed(evenly, (1, np.inf))),
        },
        "fig-3.1.x": {
            "slope_of_change": slope(middle),
            **compared(_changed(in_middle, (10, 501))),
        },
    }


def _by_thirds(record: xr.Dataset) -> Quantities:
    """fig-3.1.aa: the change of a step, by thirds of the run; nothing if one has no such step."""
    mean, last = abs(net_changes(record)).mean("layer"), float(record.step[-1])
    thirds = [(number * last / 3, (number + 1) * last / 3) for number in range(3)]
    if not all(mean.sel(step=slice(*third)).sizes["step"] for third in thirds):
        return {}
    names = ("first_third", "middle_third", "last_third")
    found = {name: time_mean(mean, *third) for name, third in zip(names, thirds, strict=True)}
    return {"fig-3.1.aa": found | compared(_changed(record, (1, np.inf)))}


def _strikes(record: xr.Dataset) -> Quantities:
    """Figure 3.1, column 2: single steps that change all layers at once."""
    enough = compared(_changed(record, (AFTER + 1, np.inf)))
    return {name: found | enough for name, found in strikes(net_changes(record)).items()}


def _frequencies(record: xr.Dataset) -> Quantities:
    """Figure 3.1, column 3: the share of the most frequent pattern.

    The sources except the first layer from what they say of later steps.
    """
    share = record["max_frequency"]
    deep = share.sel(layer=slice(2, None))
    later = share.sel(network="toynet").where(share.step > 100).max("step")
    early = time_mean(share.mean("layer"), 1, 300)
    lower = time_mean(share.sel(layer=slice(1, 3)).mean("layer"), 301, np.inf)
    convnet = deep.sel(network="convnet")
    layer_of_peak = convnet.max("step").argmax("layer")
    return {
        "fig-3.1.n": {
            "deeper_layers": later.sel(layer=slice(2, None)).max("layer"),
            "first_layer": later.sel(layer=1),
        },
        "fig-3.1.o": {
            **apart(early, "network", "share_{}"),
            **apart(lower, "network", "first_layers_{}"),
        },
        "fig-3.1.p": {
            "peak": convnet.max(("layer", "step")),
            "share_at_end": convnet.isel(step=-1).isel(layer=layer_of_peak),
        },
        "fig-3.1.q": {"largest_share": deep.where(share.step > 300).max(("layer", "step"))},
    }


def _rarest(record: xr.Dataset) -> dict:
    """fig-3.1.r: the share of the most frequent pattern of the last block in the end."""
    at_end = record["max_frequency"].isel(step=-1).where(record["block"] == 3).max("layer")
    return {"largest_share": at_end, "evaluations": int(record["evaluations"].min())}


def _weights_and_entropies(record: xr.Dataset, often: xr.Dataset) -> Quantities:
    """When the most frequent pattern has most weight, and how the entropy falls and rises.

    A share needs few images and a peak many steps, so it is looked for where steps were counted
    often, after the first update.
    """
    entropy, weight = record["relative_entropy"], often["max_frequency"].mean("layer")
    mean, change = entropy.mean("layer"), entropy.sel(step=10) - entropy.sel(step=0)
    return {
        "fig-3.1.y": {
            "step_of_peak": weight.sel(step=slice(1, None)).idxmax("step"),
            "entropy_rise": mean.sel(step=500) - mean.sel(step=40),
        },
        "txt-3.1.7.2": {"falling": (change < 0).where(change.notnull()).mean("layer")},
    }


def _printed_similarities(record: xr.Dataset, images: int) -> Quantities:
    """Figure 3.1, column 4: what the source prints of the similarity with the start."""
    lowest = record["similarity_start"].mean("layer").sel(step=slice(1, 100)).min("step")
    return {
        claim: {"lowest_similarity": lowest.sel(network=network), "images": images}
        for claim, network in (("fig-3.1.t", "toynet"), ("fig-3.1.u", "resnet"))
    }


def _first_similarities(record: xr.Dataset) -> Quantities:
    """When the similarity to the start is largest, and what is left of it within the first epoch.

    An epoch of the source has 391 steps; what is gone after 200 of them is gone within it.
    """
    similarity = record["similarity_start"]
    mean, within_epoch = similarity.mean("layer"), similarity.sel(step=200)
    replaced = (within_epoch < 0.5).where(within_epoch.notnull()).mean("layer")
    skipped = within_epoch.mean("layer").sel(network=PLAIN_AND_RESIDUAL)
    return {
        "fig-3.1.s": {
            "step_of_maximum": mean.sel(step=slice(1, None)).idxmax("step"),
            "similarity_1": mean.sel(step=1),
            "similarity_40": mean.sel(step=40),
        },
        "fig-3.2.d": {"replaced": replaced, **apart(skipped, "network", "{}_mean")},
    }


def _similarities(record: xr.Dataset) -> Quantities:
    """Figure 3.1, column 4: the weighted Jaccard index with the start."""
    similarity, last = record["similarity_start"], int(record.step[-1])
    mean = similarity.mean("layer")
    later, two = time_mean(mean, 20, last), mean.sel(network=PLAIN_AND_RESIDUAL)
    blocks = time_mean(in_blocks(similarity, record["block"]), 20, last).sel(network=two.network)
    lead = blocks.sel(network="resnet") - blocks.sel(network="convnet")
    return {
        "fig-3.1.v": apart(later, "network", "similarity_{}"),
        "fig-3.1.w": {
            "similarity_end": two.isel(step=-1),
            "similarity_early": time_mean(two, 20, 200),
        },
        "H-fig-1.a": apart(blocks, "block", "block_{}"),
        "H-fig-1.b": {
            **apart(later.sel(network=two.network), "network"),
            **apart(blocks.sel(block=1), "network", "{}_block_1"),
            "lead": lead.sel(block=1, drop=True) - lead.sel(block=[2, 3]),
        },
        "H-txt-1": {
            "similarity_before": time_mean(mean, 1, 500),
            "similarity_phase": time_mean(mean, 500, 700),
            "similarity_later": time_mean(mean, 701, last),
        },
    }
