"""How the patterns of architectures and methods settle through a whole training (thesis 3.1.6 and
3.1.7, right columns of figure 3.7; article 3.4): the similarity to the end.

Times and checkpoints are those of ``methods_entropy``. The last state is similar to itself by
definition: a time at which a similarity is reached says something where it is reached before.
"""

import numpy as np
import xarray as xr

from relu_book.experiments.curves import (
    alternation,
    apart,
    at_share,
    during,
    in_blocks,
    last_layers,
    rank_correlation,
    rank_within_blocks,
    reached,
    time_mean,
    time_to,
)
from relu_book.experiments.layers import sides_of_additions
from relu_book.experiments.pattern_evolution.evolution import counted
from relu_book.experiments.pattern_evolution.methods_entropy import (
    CYCLIC,
    RESNETS,
    SCHEDULES,
    STEP_DECAY,
    called,
    even,
    excess,
)
from relu_book.experiments.pattern_evolution.whole_training import CYCLES

Quantities = dict[str, dict]
DECAY = [*STEP_DECAY, "fixup"]
OTHERS = [*STEP_DECAY, *CYCLIC.values()]


def settling(record: xr.Dataset, full_size: bool) -> Quantities:
    """The quantities of the claims on the similarity to the end.

    Args:
        record: As ``whole_training`` measures it, the eight methods, by ``size``.
        full_size: Whether 50,000 images were trained on for 200 epochs.
    """
    largest = record.isel(size=-1, drop=True)
    return {
        **_schedules(record),
        **_convergence(record),
        **_pyramidnet(record),
        **_fixup(record, full_size),
        **_convnet_numbers(largest),
        **_last_epochs(record),
        **_alternation(record),
        **_cycles(record, largest),
        **_last_block(largest),
    }


def _schedules(record: xr.Dataset) -> Quantities:
    """When and how evenly the patterns settle with each schedule."""
    similarity = called(record["similarity_end"], SCHEDULES)
    mean = similarity.mean("layer")
    before_end = mean.isel(step=slice(None, -1))
    at_once = (mean.isel(step=0) > 0.2).any(("setup", "seed"))
    begins = xr.where(at_once, (before_end.min("step") + before_end.max("step")) / 2, 0.2)
    start, duration = time_to(mean, begins), time_to(mean, 0.8) - time_to(mean, 0.2)
    spread = time_to(similarity, 0.5).std("layer")
    of_all = counted(record, record["distinct"].sel(setup=[*SCHEDULES.values()]))
    return {
        "fig-3.7.c": {
            **apart(start, "setup", "start_{}"),
            "reached": reached(mean, begins),
            **of_all,
        },
        "fig-3.7.d": {
            **apart(spread, "setup", "spread_{}"),
            "reached": reached(similarity, 0.5),
            **of_all,
        },
        "fig-3.7.e": {
            **apart(duration, "setup", "duration_{}"),
            "reached": reached(mean, 0.8),
            **of_all,
        },
    }


def _convergence(record: xr.Dataset) -> Quantities:
    """Which layers and which networks come to their final patterns first."""
    similarity, distinct = record["similarity_end"], record["distinct"]
    times = time_to(similarity, 0.5)
    rho, spread = rank_correlation(times), times.std("layer")
    growth = even(similarity).mean("layer")
    # Of a straight line, the share of the variance is the square of the correlation.
    straight = (xr.corr(growth, growth.step.astype(float), "step") ** 2).fillna(0.0)
    both = [*DECAY, "pyramidnet"]
    ends = (0, 0), (int(record.step[-1]),) * 2
    return {
        "fig-3.7.k": {
            "rho": rho.sel(setup=OTHERS),
            "rho_exempt": rho.sel(setup=["pyramidnet", "fixup"]),
            "rho_within": rank_within_blocks(times, record["block"]),
            "reached": reached(similarity, 0.5),
            **counted(record, distinct),
        },
        "fig-3.7.r": {
            "similarity_start": similarity.isel(step=0).max("layer"),
            **counted(record, during(distinct, *ends)),
        },
        "fig-3.7.ab": {
            "spread_excess": excess(spread, DECAY, "pyramidnet"),
            "straightness": -excess(straight, DECAY, "pyramidnet"),
            "reached": reached(similarity.sel(setup=both), 0.5),
            **counted(record, distinct.sel(setup=both)),
        },
    }


def _pyramidnet(record: xr.Dataset) -> Quantities:
    """PyramidNet-20 by itself."""
    alone = record.sel(setup=["pyramidnet"])
    similarity = alone["similarity_end"].isel(setup=0).dropna("layer", how="all")
    entropy = even(alone["relative_entropy"]).isel(setup=0).mean(("step", "seed"))
    times = time_to(similarity, 0.5)
    return {
        "fig-3.7.ac": {
            "first_highest": (even(similarity).idxmax("layer") == 1).mean("step"),
            "layer_of_lowest_entropy": entropy.idxmin("layer").astype(int),
            **counted(record, _even_and_end(alone["distinct"])),
        },
        "fig-3.7.ad": {
            "last_layer": times.isel(layer=-1),
            "latest_other": times.isel(layer=slice(None, -1)).max("layer"),
            "reached": reached(similarity, 0.5),
            **counted(record, alone["distinct"]),
        },
    }


