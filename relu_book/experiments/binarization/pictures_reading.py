"""What networks for ImageNet with drawn weights say (thesis 4.2.3 to 4.2.5)."""

import numpy as np
import xarray as xr

from relu_book.claims import Reading
from relu_book.experiments.binarization.cifar_resnets_reading import lost_by_pruning
from relu_book.experiments.trainings import settings_of

PLAIN, FAMILIES = ["squeezenet"], 1


def pictures_reading(record: xr.Dataset) -> Reading:
    """The claims on most networks, of which one plain one is at hand.

    Args:
        record: As ``pictures`` measures it.
    """
    plain = relative(record).sel(network=PLAIN)
    mean, among = plain.mean("seed"), {"families": FAMILIES}
    found = {
        "fig-4.3.a": {"relative_accuracy": mean.sel(samples=4, drop=True)} | among,
        "fig-4.3.b": {
            "rise": plain.diff("samples"),
            "relative_accuracy_32": mean.sel(samples=32, drop=True),
        }
        | among,
    }
    return Reading(found, record)


def pruning_reading(resnets: xr.Dataset, pictures: xr.Dataset) -> Reading:
    """The claim on pruning, of five plain networks.

    Separable networks are left out: with 16 samples MobileNet has little accuracy left to lose.

    Args:
        resnets: As ``cifar_resnets`` measures it.
        pictures: As ``pictures`` does.
    """
    parts = [lost_by_pruning(resnets), lost_by_pruning(pictures.sel(network=PLAIN))]
    found = {
        name: xr.concat([part[name] for part in parts], "network", join="exact")
        for name in parts[0]
    }
    return Reading({"tab-4.2.order-prune": found}, resnets, pictures)


def errors_reading(record: xr.Dataset) -> Reading:
    """The claims on where the errors lie.

    Args:
        record: As ``picture_errors`` measures it.
    """
    one = record.isel(seed=0, drop=True)
    first, last = {"layer": 0}, {"layer": -1}
    relatives = [one["relative_object"], one["relative_brightness"]]
    both = [each.transpose("picture", "layer") for each in relatives]
    found = {
        "fig-4.4.a": {
            "repeats": settings_of(record)["repeats"],
            "correlation_brightness": one["absolute_brightness"].isel(first),
            "correlation_flatness": one["absolute_flatness"].isel(first),
            "maps": record.sizes["shown"],
        },
        "fig-4.4.b": {
            "ratio_last": one["ratio"].isel(last),
            "ratio_first": one["ratio"].isel(first),
        },
        "fig-4.4.c": {"correlation": np.concatenate(both, 1)},
    }
    return Reading(found, record)


def kept_reading(errors: xr.Dataset, pictures: xr.Dataset) -> Reading:
    """The claim on whether the errors of low layers matter.

    Args:
        errors: As ``picture_errors`` measures it.
        pictures: As ``pictures`` does.
    """
    kept = pictures["kept_right"].sel(network="squeezenet", samples=32, drop=True) / 100
    found = {"correlation": errors["first_last"].isel(seed=0, drop=True), "kept": kept}
    return Reading({"fig-4.4.d": found}, errors, pictures)


def relative(record: xr.Dataset) -> xr.DataArray:
    """Accuracy over that in float.

    Args:
        record: As ``pictures`` measures it.
    """
    return record["accuracy"] / record["float_accuracy"]
