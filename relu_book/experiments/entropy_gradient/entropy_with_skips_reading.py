"""What networks with and without skips say on the entropy of their layers (thesis A.1.1).

A layer counts where, in both networks, at all times and with either number of images, fewer than
half of its patterns are distinct: elsewhere an entropy near its bound is that of the number of
images.
"""

import xarray as xr

from relu_book.claims import Reading
from relu_book.experiments.curves import in_blocks
from relu_book.experiments.entropy_gradient.effects import EFFECTS
from relu_book.experiments.entropy_gradient.entropy_with_skips import NETWORKS
from relu_book.experiments.lengths import with_lengths
from relu_book.experiments.trainings import by_size

LOW = 0.9  # of the relative entropy


def skips_at_two_lengths(record: xr.Dataset, third: xr.Dataset) -> Reading:
    """The claim on entropy during training.

    Args:
        record: As ``entropy_with_skips`` measures it.
        third: As ``entropy_with_skips_third`` does, with the same seeds.
    """
    long, short = _entropies(record), _entropies(third)
    return Reading(with_lengths(EFFECTS, long, short, record.sizes["seed"]), record, third)


def counting(record: xr.Dataset) -> xr.DataArray:
    """Whether a layer counts, by ``layer``.

    Args:
        record: As ``entropy_with_skips`` measures it.
    """
    share = record["distinct"] / record["evaluations"]
    return (share < 0.5).all([dim for dim in share.dims if dim != "layer"])


def during_training(record: xr.Dataset) -> xr.DataArray:
    """The relative entropy of each layer, its mean over the times after the start.

    Args:
        record: As ``entropy_with_skips`` measures it.

    Returns:
        By ``size`` (how many images were counted), ``network``, ``seed`` and ``layer``.
    """
    return by_size(record)["relative_entropy"].isel(step=slice(1, None)).mean("step")


def lowest_in_training(record: xr.Dataset) -> xr.DataArray:
    """As ``during_training``, the lowest of these times in place of their mean."""
    return by_size(record)["relative_entropy"].isel(step=slice(1, None)).min("step")


def _entropies(record: xr.Dataset) -> dict[str, dict]:
    counts = counting(record)
    # Without any layer that counts the guard refuses what is said of all.
    values = during_training(record).where(counts | ~counts.any())
    without, having = (values.sel(network=name, drop=True) for name in NETWORKS)
    block = record["block"].isel(seed=0, network=0, drop=True)
    gain = in_blocks(having - without, block).dropna("block", how="all")
    lowest = lowest_in_training(record).sel(network=NETWORKS[0], drop=True)
    low, low_once = (
        (each < LOW).where(without.notnull()).mean("layer").transpose("size", "seed")
        for each in (without, lowest)
    )
    return {
        "txt-A.1.1": {
            "images": values["size"].values,
            "low_share": low,
            "low_share_once": low_once,
            "gain": gain.transpose("size", "seed", "block"),
            "counted": int(counts.sum()),
        }
    }
