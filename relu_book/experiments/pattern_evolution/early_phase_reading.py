"""What the claims on the early phase ask of its record (thesis 3.1.4, figure 3.1; article 3.2).

Each entry is computed from the record of ``early_phase`` alone and has the names that the rule of
the claim knows.
"""

import numpy as np
import xarray as xr

from relu_book.experiments.curves import (
    by_seed,
    in_block,
    net_changes,
    slope,
    slope_after,
    step_of_maximum,
    step_of_minimum,
    time_mean,
)
from relu_book.experiments.pattern_evolution.evolution import list_bytes
from relu_book.experiments.pattern_evolution.strikes import strike_claims
from relu_book.experiments.trainings import NETWORKS

FULL_SIZE = 50_000 * 4 * 4 * 16  # evaluations of the last block for 50,000 images of 32 x 32
Quantities = dict[str, dict[str, np.ndarray | float | bool]]


def early_quantities(record: xr.Dataset) -> Quantities:
    """The measured quantities of the claims on figure 3.1, by claim.

    Args:
        record: As ``early_phase`` measures it, five seeds or more of the three networks.

    Returns:
        For each claim the keyword arguments of ``relu_book.claims.check``.
    """
    record = record.sel(network=list(NETWORKS))
    return {
        **_numbers(record),
        **_changes(record),
        **strike_claims(net_changes(record)),
        **_frequencies(record),
        **_similarities(record),
        **_phases(record),
        **_entropies(record),
        "txt-3.1.3.2": occupancies(record),
    }


def occupancies(record: xr.Dataset) -> dict:
    """How full the hash lists of the thesis's size were, and their memory a run in gigabytes."""
    found = record["occupancy"].values
    return {
        "occupancy": found[~np.isnan(found)],
        "gigabytes": list_bytes(float(record["evaluations"].max())) / 1e9,
    }


def _numbers(record: xr.Dataset) -> Quantities:
    """Figure 3.1, column 1: the number of distinct patterns."""
    distinct = record["distinct"]
    toynet = record.sel(network="toynet")
    share = (toynet["distinct"] / toynet["evaluations"]).sel(step=0)
    most = toynet["distinct"].max("layer")
    last_block = in_block(toynet, toynet["distinct"], 3).sel(step=slice(10, 200))
    typical = distinct.median("step")
    both = record.sel(network=["convnet", "resnet"])
    blocks = {block: in_block(both, both["distinct"], block) for block in (1, 2, 3)}
    possible = np.minimum(2.0 ** both["width"], both["evaluations"])
    normalised = xr.concat(
        [in_block(both, both["distinct"] / possible, block) for block in (1, 2, 3)], "block_number"
    ).mean("seed")
    lowest = normalised.argmin("block_number") == 0
    steps = record.step.values
    last_third = {
        block: time_mean(each, 2 / 3 * steps[-1], steps[-1]) for block, each in blocks.items()
    }
    mean = distinct.mean("layer")
    minimum = step_of_minimum(mean)
    return {
        "fig-3.1.a": {
            "orders": by_seed(np.log10(typical.max("layer") / typical.min("layer")), "network"),
            "full_size": float(record["evaluations"].min()) >= FULL_SIZE,
        },
        "fig-3.1.b": {
            "share_first_block": share.where(toynet["block"] == 1).max("layer").values,
            "share_last_block": share.where(toynet["block"] == 3).max("layer").values,
        },
        "fig-3.1.c": {
            "most_before": most.sel(step=0).values,
            "most_after": most.sel(step=1).values,
            "most_after_five": most.sel(step=5).values,
        },
        "fig-3.1.d": {
            "change": (
                (last_block.max("step") - last_block.min("step")) / last_block.mean("step")
            ).values
        },
        "fig-3.1.e": {
            f"{network}_block_{block}": by_seed(each.sel(network=network), "step")
            for network in ("convnet", "resnet")
            for block, each in blocks.items()
        }
        | {"normalised_lowest": lowest.values.ravel()},
        "fig-3.1.f": {
            f"block_{block}": by_seed(each, "network") for block, each in last_third.items()
        },
        "fig-3.1.g": {
            "time_of_minimum": by_seed(100 * minimum / steps[-1], "network"),
            "slope_after": by_seed(slope_after(mean, minimum), "network"),
        },
    }


def _changes(record: xr.Dataset) -> Quantities:
    """Figure 3.1, column 2: how many patterns change with a step."""
    change = abs(net_changes(record))
    mean = change.mean("layer")
    variation = change.std(("layer", "step")) / change.mean(("layer", "step"))
    middle = in_block(record, change, 2).sel(step=slice(10, 500))
    last = float(record.step[-1])
    thirds = {
        name: time_mean(mean, number * last / 3, (number + 1) * last / 3)
        for number, name in enumerate(("first_third", "middle_third", "last_third"))
    }
    absent = record["absent_start"].sel(network="toynet", step=5)
    return {
        "fig-3.1.h": {
            "early_change": by_seed(time_mean(mean, 1, 10), "network"),
            "later_change": by_seed(time_mean(mean, 100, 200), "network"),
        },
        "fig-3.1.l": {"absent": absent.mean("layer").values},
        "fig-3.1.m": {
            f"variation_{network}": variation.sel(network=network).values
            for network in ("toynet", "resnet")
        },
        "fig-3.1.x": {"slope_of_change": by_seed(slope(middle), "network")},
        "fig-3.1.aa": {name: by_seed(each, "network") for name, each in thirds.items()},
    }


