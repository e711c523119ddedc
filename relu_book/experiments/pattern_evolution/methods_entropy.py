"""The entropy of architectures and methods through a whole training (thesis 3.1.6 and 3.1.7, left
column of figure 3.7; article 3.4).

Times are shares of the training. Counted steps are dense at the start; what is taken over
checkpoints as such uses those at whole twentieths of the training. Beside what a rule compares
stands what its guard needs: how many images were counted, and the share of distinct patterns where
it compares.
"""

import numpy as np
import xarray as xr

from relu_book.experiments.curves import (
    apart,
    at_share,
    during,
    in_blocks,
    in_last_layers,
    last_layers,
    rank_correlation,
    rank_within_blocks,
    slope,
    time_mean,
)
from relu_book.experiments.layers import sides_of_additions
from relu_book.experiments.pattern_evolution.evolution import counted
from relu_book.experiments.pattern_evolution.whole_training import METHODS

Quantities = dict[str, dict]
STEP_DECAY = ["convnet", "resnet", "convnet_prelu", "resnet_prelu"]
RESNETS = ["resnet", "resnet_prelu", "resnet_cyclic", "resnet_onecycle"]
# What the claims call them. ResNet-20 with ReLU and step decay is what the others stand beside.
ACTIVATIONS = {"relu": "resnet", "prelu": "resnet_prelu"}
CYCLIC = {"cyclic": "resnet_cyclic", "onecycle": "resnet_onecycle"}
SCHEDULES = {"step": "resnet"} | CYCLIC
DIP, RISING = 0.05, 0.6


def entropies(record: xr.Dataset, full_size: bool) -> Quantities:
    """The quantities of the claims on relative entropy.

    Args:
        record: As ``whole_training`` measures it, the eight methods, by ``size``.
        full_size: Whether 50,000 images were trained on for 200 epochs.
    """
    return {
        **_levels(record, full_size),
        **_pyramidnet(record),
        **_falls(record),
        **_rises(record),
    }


def dips(entropy: xr.DataArray) -> xr.DataArray:
    """How far the entropy of each layer falls below both its first and its last value."""
    ends = np.minimum(entropy.isel(step=0), entropy.isel(step=-1))
    return ends - entropy.min("step")


def dipping(entropy: xr.DataArray) -> xr.DataArray:
    """Share of the layers whose entropy dips by 0.05 or more."""
    return (dips(entropy) >= DIP).where(entropy.isel(step=0).notnull()).mean("layer")


def even(values: xr.DataArray) -> xr.DataArray:
    """The checkpoints at whole twentieths of the training, the start included, without the end."""
    steps = (np.arange(20) / 20 * int(values.step[-1])).round()
    return values.sel(step=values.step.isin(steps))


def called(values: xr.DataArray, names: dict[str, str]) -> xr.DataArray:
    """The set-ups under the names that claims give them."""
    return values.sel(setup=list(names.values())).assign_coords(setup=list(names))


def excess(values: xr.DataArray, others: list[str], setup: str) -> xr.DataArray:
    """How much larger the values of others are than those of a set-up, seed by seed."""
    return values.sel(setup=others) - values.sel(setup=setup, drop=True)


def _levels(record: xr.Dataset, full_size: bool) -> Quantities:
    """How the entropy is spread over layers and methods."""
    entropy, distinct, block = record["relative_entropy"], record["distinct"], record["block"]
    at_even, cells = even(entropy), even(distinct)
    lowest = in_blocks(at_even, block).idxmin("setup") == "fixup"
    in_time = in_blocks(time_mean(entropy, 0, np.inf), block).sel(block=1)
    end = last_layers(entropy.isel(step=-1), 3)
    slopes = slope(entropy.isel(size=-1).sel(setup="pyramidnet").dropna("layer", how="all"))
    sides = sides_of_additions(record, at_even.where(block == 2)).mean("step")
    schedules = {"step_decay": "resnet"} | CYCLIC
    return {
        "fig-3.7.a": {
            "rising_share": (rank_correlation(at_even) > RISING).mean("step"),
            "rising_within": (rank_within_blocks(at_even, block) > 0).mean("step"),
            **counted(record, cells),
        },
        "fig-3.7.l": {
            **apart(called(sides, ACTIVATIONS), "setup"),
            **counted(record, cells.sel(setup=[*ACTIVATIONS.values()]).where(block == 2)),
        },
        "fig-3.7.m": {
            **apart(lowest.mean("step").sel(block=[1, 3]), "block", "lowest_block_{}"),
            **counted(record, cells.where(block != 2)),
        },
        "fig-3.7.p": {"layer": slopes.layer, "slopes": slopes, "full_size": full_size},
        "H-fig-3.a": {
            **apart(called(end, schedules), "setup"),
            **counted(
                record, in_last_layers(distinct.isel(step=-1), 3).sel(setup=[*schedules.values()])
            ),
        },
        "H-fig-3.b": {
            "lead": -excess(in_time, RESNETS[:3], "resnet_onecycle"),
            **counted(record, distinct.sel(setup=RESNETS).where(block == 1)),
        },
    }


