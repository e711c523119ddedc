"""What the sweeps of wider and deeper networks say (thesis 3.2.4, figures 3.17 and 3.18)."""

import xarray as xr

from relu_book.claims import Reading
from relu_book.experiments.curves import time_mean
from relu_book.experiments.sensitivity.lengths import with_lengths
from relu_book.experiments.sensitivity.transitions import (
    check_is_there,
    everywhere,
    fits,
    layer_mean,
    number,
    of_setup,
)
from relu_book.experiments.sensitivity.width_depth import DEPTHS, SETUPS, WIDTHS


def width_depth_reading(record: xr.Dataset) -> Reading:
    """The claim on the first epoch of ToyNet.

    Args:
        record: As ``width_depth`` measures it.
    """
    check_is_there(record, SETUPS)
    starts = [start_and_later(of_setup(record, f"toynet_depth_{depth}")) for depth in DEPTHS]
    # All depths are claimed, so the one that shows it least is judged.
    least = min(starts, key=lambda one: float((one["mu_start"] - one["mu_first_epoch"]).mean()))
    return Reading({"fig-3.17.b": least}, record)


def width_depth_at_two_lengths(record: xr.Dataset, third: xr.Dataset) -> Reading:
    """The claims on mu and sigma by width and depth.

    Args:
        record: As ``width_depth`` measures it.
        third: As ``width_depth_third`` does, with the same seeds.
    """
    long, short = (_refutable(one) for one in (record, third))
    return Reading(with_lengths(long, short, record.sizes["seed"]), record, third)


def start_and_later(one: xr.Dataset) -> dict[str, xr.DataArray]:
    """Mu before training, in epoch 1 and in the last third."""
    mu = fits(layer_mean(everywhere(one)))["mu"]
    last = mu.step[-1]
    return {
        "mu_start": mu.isel(step=0, drop=True),
        "mu_first_epoch": time_mean(mu, 1, number(one, "epoch")),
        "mu_last_third": time_mean(mu, 2 / 3 * last, last),
    }


def _refutable(record: xr.Dataset) -> dict[str, dict]:
    check_is_there(record, SETUPS)
    wide = [everywhere(of_setup(record, f"resnet_width_{width}")) for width in WIDTHS]
    deep = [everywhere(of_setup(record, f"toynet_depth_{depth}")) for depth in DEPTHS]
    mu_by_width = _over_training([fits(layer_mean(one))["mu"] for one in wide])
    single = [fits(one["distance"])["sigma"].mean("layer") for one in wide]
    return {
        "fig-3.17.a": {
            "depth": DEPTHS,
            "mu_by_depth": _over_training([fits(layer_mean(one))["mu"] for one in deep]),
            "width": WIDTHS,
            "mu_by_width": mu_by_width,
        },
        "fig-3.18.a": {"width": WIDTHS, "mu": mu_by_width},
        "fig-3.18.b": {
            "width": WIDTHS,
            "sigma": _over_training([fits(layer_mean(one))["sigma"] for one in wide]),
            "layer_sigma": _over_training(single),
        },
    }


def _over_training(values: list[xr.DataArray]) -> xr.DataArray:
    """Means over the time of training, by seed and network."""
    means = [time_mean(each, 0, each.step[-1]) for each in values]
    return xr.concat(means, "network").transpose("seed", "network")
