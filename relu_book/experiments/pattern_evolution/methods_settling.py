"""What the claims on architectures and methods ask of their record (thesis 3.1.6, figure 3.7;
article 3.4).

Each entry is computed from the record of ``whole_training`` and has the names that the rule of the
claim knows. Times are shares of the training. Counted steps are dense at the start; what is taken
over checkpoints as such (waves, straight lines, shares of the checkpoints) uses those at whole
twentieths of the training.
"""

import numpy as np
import xarray as xr

from relu_book.experiments.curves import (
    alternation,
    by_seed,
    in_block,
    last_layers,
    rank_correlations,
    slope,
    slope_after,
    step_of_minimum,
    time_mean,
)
from relu_book.experiments.pattern_evolution.early_phase_reading import occupancies
from relu_book.experiments.pattern_evolution.entropy_by_depth_reading import sides_of_additions
from relu_book.experiments.pattern_evolution.whole_training import CYCLES, METHODS

Quantities = dict[str, dict]
NORMALISED = [name for name in METHODS if name != "fixup"]
STEP_DECAY = ["convnet", "resnet", "convnet_prelu", "resnet_prelu"]
SCHEDULES = {"step": "resnet", "cyclic": "resnet_cyclic", "onecycle": "resnet_onecycle"}
RESNETS = ["resnet", "resnet_prelu", "resnet_cyclic", "resnet_onecycle"]
ONE = "resnet"  # ResNet-20 with ReLU and step decay, the set-up that the others are compared with
DIP, RISING = 0.05, 0.6


def method_quantities(
    record: xr.Dataset, second: xr.Dataset | None = None, full_size: bool = False
) -> Quantities:
    """The measured quantities of the claims on figure 3.7, by claim.

    Args:
        record: As ``whole_training`` measures it.
        second: The same on a second data set; only fig-3.7.q needs it and is left out without it.
        full_size: Whether 50,000 images were trained on for 200 epochs.

    Returns:
        For each claim the keyword arguments of ``relu_book.claims.check``.
    """
    three = record.sel(setup=["toynet", "convnet", "resnet"])
    found = {
        "H-txt-3": {
            f"dip_{name}": by_seed(dips(three["relative_entropy"]).sel(setup=name), "layer")
            for name in three.setup.values
        }
    }
    record = record.sel(setup=list(METHODS))
    found |= {
        **_entropy_levels(record),
        **_entropy_falls(record),
        **_pyramidnet(record, full_size),
        **_additions(record),
        **_schedules(record),
        **_convergence(record),
        **_convnet_numbers(record),
        **_cycles(record),
        **_fixup(record, full_size),
        "fig-3.7.ag": occupancies(record),
    }
    if second is not None:
        both = (record, second.sel(setup=list(METHODS)))
        last = [each["test_accuracy"].isel(tested=-1) for each in both]
        # Seeds are paired within a data set; the two sets may have different ones.
        accuracy = 100 * xr.concat([each.drop_vars("seed") for each in last], "data")
        found["fig-3.7.q"] = {
            name: by_seed(accuracy.sel(setup=name), "data")
            for name in ("fixup", "pyramidnet", "resnet")
        }
    return found


def dips(entropy: xr.DataArray) -> xr.DataArray:
    """How far the entropy of each layer falls below both its first and its last value."""
    ends = np.minimum(entropy.isel(step=0), entropy.isel(step=-1))
    return ends - entropy.min("step")


def times_to(similarity: xr.DataArray, level: xr.DataArray | float) -> xr.DataArray:
    """When a curve first reaches a level, as a share of the training; NaN where it has no values.

    A curve that never does counts as reaching it at the end.
    """
    reached = similarity >= level
    step = similarity.step[reached.argmax("step")].drop_vars("step")
    share = step.where(reached.any("step"), similarity.step[-1].item()) / similarity.step[-1].item()
    return share.where(similarity.notnull().any("step"))


def even(values: xr.DataArray | xr.Dataset) -> xr.DataArray | xr.Dataset:
    """The checkpoints at whole twentieths of the training, the start included, without the end."""
    last = int(values.step[-1])
    steps = {round(share / 20 * last) for share in range(20)}
    return values.sel(step=[step for step in values.step.values if step in steps])


def _after_drops(values: xr.DataArray, share: float) -> xr.DataArray:
    """Values at a share of the training, or at the counted step next to it."""
    return values.sel(step=share * float(values.step[-1]), method="nearest", drop=True)


