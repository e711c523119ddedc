"""How the patterns of architectures and methods settle through a whole training (thesis 3.1.6 and
3.1.7, right columns of figure 3.7; article 3.4): the similarity to the end.

Times and checkpoints are those of ``methods_entropy``.
"""

import numpy as np
import xarray as xr

from relu_book.experiments.curves import (
    alternation,
    apart,
    at_share,
    in_blocks,
    known,
    last_layers,
    rank_correlation,
    time_mean,
    time_to,
)
from relu_book.experiments.layers import sides_of_additions
from relu_book.experiments.pattern_evolution.methods_entropy import (
    CYCLIC,
    RESNETS,
    SCHEDULES,
    STEP_DECAY,
    called,
    even,
)
from relu_book.experiments.pattern_evolution.whole_training import CYCLES

Quantities = dict[str, dict]
PYRAMIDNET = {"setup": "pyramidnet"}


def settling(record: xr.Dataset, full_size: bool) -> Quantities:
    """The quantities of the claims on the similarity to the end.

    Args:
        record: As ``whole_training`` measures it, the eight methods.
        full_size: Whether 50,000 images were trained on for 200 epochs.
    """
    return {
        **_schedules(record),
        **_convergence(record),
        **_pyramidnet(record),
        **_fixup(record, full_size),
        **_convnet_numbers(record),
        **_alternation(record),
        **_cycles(record),
    }


def _schedules(record: xr.Dataset) -> Quantities:
    """When and how evenly the patterns settle with each schedule."""
    similarity = called(record["similarity_end"], SCHEDULES)
    mean = similarity.mean("layer")
    before_end = mean.isel(step=slice(None, -1))
    at_once = bool((mean.isel(step=0) > 0.2).any())
    half = (before_end.min("step") + before_end.max("step")) / 2
    duration = time_to(mean, 0.8) - time_to(mean, 0.2)
    return {
        "fig-3.7.c": apart(time_to(mean, half if at_once else 0.2), "setup", "start_{}"),
        "fig-3.7.d": apart(time_to(similarity, 0.5).std("layer"), "setup", "spread_{}"),
        "fig-3.7.e": apart(duration, "setup", "duration_{}"),
    }


def _convergence(record: xr.Dataset) -> Quantities:
    """Which layers and which networks come to their final patterns first."""
    similarity = record["similarity_end"]
    times = time_to(similarity, 0.5)
    rho, spread, mean_time = rank_correlation(times), times.std("layer"), times.mean("layer")
    others = [*STEP_DECAY, *CYCLIC.values()]
    decay = [*STEP_DECAY, "fixup"]
    growth = even(similarity).mean("layer")
    last_block = at_share(in_blocks(similarity, record["block"]).sel(block=3), 0.95)
    return {
        "fig-3.7.k": {
            "rho": rho.sel(setup=others),
            "rho_exempt": rho.sel(setup=["pyramidnet", "fixup"]),
        },
        "fig-3.7.r": {"similarity_start": similarity.isel(step=0).max("layer")},
        "fig-3.7.ab": {
            "spread_pyramidnet": spread.sel(PYRAMIDNET),
            "spread_others": spread.sel(setup=decay),
            "time": growth.step.values,
            "growth_pyramidnet": growth.sel(PYRAMIDNET),
            "growth_others": growth.sel(setup=decay),
        },
        "txt-3.1.7.5": {
            "last_block": last_block.sel(setup=[*STEP_DECAY, "pyramidnet", "fixup"]),
            "time_pyramidnet": mean_time.sel(PYRAMIDNET),
            "time_fixup": mean_time.sel(setup="fixup"),
            "time_others": mean_time.sel(setup=others),
        },
    }


def _pyramidnet(record: xr.Dataset) -> Quantities:
    """PyramidNet-20 by itself."""
    similarity = record["similarity_end"].sel(PYRAMIDNET).dropna("layer", how="all")
    entropy = even(record["relative_entropy"]).sel(PYRAMIDNET).mean(("step", "seed"))
    times = time_to(similarity, 0.5)
    return {
        "fig-3.7.ac": {
            "first_highest": (even(similarity).idxmax("layer") == 1).mean("step"),
            "layer_of_lowest_entropy": int(entropy.idxmin("layer")),
        },
        "fig-3.7.ad": {
            "last_layer": times.isel(layer=-1),
            "median_others": times.isel(layer=slice(None, -1)).median("layer"),
        },
    }