def _pyramidnet(record: xr.Dataset) -> Quantities:
    """PyramidNet-20 beside the other methods."""
    entropy, distinct, tenth = record["relative_entropy"], record["distinct"], _tenth(record)
    mean = entropy.mean("layer")
    jump = abs(time_mean(entropy, 0, np.inf).diff("layer")).max("layer")
    drift = entropy.sel(step=slice(tenth, None)).std("step").mean("layer")
    others = [name for name in METHODS if name != "pyramidnet"]
    normalised = [name for name in others if name != "fixup"]
    start = mean.isel(step=0)
    at_start = distinct.isel(step=[0]).drop_sel(setup="fixup")
    later = distinct.sel(setup=["pyramidnet"]).sel(step=[tenth], method="nearest")
    return {
        "fig-3.7.n": {
            "jump_excess": excess(jump, others, "pyramidnet"),
            "drift_excess": excess(drift, others, "pyramidnet"),
            **counted(record, distinct),
        },
        "fig-3.7.o": {
            "start_pyramidnet": start.sel(setup="pyramidnet"),
            "start_excess": excess(start, normalised, "pyramidnet"),
            "later_pyramidnet": at_share(mean, 0.1).sel(setup="pyramidnet"),
            **counted(record, xr.concat([at_start, later], "step", join="outer")),
        },
    }


def _falls(record: xr.Dataset) -> Quantities:
    """How far the entropy falls in the first tenth of the training."""
    entropy, block, tenth = record["relative_entropy"], record["block"], _tenth(record)
    early = during(record["distinct"], (0, tenth))
    fall = _fall(entropy)
    of_blocks = in_blocks(fall, block)
    middle = in_blocks(entropy, block).sel(block=2, setup=list(CYCLIC.values()))
    upper = ACTIVATIONS | CYCLIC
    first, last = of_blocks.sel(block=1, drop=True), last_layers(fall, 1)
    places = [(first, "resnet"), (first, "convnet"), (last, "convnet")]
    last_of_convnet = in_last_layers(block, 1).notnull() & block.setup.isin(STEP_DECAY[::2])

    def at(activation: str) -> xr.DataArray:
        found = [values.sel(setup=name + activation, drop=True) for values, name in places]
        return xr.concat(found, "place")

    return {
        "fig-3.7.g": {
            **apart(called(_fall(entropy.mean("layer")), SCHEDULES), "setup", "drop_{}"),
            **counted(record, early.sel(setup=[*SCHEDULES.values()])),
        },
        "fig-3.7.h": {
            "fall": middle.isel(step=0) - time_mean(middle, 0, tenth),
            **counted(record, early.sel(setup=[*CYCLIC.values()]).where(block == 2)),
        },
        "fig-3.7.i": {
            **apart(called(of_blocks.sel(block=[2, 3]), upper), "setup"),
            **counted(record, early.sel(setup=[*upper.values()]).where(block > 1)),
        },
        "fig-3.7.j": {
            "prelu": at("_prelu"),
            "relu": at(""),
            **counted(record, early.sel(setup=STEP_DECAY).where((block == 1) | last_of_convnet)),
        },
    }


def _rises(record: xr.Dataset) -> Quantities:
    """Whether what was lost comes back, and what the drops of the rate do."""
    entropy, distinct = record["relative_entropy"], record["distinct"]
    six = entropy.sel(setup=[*STEP_DECAY, *CYCLIC.values()])
    gain = six.isel(step=-1) - time_mean(six, 0, _tenth(record))
    last, last_cells = last_layers(entropy, 1), in_last_layers(distinct, 1)
    around = [(drop, drop + 0.02) for drop in (0.5, 0.75)]
    rise = sum(at_share(last, after) - at_share(last, before) for before, after in around) / 2
    decay = [*STEP_DECAY, "fixup"]
    steps = np.ravel(around) * float(record.step[-1])
    valley = called(dips(entropy).mean("layer"), SCHEDULES | {"prelu": "resnet_prelu"})
    return {
        "fig-3.7.b": {
            "dip_share": dipping(six),
            "regained": gain.where(dips(six) >= DIP).mean("layer").fillna(0.0),
            **counted(record, distinct.sel(setup=six.setup)),
        },
        "fig-3.7.f": {
            "rise": rise.sel(setup=decay),
            "rise_pyramidnet": rise.sel(setup="pyramidnet"),
            **counted(
                record,
                last_cells.sel(setup=[*decay, "pyramidnet"]).sel(step=steps, method="nearest"),
            ),
        },
        "txt-3.1.7.3": {
            **apart(valley, "setup", "valley_{}"),
            **counted(record, distinct.sel(setup=RESNETS)),
        },
    }


def _tenth(record: xr.Dataset | xr.DataArray) -> float:
    """The step at which a tenth of the training is over."""
    return float(record.step[-1]) / 10


def _fall(entropy: xr.DataArray) -> xr.DataArray:
    """Entropy before training less its minimum in the first tenth."""
    return entropy.isel(step=0) - entropy.sel(step=slice(0, _tenth(entropy))).min("step")
