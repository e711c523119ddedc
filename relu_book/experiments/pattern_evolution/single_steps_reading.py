"""What the records on single updates say (thesis 3.1.3 and 3.1.7, article 2.2)."""

import numpy as np
import xarray as xr

from relu_book.claims import Reading
from relu_book.experiments.pattern_evolution.evolution import distinct_share, net_changes
from relu_book.experiments.trainings import settings_of

SETTLED = 20  # updates after the start, when patterns change so much that no batch stands out


def unchanged_training(record: xr.Dataset) -> Reading:
    """txt-3.1.3.1: values that differ between trainings with and without measurement."""
    differing = record["differing_values"].sum("seed")
    steps = np.full(differing.shape, settings_of(record)["steps"])
    return Reading(
        {"txt-3.1.3.1": {"differing_values": differing, "training_steps": steps}}, record
    )


def more_points(record: xr.Dataset) -> Reading:
    """txt-3.1.2.2: what twice the images do to the Jaccard indices of one update.

    A case is a network and a seed; indices are means over its layers.
    """
    change = record[["plain", "weighted"]].mean("layer").diff("images").isel(images=0)
    cases = change.stack(case=("network", "seed"))
    return Reading(
        {"txt-3.1.2.2": {f"change_{name}": cases[name] for name in ("plain", "weighted")}}, record
    )


def standing_out(record: xr.Dataset) -> Reading:
    """txt-3.1.7.1: how far the updates with spoilt batches stand out from the clean ones.

    The change of an update is its absolute relative net change, a mean over the layers. Clean
    updates are those after the first 20, spoilt ones left out, in the same training.
    """
    counted = record["distinct"].sel(step=slice(SETTLED + 1, None))
    change = abs(net_changes(record)).mean("layer").sel(step=slice(SETTLED + 1, None))
    change = change.transpose("network", "seed", "step")
    is_spoilt = record["spoilt"].isel(network=0, seed=0).sel(step=change.step).values == 1
    clean, spoilt = change.isel(step=~is_spoilt), change.isel(step=is_spoilt)
    deviations = (spoilt - clean.mean("step")) / clean.std("step", ddof=1)
    below = (clean.values[..., None, :] < spoilt.values[..., None]).mean(-1)
    found = {
        "z_scores": deviations.values.ravel(),
        "clean_below": below.ravel(),
        "distinct_share": distinct_share(counted, _evaluations(record)),
    }
    return Reading({"txt-3.1.7.1": found}, record)


def _evaluations(record: xr.Dataset) -> xr.DataArray:
    """Evaluations of each layer, which this record does not hold: three blocks of halved sides."""
    settings, layers = settings_of(record), record.sizes["layer"]
    # A block has a third of the layers, the first one more.
    block = (np.arange(layers) - 1).clip(0) // (layers // 3)
    sides = settings["size"] // 2**block
    return xr.DataArray(
        settings["measured_images"] * sides**2, {"layer": record.layer.values}, "layer"
    )