def _fixup(record: xr.Dataset, full_size: bool) -> Quantities:
    """FixUp beside ResNet-20, layer by layer."""
    both = record["similarity_end"].sel(setup=["fixup", "resnet"])
    times = time_to(both.isel(size=-1), 0.5)
    fixup, resnet = (times.sel(setup=name) for name in both.setup.values)
    late = (fixup.mean("seed") >= 0.5 * resnet.mean("seed")).values
    gap = abs(both.sel(setup="fixup") - both.sel(setup="resnet"))
    distinct = record["distinct"].sel(setup=both.setup)
    return {
        "fig-3.7.ae": {
            "layer": fixup.layer.values,
            **apart(times, "setup", "time_{}"),
            "full_size": full_size,
        },
        "fig-3.7.af": {
            "difference": even(gap).median("step").isel(layer=late),
            **counted(record, _even_and_end(distinct).isel(layer=late)),
        },
    }


def _convnet_numbers(record: xr.Dataset) -> Quantities:
    """The numbers that the text gives for ConvNet-20 with ReLU and step decay."""
    convnet = record.sel(setup="convnet")
    similarity, last = convnet["similarity_end"], float(record.step[-1])
    blocks, top = in_blocks(similarity, convnet["block"]), last_layers(similarity, 1)
    return {
        "fig-3.7.s": {"similarity": time_mean(blocks.sel(block=1), 0.02 * last, 0.05 * last)},
        "fig-3.7.t": {"similarity": at_share(blocks.sel(block=2), 0.5)},
        "fig-3.7.u": {
            "similarity_start": at_share(top, 0.05),
            "similarity_before_drop": at_share(top, 0.5),
        },
        "fig-3.7.v": {
            "after_first_drop": at_share(blocks, 0.52),
            "after_second_drop": at_share(blocks, 0.77),
        },
    }


def _last_epochs(record: xr.Dataset) -> Quantities:
    """The rise towards the end of the last block of ConvNet-20, before the end itself."""
    convnet, last = record.sel(setup=["convnet"]), float(record.step[-1])
    third = in_blocks(convnet["similarity_end"], convnet["block"]).sel(block=3, setup="convnet")
    distinct = convnet["distinct"].where(convnet["block"] == 3)
    compared = distinct.sel(step=[0.98 * last, float(record.step[-2]), last], method="nearest")
    return {
        "fig-3.7.w": {
            "rise": third.isel(step=-2) - at_share(third, 0.98),
            **counted(record, compared),
        }
    }


def _alternation(record: xr.Dataset) -> Quantities:
    """How the layers alternate, and those directly after skip additions beside the others."""
    similarity, distinct = even(record["similarity_end"]), _even_and_end(record["distinct"])
    index = alternation(similarity).mean("step")
    in_block_2 = record["block"] == 2
    sides = sides_of_additions(record, similarity.where(in_block_2)).mean("step")
    names = {"resnet_prelu": "resnet_prelu", "resnet_relu": "resnet"}
    names |= {"convnet_prelu": "convnet_prelu"}
    convnets = {"prelu": "convnet_prelu", "relu": "convnet"}
    return {
        "fig-3.7.x": {
            "index_excess": excess(index, RESNETS, "convnet"),
            **counted(record, distinct.sel(setup=["convnet", *RESNETS])),
        },
        "fig-3.7.y": {
            **apart(called(sides, names), "setup"),
            **counted(record, distinct.sel(setup=[*names.values()]).where(in_block_2)),
        },
        "H-fig-3.c": {
            **apart(called(index, convnets), "setup", "index_{}"),
            **counted(record, distinct.sel(setup=[*convnets.values()])),
        },
    }


def _cycles(record: xr.Dataset, largest: xr.Dataset) -> Quantities:
    """What the waves of CyclicLR do."""
    cyclic = record.sel(setup=["resnet_cyclic"])
    similarity = cyclic["similarity_end"].isel(setup=0).mean("layer")
    waves, length = even(similarity), float(record.step[-1]) / CYCLES
    trend = xr.polyval(waves.step, waves.polyfit("step", 1).polyfit_coefficients)
    largest = largest.sel(setup="resnet_cyclic")
    # The quarters around the middle of a cycle, where the rate has its peak.
    lowest = [
        similarity.sel(step=slice((cycle + 0.25) * length, (cycle + 0.75) * length)).min("step")
        for cycle in range(CYCLES)
    ]
    return {
        "fig-3.7.z": {
            "rate": even(largest["learning_rate"]).isel(seed=0).values,
            "similarity": waves - trend,
            **counted(record, _even_and_end(cyclic["distinct"])),
        },
        "fig-3.7.aa": {
            "cycle": np.arange(1, CYCLES + 1),
            "lowest_similarity": xr.concat(lowest, "cycle"),
            "accuracy": 100 * largest["test_accuracy"],
            **counted(record, cyclic["distinct"]),
        },
    }


def _last_block(record: xr.Dataset) -> Quantities:
    """The last block late in training, and the networks that settle first."""
    similarity = record["similarity_end"]
    last_block = at_share(in_blocks(similarity, record["block"]).sel(block=3), 0.95)
    times = time_to(similarity, 0.5).mean("layer")
    return {
        "txt-3.1.7.5": {
            "last_block": last_block.sel(setup=[*STEP_DECAY, "pyramidnet", "fixup"]),
            "time_pyramidnet": times.sel(setup="pyramidnet"),
            "time_fixup": times.sel(setup="fixup"),
            "time_others": times.sel(setup=OTHERS),
        }
    }


def _even_and_end(values: xr.DataArray) -> xr.DataArray:
    """The even checkpoints, and the end that they are compared with."""
    return xr.concat([even(values), values.isel(step=[-1])], "step")
