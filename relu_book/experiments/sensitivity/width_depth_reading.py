"""What the sweeps of wider and deeper networks say (thesis 3.2.4, figures 3.17 and 3.18)."""

import xarray as xr

from relu_book.claims import Reading
from relu_book.experiments.curves import time_mean
from relu_book.experiments.lengths import at_two_lengths
from relu_book.experiments.sensitivity.effects import EFFECTS
from relu_book.experiments.sensitivity.transitions import (
    check_is_there,
    columns,
    everywhere,
    fits,
    layer_mean,
    number,
    of_setup,
)
from relu_book.experiments.sensitivity.width_depth import DEPTHS, SETUPS, WIDTHS
from relu_book.experiments.standing import joined, standing

TOYNETS = tuple(f"toynet_depth_{depth}" for depth in DEPTHS)
RESNETS = tuple(f"resnet_width_{width}" for width in WIDTHS)


def width_depth_reading(record: xr.Dataset) -> Reading:
    """The claim on the first epoch of ToyNet.

    Args:
        record: As ``width_depth`` measures it.
    """
    check_is_there(record, SETUPS)
    return standing(("fig-3.17.b",), TOYNETS, _start, record)


def width_depth_at_two_lengths(record: xr.Dataset, third: xr.Dataset) -> Reading:
    """The claims on mu and sigma by width and depth.

    Args:
        record: As ``width_depth`` measures it.
        third: As ``width_depth_third`` does, with the same seeds.
    """
    check_is_there(record, SETUPS)
    check_is_there(third, SETUPS)
    parts = (
        (("fig-3.17.a",), (*TOYNETS, *RESNETS), _depth),
        (("fig-3.18.a", "fig-3.18.b"), RESNETS, _width),
    )
    return joined(at_two_lengths(EFFECTS, *part, record, third) for part in parts)


def start_and_later(one: xr.Dataset) -> dict[str, xr.DataArray]:
    """Mu before training, in epoch 1 and in the last third."""
    mu = fits(layer_mean(everywhere(one)))["mu"]
    last = mu.step[-1]
    return {
        "mu_start": mu.isel(step=0, drop=True),
        "mu_first_epoch": time_mean(mu, 1, number(one, "epoch")),
        "mu_last_third": time_mean(mu, 2 / 3 * last, last),
    }


def _start(record: xr.Dataset) -> dict[str, dict]:
    starts = [start_and_later(of_setup(record, setup)) for setup in TOYNETS]
    # All depths are claimed, so the one that shows it least is judged.
    least = min(starts, key=lambda one: float((one["mu_start"] - one["mu_first_epoch"]).mean()))
    return {"fig-3.17.b": least}


def _depth(record: xr.Dataset) -> dict[str, dict]:
    by_depth, by_width = (
        _over_training([fits(layer_mean(one))["mu"] for one in _swept(record, setups)])
        for setups in (TOYNETS, RESNETS)
    )
    return {
        "fig-3.17.a": {
            "depth": DEPTHS,
            "mu_by_depth": by_depth,
            "width": WIDTHS,
            "mu_by_width": by_width,
        }
    }


def _width(record: xr.Dataset) -> dict[str, dict]:
    wide = _swept(record, RESNETS)
    found = [fits(layer_mean(one)) for one in wide]
    single = [fits(one["distance"])["sigma"].mean("layer") for one in wide]
    return {
        "fig-3.18.a": {"width": WIDTHS, "mu": _over_training([one["mu"] for one in found])},
        "fig-3.18.b": {
            "width": WIDTHS,
            "sigma": _over_training([one["sigma"] for one in found]),
            "layer_sigma": _over_training(single),
        },
    }


def _swept(record: xr.Dataset, setups: tuple[str, ...]) -> list[xr.Dataset]:
    return [everywhere(of_setup(record, setup)) for setup in setups]


def _over_training(values: list[xr.DataArray]) -> xr.DataArray:
    """Means over the time of training, by seed and network."""
    means = [time_mean(each, 0, each.step[-1]) for each in values]
    return columns(means)
