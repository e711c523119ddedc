"""What the sweeps of networks with and without skips say (thesis 3.2.4, figures 3.15 and 3.16)."""

import numpy as np
import xarray as xr

from relu_book.claims import Reading
from relu_book.experiments.curves import slope, time_mean
from relu_book.experiments.sensitivity.lengths import with_lengths
from relu_book.experiments.sensitivity.skips import SETUPS
from relu_book.experiments.sensitivity.transitions import (
    HIGH,
    LOW,
    check_is_there,
    coarse,
    everywhere,
    fits,
    jumps,
    layer_mean,
    number,
    of_setup,
    usual_change,
    variation,
)

NORMALISED = ("resnet56", "convnet56", "resnet18_no_skips")
PLACES = ("first", "middle", "last")
FIFTH = 0.2


def skips_at_two_lengths(record: xr.Dataset, third: xr.Dataset) -> Reading:
    """The claims on skips, on single layers and on jumps at drops of the rate.

    Args:
        record: As ``skips`` measures it.
        third: As ``skips_third`` does, with the same seeds.
    """
    long, short = (_refutable(one) for one in (record, third))
    return Reading(with_lengths(long, short, record.sizes["seed"]), record, third)


def _refutable(record: xr.Dataset) -> dict[str, dict]:
    check_is_there(record, SETUPS)
    parts = {name: of_setup(record, name) for name in SETUPS}
    sigma = {
        name: fits(layer_mean(everywhere(parts[setup])))["sigma"]
        for name, setup in (("without", "convnet56"), ("with", "resnet56"))
    }
    mu = {name: coarse(parts[name]) for name in NORMALISED}
    jump = {name: jumps(mu[name], parts[name]) for name in NORMALISED}
    usual = {name: usual_change(mu[name], parts[name]) for name in NORMALISED}
    return {
        **_layers(parts["resnet18_no_skips"]),
        "fig-3.16.a": {
            f"sigma_{name}": time_mean(values, 0, values.step[-1]) for name, values in sigma.items()
        },
        "fig-3.16.b": {f"variation_{name}": variation(values) for name, values in sigma.items()},
        "fig-3.16.c": {
            "jump_without": jump["convnet56"].mean("drop"),
            "jump_with": jump["resnet56"].mean("drop"),
        },
        "fig-3.16.d": _depth(everywhere(parts["convnet56"])),
        "txt-3.2.4.4": {
            "jump": _columns({name: abs(values).mean("drop") for name, values in jump.items()}),
            "usual_change": _columns(usual),
        },
        "txt-3.2.4.5": _hidden(parts["fixup20"]),
    }


def _columns(values: dict[str, xr.DataArray]) -> xr.DataArray:
    return xr.concat(list(values.values()), "network").transpose("seed", "network")


def _layers(one: xr.Dataset) -> dict[str, dict]:
    """Mu and sigma of the first, the middle and the last layer of ResNet-18."""
    places = [0, one.sizes["layer"] // 2, -1]
    found = fits(everywhere(one)["distance"].isel(layer=places))
    mu, sigma = found["mu"], found["sigma"]
    colder = mu.isel(layer=0, drop=True) > mu.isel(layer=-1, drop=True)
    last = {"epoch": number(one, "epoch"), "fifth": FIFTH * number(one, "updates")}
    slopes = {
        f"{span}_{name}": slope(sigma.isel(layer=place, drop=True).sel(step=slice(0, end)))
        for span, end in last.items()
        for place, name in enumerate(PLACES)
    }
    return {
        "fig-3.15.a": {"colder": colder.mean("step")},
        "fig-3.15.b": {**slopes, "sigma_variation": variation(sigma).transpose("seed", "layer")},
    }


def _depth(one: xr.Dataset) -> dict:
    """Shares at the rate where the mean over the layers is one half, of layers that tell."""
    middle, logs = fits(layer_mean(one))["mu"], np.log(one.rate)
    at_middle = xr.apply_ufunc(
        lambda shares, mu: np.interp(mu, logs, shares),
        one["distance"],
        middle,
        input_core_dims=[["rate"], []],
        vectorize=True,
    ).mean("step")
    there = ((at_middle > LOW) & (at_middle < HIGH)).all("seed").values
    # Without any such layer the guard refuses what is said of all.
    kept = at_middle.isel(layer=there if there.any() else slice(None))
    return {
        "layer": kept.layer.values,
        "distance": kept.transpose("seed", "layer"),
        "layers": int(there.sum()),
    }


def _hidden(one: xr.Dataset) -> dict:
    """Jumps in units of what else happens, of the layer mean and of single layers."""
    ratio = {}
    for name, mu in (("mean", coarse(one)), ("layers", coarse(one, layers=True))):
        ratio[name] = abs(jumps(mu, one)).mean("drop") / usual_change(mu, one)
    # A layer that has no transition shows no jump.
    layers = ratio["layers"].transpose("seed", "layer").fillna(0.0)
    return {"ratio_mean": ratio["mean"], "ratio_layers": layers}