def _frequencies(record: xr.Dataset) -> Quantities:
    """Figure 3.1, column 3: the share of the most frequent pattern."""
    share = record["max_frequency"]
    toynet, convnet = (share.sel(network=network) for network in ("toynet", "convnet"))
    later = toynet.where(toynet.step > 100).max("step")
    early = time_mean(share.mean("layer"), 1, 300)
    lower = time_mean(share.sel(layer=slice(1, 3)).mean("layer"), 301, np.inf)
    peak = convnet.max(("layer", "step"))
    layer_of_peak = convnet.max("step").argmax("layer")
    deep = share.sel(layer=slice(2, None)).where(share.step > 300).max(("layer", "step"))
    at_end = share.isel(step=-1).where(record["block"] == 3).max("layer")
    mean = share.mean("layer").sel(step=slice(0, 500))
    entropy = record["relative_entropy"].mean("layer")
    step_of_peak = step_of_maximum(mean)
    return {
        "fig-3.1.n": {
            "deeper_layers": by_seed(later.sel(layer=slice(2, None)), "layer"),
            "first_layer": later.sel(layer=1).values,
        },
        "fig-3.1.o": {
            f"{name}_{network}": each.sel(network=network).values
            for name, each in (("share", early), ("first_layers", lower))
            for network in NETWORKS
        },
        "fig-3.1.p": {
            "peak": peak.values,
            "share_at_end": convnet.isel(step=-1).isel(layer=layer_of_peak).values,
        },
        "fig-3.1.q": {"largest_share": by_seed(deep, "network")},
        "fig-3.1.r": {
            "largest_share": by_seed(at_end, "network"),
            "evaluations": int(record["evaluations"].min()),
        },
        "fig-3.1.y": {
            "step_of_peak": by_seed(step_of_peak, "network"),
            "slope_of_entropy": by_seed(slope_after(entropy, step_of_peak), "network"),
        },
    }


def _similarities(record: xr.Dataset) -> Quantities:
    """Figure 3.1, column 4: the weighted Jaccard index with the start."""
    similarity = record["similarity_start"]
    mean = similarity.mean("layer")
    lowest = mean.sel(step=slice(1, 100)).min("step")
    last = record.step.values[-1]
    later = time_mean(mean, 20, last)
    both = record.sel(network=["convnet", "resnet"])
    blocks = {
        block: time_mean(in_block(both, both["similarity_start"], block), 20, last)
        for block in (1, 2, 3)
    }
    others = xr.concat([blocks[2], blocks[3]], "other")
    after_start = mean.sel(step=slice(1, None))
    return {
        "fig-3.1.s": {
            "step_of_maximum": by_seed(step_of_maximum(after_start), "network"),
            "similarity_1": by_seed(mean.sel(step=1), "network"),
            "similarity_50": by_seed(mean.sel(step=50), "network"),
        },
        "fig-3.1.t": {"lowest_similarity": lowest.sel(network="toynet").values},
        "fig-3.1.u": {"lowest_similarity": lowest.sel(network="resnet").values},
        "fig-3.1.v": {
            f"similarity_{network}": later.sel(network=network).values for network in NETWORKS
        },
        "fig-3.1.w": {
            "similarity_end": by_seed(mean.isel(step=-1).sel(network=both.network), "network"),
            "lowest_similarity": by_seed(mean.min("step").sel(network=both.network), "network"),
        },
        "H-fig-1.a": {f"block_{block}": by_seed(each, "network") for block, each in blocks.items()},
        "H-fig-1.b": {
            name: values
            for network in ("resnet", "convnet")
            for name, values in (
                (network, later.sel(network=network).values),
                (f"{network}_block_1", blocks[1].sel(network=network).values),
                (f"{network}_others", by_seed(others.sel(network=network), "other")),
            )
        },
        "H-txt-1": {
            "similarity_phase": by_seed(time_mean(mean, 50, 700), "network"),
            "similarity_later": by_seed(time_mean(mean, 701, last), "network"),
        },
    }


def _phases(record: xr.Dataset) -> Quantities:
    """The phases of thesis 3.1.7: when the number of patterns has settled."""
    distinct = record["distinct"]
    last = int(record.step[-1])
    counted = set(record.step.values.tolist())
    starts = [step for step in range(-(-last * 23 // 100), last) if {step, step + 100} <= counted]
    before = distinct.sel(step=starts)
    after = distinct.sel(step=[step + 100 for step in starts]).assign_coords(step=starts)
    settled = (abs(after - before) / before).mean("step")
    return {
        "fig-3.1.z": {
            f"change_{network}": by_seed(settled.sel(network=network), "layer")
            for network in NETWORKS
        }
    }


def _entropies(record: xr.Dataset) -> Quantities:
    """The entropy during the first ten steps (thesis 3.1.7)."""
    entropy = record["relative_entropy"]
    change = entropy.sel(step=10) - entropy.sel(step=0)
    return {
        "txt-3.1.7.2": {
            f"change_{network}": by_seed(change.sel(network=network), "layer")
            for network in NETWORKS
        }
    }