def _fixup(record: xr.Dataset, full_size: bool) -> Quantities:
    """FixUp beside ResNet-20, layer by layer."""
    both = record["similarity_end"].sel(setup=["fixup", "resnet"])
    times = time_to(both, 0.5)
    fixup, resnet = (times.sel(setup=name) for name in both.setup.values)
    early = fixup.mean("seed") < 0.5 * resnet.mean("seed")
    gap = abs(both.sel(setup="fixup") - both.sel(setup="resnet"))
    return {
        "fig-3.7.ae": {
            "layer": fixup.layer.values,
            **apart(times, "setup", "time_{}"),
            "full_size": full_size,
        },
        "fig-3.7.af": {"difference": even(gap).median("step").where(~early, drop=True)},
    }


def _convnet_numbers(record: xr.Dataset) -> Quantities:
    """The numbers that the text gives for ConvNet-20 with ReLU and step decay."""
    convnet = record.sel(setup="convnet")
    similarity, last = convnet["similarity_end"], float(record.step[-1])
    blocks, top = in_blocks(similarity, convnet["block"]), last_layers(similarity, 1)
    first, second, third = (blocks.sel(block=number) for number in (1, 2, 3))
    return {
        "fig-3.7.s": {"similarity": time_mean(first, 0.02 * last, 0.05 * last)},
        "fig-3.7.t": {"similarity": at_share(second, 0.5)},
        "fig-3.7.u": {
            "similarity_start": at_share(top, 0.05),
            "similarity_before_drop": at_share(top, 0.5),
        },
        "fig-3.7.v": {
            "after_first_drop": at_share(blocks, 0.52),
            "after_second_drop": at_share(blocks, 0.77),
        },
        "fig-3.7.w": {
            "similarity_final": known(record["similarity_end"].isel(step=-1)),
            "rise": third.isel(step=-1) - at_share(third, 0.98),
        },
    }


def _alternation(record: xr.Dataset) -> Quantities:
    """How the layers alternate, and those directly after skip additions beside the others."""
    similarity = even(record["similarity_end"])
    index = alternation(similarity).mean("step")
    sides = sides_of_additions(record, similarity.where(record["block"] == 2)).mean("step")
    names = {"resnet_prelu": "resnet_prelu", "resnet_relu": "resnet"}
    return {
        "fig-3.7.x": {
            "index_resnet": index.sel(setup=RESNETS),
            "index_convnet": index.sel(setup="convnet"),
        },
        "fig-3.7.y": apart(called(sides, names | {"convnet_prelu": "convnet_prelu"}), "setup"),
        "H-fig-3.c": {
            "index_prelu": index.sel(setup="convnet_prelu"),
            "index_relu": index.sel(setup="convnet"),
        },
    }


def _cycles(record: xr.Dataset) -> Quantities:
    """What the waves of CyclicLR do."""
    cyclic = record.sel(setup="resnet_cyclic")
    similarity = cyclic["similarity_end"].mean("layer")
    waves, length = even(similarity), float(record.step[-1]) / CYCLES
    trend = xr.polyval(waves.step, waves.polyfit("step", 1).polyfit_coefficients)
    # The quarters around the middle of a cycle, where the rate has its peak.
    lowest = [
        similarity.sel(step=slice((cycle + 0.25) * length, (cycle + 0.75) * length)).min("step")
        for cycle in range(CYCLES)
    ]
    return {
        "fig-3.7.z": {
            "rate": even(cyclic["learning_rate"]).isel(seed=0).values,
            "similarity": waves - trend,
        },
        "fig-3.7.aa": {
            "cycle": np.arange(1, CYCLES + 1),
            "lowest_similarity": xr.concat(lowest, "cycle"),
            "accuracy": 100 * cyclic["test_accuracy"],
        },
    }