def _early_fall(entropy: xr.DataArray) -> xr.DataArray:
    """Entropy before training less its minimum in the first tenth."""
    tenth = float(entropy.step[-1]) / 10
    return entropy.isel(step=0) - entropy.sel(step=slice(0, tenth)).min("step")


def _entropy_levels(record: xr.Dataset) -> Quantities:
    entropy = record["relative_entropy"]
    rising = (rank_correlations(even(entropy)) > RISING).mean("step")
    mean, tenth = entropy.mean("layer"), float(entropy.step[-1]) / 10
    blocks = {number: in_block(record, even(entropy), number) for number in (1, 2, 3)}
    lowest = {
        number: (blocks[number].idxmin("setup") == "fixup").mean("step").values for number in (1, 3)
    }
    jump = abs(time_mean(entropy, 0, np.inf).diff("layer")).max("layer")
    drift = entropy.sel(step=slice(tenth, None)).std("step").mean("layer")
    start = mean.isel(step=0)
    others = [name for name in METHODS if name != "pyramidnet"]
    rest = [name for name in NORMALISED if name != "pyramidnet"]
    block_1 = time_mean(in_block(record, entropy, 1), 0, np.inf)
    end = last_layers(entropy.isel(step=-1), 3)
    return {
        "fig-3.7.a": {"rising_share": by_seed(rising, "setup")},
        "fig-3.7.m": {"lowest_block_1": lowest[1], "lowest_block_3": lowest[3]},
        "fig-3.7.n": {
            "jump_pyramidnet": jump.sel(setup="pyramidnet").values,
            "jump_others": by_seed(jump.sel(setup=others), "setup"),
            "drift_pyramidnet": drift.sel(setup="pyramidnet").values,
            "drift_others": by_seed(drift.sel(setup=others), "setup"),
        },
        "fig-3.7.o": {
            "start_pyramidnet": start.sel(setup="pyramidnet").values,
            "start_others": by_seed(start.sel(setup=rest), "setup"),
            "later_pyramidnet": _after_drops(mean, 0.1).sel(setup="pyramidnet").values,
        },
        "H-fig-3.a": {
            name: end.sel(setup=setup).values
            for name, setup in zip(
                ("step_decay", "cyclic", "onecycle"), SCHEDULES.values(), strict=True
            )
        },
        "H-fig-3.b": {
            "onecycle": block_1.sel(setup="resnet_onecycle").values,
            "others": by_seed(block_1.sel(setup=RESNETS[:3]), "setup"),
        },
    }


def _entropy_falls(record: xr.Dataset) -> Quantities:
    entropy = record["relative_entropy"]
    six = entropy.sel(setup=[*STEP_DECAY, "resnet_cyclic", "resnet_onecycle"])
    dipping = dips(six) >= DIP
    recovery = slope_after(six, step_of_minimum(six)).where(dipping).mean("layer").fillna(0.0)
    dip_share = dipping.where(six.isel(step=0).notnull()).mean("layer")
    last = last_layers(entropy, 1)
    rises = [_after_drops(last, share + 0.02) - _after_drops(last, share) for share in (0.5, 0.75)]
    rise = sum(rises) / 2
    fall = _early_fall(entropy)
    fall_of_mean = _early_fall(entropy.mean("layer"))
    middle = _early_fall(in_block(record, entropy, 2))
    upper = xr.concat([in_block(record, fall, 2), in_block(record, fall, 3)], "of_block")
    first = in_block(record, fall, 1)

    def places(activation: str) -> np.ndarray:
        values = [
            first.sel(setup="resnet" + activation),
            first.sel(setup="convnet" + activation),
            fall.sel(setup="convnet" + activation).isel(layer=-1),
        ]
        return np.stack([value.values for value in values], axis=-1)

    valley = dips(entropy).mean("layer")
    methods = {"prelu": "resnet_prelu", "relu": ONE} | {
        name: setup for name, setup in SCHEDULES.items() if name != "step"
    }
    return {
        "fig-3.7.b": {
            "dip_share": by_seed(dip_share, "setup"),
            "slope_after": by_seed(recovery, "setup"),
        },
        "fig-3.7.f": {
            "rise": by_seed(rise.sel(setup=[*STEP_DECAY, "fixup"]), "setup"),
            "rise_pyramidnet": rise.sel(setup="pyramidnet").values,
        },
        "fig-3.7.g": {
            f"drop_{name}": fall_of_mean.sel(setup=setup).values
            for name, setup in SCHEDULES.items()
        },
        "fig-3.7.h": {
            "drop": by_seed(middle.sel(setup=["resnet_cyclic", "resnet_onecycle"]), "setup")
        },
        "fig-3.7.i": {
            name: by_seed(upper.sel(setup=setup), "of_block") for name, setup in methods.items()
        },
        "fig-3.7.j": {"prelu": places("_prelu"), "relu": places("")},
        "txt-3.1.7.3": {
            f"valley_{name}": valley.sel(setup=setup).values
            for name, setup in (SCHEDULES | {"prelu": "resnet_prelu"}).items()
        },
    }


