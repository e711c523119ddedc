"""The entropy of architectures and methods through a whole training (thesis 3.1.6 and 3.1.7, left
column of figure 3.7; article 3.4).

Times are shares of the training. Counted steps are dense at the start; what is taken over
checkpoints as such uses those at whole twentieths of the training.
"""

import numpy as np
import xarray as xr

from relu_book.experiments.curves import (
    apart,
    at_share,
    in_blocks,
    last_layers,
    rank_correlation,
    slope,
    slope_after,
    time_mean,
)
from relu_book.experiments.layers import sides_of_additions
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
        record: As ``whole_training`` measures it, the eight methods.
        full_size: Whether 50,000 images were trained on for 200 epochs.
    """
    return {**_levels(record, full_size), **_falls(record), **_rises(record)}


def dips(entropy: xr.DataArray) -> xr.DataArray:
    """How far the entropy of each layer falls below both its first and its last value."""
    ends = np.minimum(entropy.isel(step=0), entropy.isel(step=-1))
    return ends - entropy.min("step")


def even(values: xr.DataArray) -> xr.DataArray:
    """The checkpoints at whole twentieths of the training, the start included, without the end."""
    steps = (np.arange(20) / 20 * int(values.step[-1])).round()
    return values.sel(step=values.step.isin(steps))


def called(values: xr.DataArray, names: dict[str, str]) -> xr.DataArray:
    """The set-ups under the names that claims give them."""
    return values.sel(setup=list(names.values())).assign_coords(setup=list(names))


def _fall(entropy: xr.DataArray) -> xr.DataArray:
    """Entropy before training less its minimum in the first tenth."""
    tenth = float(entropy.step[-1]) / 10
    return entropy.isel(step=0) - entropy.sel(step=slice(0, tenth)).min("step")


def _levels(record: xr.Dataset, full_size: bool) -> Quantities:
    entropy, tenth = record["relative_entropy"], float(record.step[-1]) / 10
    mean, in_time = entropy.mean("layer"), time_mean(entropy, 0, np.inf)
    lowest = in_blocks(even(entropy), record["block"]).idxmin("setup") == "fixup"
    jump = abs(in_time.diff("layer")).max("layer")
    drift = entropy.sel(step=slice(tenth, None)).std("step").mean("layer")
    pyramidnet = {"setup": "pyramidnet"}
    others = [name for name in METHODS if name != "pyramidnet"]
    block_1 = in_blocks(in_time, record["block"]).sel(block=1)
    end = last_layers(entropy.isel(step=-1), 3)
    slopes = slope(entropy.sel(pyramidnet).dropna("layer", how="all"))
    sides = sides_of_additions(record, even(entropy).where(record["block"] == 2)).mean("step")
    return {
        "fig-3.7.a": {"rising_share": (rank_correlation(even(entropy)) > RISING).mean("step")},
        "fig-3.7.l": apart(called(sides, ACTIVATIONS), "setup"),
        "fig-3.7.m": apart(lowest.mean("step").sel(block=[1, 3]), "block", "lowest_block_{}"),
        "fig-3.7.n": {
            "jump_pyramidnet": jump.sel(pyramidnet),
            "jump_others": jump.sel(setup=others),
            "drift_pyramidnet": drift.sel(pyramidnet),
            "drift_others": drift.sel(setup=others),
        },
        "fig-3.7.o": {
            "start_pyramidnet": mean.isel(step=0).sel(pyramidnet),
            "start_others": mean.isel(step=0).sel(setup=others).drop_sel(setup="fixup"),
            "later_pyramidnet": at_share(mean, 0.1).sel(pyramidnet),
        },
        "fig-3.7.p": {"layer": slopes.layer, "slopes": slopes, "full_size": full_size},
        "H-fig-3.a": apart(called(end, {"step_decay": "resnet"} | CYCLIC), "setup"),
        "H-fig-3.b": {
            "onecycle": block_1.sel(setup="resnet_onecycle"),
            "others": block_1.sel(setup=RESNETS[:3]),
        },
    }


def _falls(record: xr.Dataset) -> Quantities:
    """How far the entropy falls in the first tenth of the training."""
    entropy, block = record["relative_entropy"], record["block"]
    fall = _fall(entropy)
    of_blocks = in_blocks(fall, block)
    first, last = of_blocks.sel(block=1, drop=True), fall.isel(layer=-1, drop=True)
    middle = _fall(in_blocks(entropy, block).sel(block=2))

    def places(activation: str) -> xr.DataArray:
        networks = (first, "resnet"), (first, "convnet"), (last, "convnet")
        found = [values.sel(setup=name + activation, drop=True) for values, name in networks]
        return xr.concat(found, "place")

    return {
        "fig-3.7.g": apart(called(_fall(entropy.mean("layer")), SCHEDULES), "setup", "drop_{}"),
        "fig-3.7.h": {"drop": middle.sel(setup=list(CYCLIC.values()))},
        "fig-3.7.i": apart(called(of_blocks.sel(block=[2, 3]), ACTIVATIONS | CYCLIC), "setup"),
        "fig-3.7.j": {"prelu": places("_prelu"), "relu": places("")},
    }


def _rises(record: xr.Dataset) -> Quantities:
    """Whether what was lost comes back, and what the drops of the rate do."""
    entropy = record["relative_entropy"]
    six = entropy.sel(setup=[*STEP_DECAY, *CYCLIC.values()])
    dipping = dips(six) >= DIP
    recovery = slope_after(six, six.idxmin("step")).where(dipping).mean("layer").fillna(0.0)
    last = last_layers(entropy, 1)
    rise = sum(at_share(last, drop + 0.02) - at_share(last, drop) for drop in (0.5, 0.75)) / 2
    valley = called(dips(entropy).mean("layer"), SCHEDULES | {"prelu": "resnet_prelu"})
    return {
        "fig-3.7.b": {
            # A plain array, so that the ledger keeps its words.
            "dip_share": dipping.where(six.isel(step=0).notnull()).mean("layer").T.values,
            "slope_after": recovery,
        },
        "fig-3.7.f": {
            "rise": rise.sel(setup=[*STEP_DECAY, "fixup"]),
            "rise_pyramidnet": rise.sel(setup="pyramidnet"),
        },
        "txt-3.1.7.3": apart(valley, "setup", "valley_{}"),
    }
