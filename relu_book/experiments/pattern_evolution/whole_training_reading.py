"""What the claims on the whole training of the three networks ask of its record (thesis 3.1.4 and
3.1.7, figure 3.2; article 4.3).

Each entry is computed from the record of ``whole_training`` and has the names that the rule of the
claim knows; H-fig-1.c also needs the early phase, where the first steps are counted one by one.
"""

import numpy as np
import xarray as xr

from relu_book.experiments.curves import by_seed
from relu_book.experiments.trainings import NETWORKS


def long_quantities(record: xr.Dataset, early: xr.Dataset, epoch: int) -> dict[str, dict]:
    """The measured quantities of the claims on figure 3.2, by claim.

    Args:
        record: As ``whole_training`` measures it.
        early: As ``early_phase`` measures it.
        epoch: Steps of an epoch of ``record``, one of the counted ones.

    Returns:
        For each claim the keyword arguments of ``relu_book.claims.check``.
    """
    record = record.sel(setup=list(NETWORKS)).rename(setup="network")
    similarity = record["similarity_start"]
    mean = similarity.mean("layer")
    lowest, end = mean.min("step"), mean.isel(step=-1)
    plain = ["toynet", "convnet"]
    fall = {f"drop_{name}": (1 - lowest).sel(network=name).values for name in ("convnet", "resnet")}
    regained = {
        "lowest_similarity": by_seed(lowest.sel(network=plain), "network"),
        "similarity_end": by_seed(end.sel(network=plain), "network"),
    }
    steadiest = _steadiest(similarity.sel(network="resnet"))
    after_epoch = similarity.sel(step=epoch)
    early_mean = early["similarity_start"].sel(network="toynet").mean("layer")
    return {
        "H-fig-1.c": {
            "lowest_similarity": early_mean.sel(step=slice(1, 100)).min("step").values,
            "similarity_end": end.sel(network="toynet").values,
        },
        "fig-3.2.a": {
            "lowest_similarity": lowest.sel(network="toynet").values,
            "similarity_end": end.sel(network="toynet").values,
        },
        "fig-3.2.b": regained,
        "fig-3.2.c": {**fall, "steadiest": steadiest},
        "fig-3.2.d": {
            **{name: by_seed(after_epoch.sel(network=name), "layer") for name in NETWORKS},
            **{
                f"{name}_mean": after_epoch.sel(network=name).mean("layer").values
                for name in ("convnet", "resnet")
            },
        },
        "fig-3.2.e": {
            "surviving": by_seed(record["retained_start"].mean("layer").min("step"), "network")
        },
        "H-fig-4": {**regained, **fall, "steadiest": steadiest},
    }


def _steadiest(similarity: xr.DataArray) -> np.ndarray:
    """For each seed, how little a layer moves over half of the run, at best.

    Smallest over layers and stretches of half the run of (largest - smallest) / mean. The start,
    where every similarity is 1, is left out.
    """
    later = similarity.sel(step=slice(1, None))
    steps = later.step.values
    half = steps[-1] / 2
    spreads = []
    for first in steps[steps <= steps[-1] - half]:
        inside = np.flatnonzero((steps >= first) & (steps <= first + half))
        # A stretch ends at the first counted step that makes it half the run or longer.
        if steps[inside[-1]] < first + half:
            inside = np.append(inside, inside[-1] + 1)
        part = later.isel(step=inside)
        spreads.append((part.max("step") - part.min("step")) / part.mean("step"))
    return xr.concat(spreads, "stretch").min(("stretch", "layer")).values