def _pyramidnet(record: xr.Dataset, full_size: bool) -> Quantities:
    pyramidnet = record.sel(setup="pyramidnet").dropna("layer", how="all")
    entropy, similarity = pyramidnet["relative_entropy"], pyramidnet["similarity_end"]
    times = times_to(similarity, 0.5)
    highest = even(similarity).idxmax("layer") == 1
    return {
        "fig-3.7.p": {
            "layer": pyramidnet.layer.values,
            "slopes": by_seed(slope(entropy), "layer"),
            "full_size": full_size,
        },
        "fig-3.7.ac": {
            "first_highest": highest.mean("step").values,
            "layer_of_lowest_entropy": int(even(entropy).mean(("step", "seed")).idxmin("layer")),
        },
        "fig-3.7.ad": {
            "last_layer": times.isel(layer=-1).values,
            "median_others": times.isel(layer=slice(None, -1)).median("layer").values,
        },
    }


def _additions(record: xr.Dataset) -> Quantities:
    """Layers directly after skip additions beside the others."""
    entropy, similarity = even(record["relative_entropy"]), even(record["similarity_end"])

    def difference(values: xr.DataArray, setup: str) -> np.ndarray:
        inside = values.where(record["block"] == 2)
        after, before = sides_of_additions(record, inside)
        return (after - before).mean("step").sel(setup=setup).values

    index = alternation(similarity).mean("step")
    return {
        "fig-3.7.l": {
            "relu": difference(entropy, ONE),
            "prelu": difference(entropy, "resnet_prelu"),
        },
        "fig-3.7.x": {
            "index_resnet": by_seed(index.sel(setup=RESNETS), "setup"),
            "index_convnet": index.sel(setup="convnet").values,
        },
        "fig-3.7.y": {
            name: difference(similarity, setup)
            for name, setup in (
                ("resnet_prelu", "resnet_prelu"),
                ("resnet_relu", ONE),
                ("convnet_prelu", "convnet_prelu"),
            )
        },
        "H-fig-3.c": {
            "index_prelu": index.sel(setup="convnet_prelu").values,
            "index_relu": index.sel(setup="convnet").values,
        },
    }


def _schedules(record: xr.Dataset) -> Quantities:
    """When and how evenly the patterns settle with each schedule."""
    similarity = record["similarity_end"]
    mean = similarity.mean("layer")
    schedules = mean.sel(setup=list(SCHEDULES.values()))
    before_end = schedules.isel(step=slice(None, -1))
    low, high = before_end.min("step"), before_end.max("step")
    at_once = bool((schedules.isel(step=0) > 0.2).any())
    start = times_to(schedules, (low + high) / 2 if at_once else 0.2)
    spread = times_to(similarity, 0.5).std("layer")
    duration = times_to(mean, 0.8) - times_to(mean, 0.2)

    def each(values: xr.DataArray, name: str) -> dict[str, np.ndarray]:
        return {f"{name}_{key}": values.sel(setup=setup).values for key, setup in SCHEDULES.items()}

    return {
        "fig-3.7.c": each(start, "start"),
        "fig-3.7.d": each(spread, "spread"),
        "fig-3.7.e": each(duration, "duration"),
    }


