"""What the claims on single updates ask of their records (thesis 3.1.3 and 3.1.7, article 2.2)."""

import json

import numpy as np
import xarray as xr

from relu_book.experiments.curves import net_changes

SETTLED = 20  # updates after the start, when patterns change so much that no batch stands out


def unchanged_training(record: xr.Dataset) -> dict:
    """txt-3.1.3.1: values that differ between trainings with and without measurement."""
    settings = json.loads(record.attrs["settings"])
    differing = record["differing_values"].sum("seed").values
    return {
        "differing_values": differing,
        "training_steps": np.full(len(differing), settings["steps"]),
    }


def more_points(record: xr.Dataset) -> dict:
    """txt-3.1.2.2: what twice the images do to the Jaccard indices of one update.

    A case is a network and a seed; indices are means over its layers.
    """
    mean = record[["plain", "weighted"]].mean("layer")
    change = (mean.isel(images=1) - mean.isel(images=0)).stack(case=("network", "seed"))
    return {f"change_{name}": change[name].values for name in ("plain", "weighted")}


def standing_out(record: xr.Dataset) -> dict:
    """txt-3.1.7.1: how far the updates with spoilt batches stand out from the clean ones.

    The change of an update is its absolute relative net change, a mean over the layers. Clean
    updates are those after the first 20, spoilt ones left out, in the same training.
    """
    change = abs(net_changes(record)).mean("layer").sel(step=slice(SETTLED + 1, None))
    change = change.transpose("network", "seed", "step")
    spoilt = record["spoilt"].isel(network=0, seed=0).sel(step=change.step).values == 1
    clean = change.isel(step=~spoilt)
    deviations = (change - clean.mean("step")) / clean.std("step", ddof=1)
    below = (clean.values[..., None, :] < change.isel(step=spoilt).values[..., None]).mean(-1)
    return {
        "z_scores": deviations.isel(step=spoilt).values.ravel(),
        "clean_below": below.ravel(),
    }