def _convergence(record: xr.Dataset) -> Quantities:
    """Which layers and which networks come to their final patterns first."""
    similarity = record["similarity_end"]
    times = times_to(similarity, 0.5)
    rho = rank_correlations(times)
    exempt = ["pyramidnet", "fixup"]
    others = [name for name in METHODS if name not in exempt]
    spread, mean_time = times.std("layer"), times.mean("layer")
    decay = [*STEP_DECAY, "fixup"]
    growth = even(similarity).mean("layer")
    last_block = _after_drops(in_block(record, similarity, 3), 0.95)
    return {
        "fig-3.7.k": {
            "rho": by_seed(rho.sel(setup=others), "setup"),
            "rho_exempt": by_seed(rho.sel(setup=exempt), "setup"),
        },
        "fig-3.7.r": {"similarity_start": by_seed(similarity.isel(step=0).max("layer"), "setup")},
        "fig-3.7.ab": {
            "spread_pyramidnet": spread.sel(setup="pyramidnet").values,
            "spread_others": by_seed(spread.sel(setup=decay), "setup"),
            "time": growth.step.values,
            "growth_pyramidnet": by_seed(growth.sel(setup="pyramidnet"), "step"),
            "growth_others": by_seed(growth.sel(setup=decay), "setup", "step"),
        },
        "txt-3.1.7.5": {
            "last_block": by_seed(
                last_block.sel(setup=[*STEP_DECAY, "pyramidnet", "fixup"]), "setup"
            ),
            "time_pyramidnet": mean_time.sel(setup="pyramidnet").values,
            "time_fixup": mean_time.sel(setup="fixup").values,
            "time_others": by_seed(mean_time.sel(setup=others), "setup"),
        },
    }


def _convnet_numbers(record: xr.Dataset) -> Quantities:
    """The numbers that the text gives for ConvNet-20 with ReLU and step decay."""
    convnet = record.sel(setup="convnet")
    similarity = convnet["similarity_end"]
    last = float(similarity.step[-1])
    blocks = xr.concat([in_block(convnet, similarity, number) for number in (1, 2, 3)], "of_block")
    top = last_layers(similarity, 1)
    final = record["similarity_end"].isel(step=-1).values
    rise = blocks.isel(step=-1, of_block=2) - _after_drops(blocks, 0.98).isel(of_block=2)
    return {
        "fig-3.7.s": {
            "similarity": time_mean(blocks.isel(of_block=0), 0.02 * last, 0.05 * last).values
        },
        "fig-3.7.t": {"similarity": _after_drops(blocks, 0.5).isel(of_block=1).values},
        "fig-3.7.u": {
            "similarity_start": _after_drops(top, 0.05).values,
            "similarity_before_drop": _after_drops(top, 0.5).values,
        },
        "fig-3.7.v": {
            "after_first_drop": by_seed(_after_drops(blocks, 0.52), "of_block"),
            "after_second_drop": by_seed(_after_drops(blocks, 0.77), "of_block"),
        },
        "fig-3.7.w": {"similarity_final": final[~np.isnan(final)], "rise": rise.values},
    }


def _cycles(record: xr.Dataset) -> Quantities:
    """What the waves of CyclicLR do."""
    cyclic = record.sel(setup="resnet_cyclic")
    waves = even(cyclic)
    rate = waves["learning_rate"].isel(seed=0).values
    mean = waves["similarity_end"].mean("layer")
    trend = xr.polyval(mean.step, mean.polyfit("step", 1).polyfit_coefficients)
    length = float(cyclic.step[-1]) / CYCLES
    whole = cyclic["similarity_end"].mean("layer")
    lowest = [
        whole.sel(step=slice((cycle + 0.25) * length, (cycle + 0.75) * length)).min("step")
        for cycle in range(CYCLES)
    ]
    return {
        "fig-3.7.z": {"rate": rate, "similarity": by_seed(mean - trend, "step")},
        "fig-3.7.aa": {
            "cycle": np.arange(1, CYCLES + 1),
            "lowest_similarity": by_seed(xr.concat(lowest, "cycle"), "cycle"),
            "accuracy": 100 * by_seed(cyclic["test_accuracy"], "tested"),
        },
    }


def _fixup(record: xr.Dataset, full_size: bool) -> Quantities:
    """FixUp beside ResNet-20, layer by layer."""
    similarity = record["similarity_end"]
    fixup, resnet = (
        times_to(similarity.sel(setup=name), 0.5).dropna("layer") for name in ("fixup", ONE)
    )
    early = fixup.mean("seed") < 0.5 * resnet.mean("seed")
    gap = abs(similarity.sel(setup="fixup") - similarity.sel(setup=ONE))
    difference = even(gap).median("step").where(~early, drop=True)
    return {
        "fig-3.7.ae": {
            "layer": fixup.layer.values,
            "time_fixup": by_seed(fixup, "layer"),
            "time_resnet": by_seed(resnet, "layer"),
            "full_size": full_size,
        },
        "fig-3.7.af": {"difference": by_seed(difference, "layer")},
    }
