"""What the sweeps of networks with and without skips say (thesis 3.2.4, figures 3.15 and 3.16)."""

import numpy as np
import xarray as xr

from relu_book.claims import Reading
from relu_book.experiments.curves import slope, time_mean
from relu_book.experiments.lengths import at_two_lengths
from relu_book.experiments.sensitivity.effects import EFFECTS
from relu_book.experiments.sensitivity.skips import SETUPS
from relu_book.experiments.sensitivity.transitions import (
    HIGH,
    LOW,
    check_is_there,
    coarse,
    columns,
    everywhere,
    fits,
    jumps,
    layer_mean,
    number,
    of_setup,
    usual_change,
    variation,
)
from relu_book.experiments.standing import joined

SKIPS = {"without": "convnet56", "with": "resnet56"}
NORMALISED = ("resnet56", "convnet56", "resnet18_no_skips")
PLACES = ("first", "middle", "last")
FIFTH = 0.2


def skips_at_two_lengths(record: xr.Dataset, third: xr.Dataset) -> Reading:
    """The claims on skips, on single layers and on jumps at drops of the rate.

    Args:
        record: As ``skips`` measures it.
        third: As ``skips_third`` does, with the same seeds.
    """
    check_is_there(record, SETUPS)
    check_is_there(third, SETUPS)
    parts = (
        (("fig-3.15.a", "fig-3.15.b"), ("resnet18_no_skips",), _layers),
        (("fig-3.16.a", "fig-3.16.b", "fig-3.16.c"), tuple(SKIPS.values()), _skips),
        (("fig-3.16.d",), ("convnet56",), _depth),
        (("txt-3.2.4.4",), NORMALISED, _drops),
        (("txt-3.2.4.5",), ("fixup20",), _hidden),
    )
    return joined(at_two_lengths(EFFECTS, *part, record, third) for part in parts)


def _skips(record: xr.Dataset) -> dict[str, dict]:
    """Sigma and the jumps of mu, without skips and with them."""
    parts = {name: of_setup(record, setup) for name, setup in SKIPS.items()}
    sigma = {name: fits(layer_mean(everywhere(one)))["sigma"] for name, one in parts.items()}
    return {
        "fig-3.16.a": {
            f"sigma_{name}": time_mean(values, 0, values.step[-1]) for name, values in sigma.items()
        },
        "fig-3.16.b": {f"variation_{name}": variation(values) for name, values in sigma.items()},
        "fig-3.16.c": {
            f"jump_{name}": jumps(coarse(one), one).mean("drop") for name, one in parts.items()
        },
    }


def _drops(record: xr.Dataset) -> dict[str, dict]:
    """Jumps of mu at drops of the rate, and what else happens."""
    both = [(coarse(one), one) for one in (of_setup(record, name) for name in NORMALISED)]
    found = {
        "jump": columns([abs(jumps(*each)).mean("drop") for each in both]),
        "usual_change": columns([usual_change(*each) for each in both]),
    }
    return {"txt-3.2.4.4": found}


def _layers(record: xr.Dataset) -> dict[str, dict]:
    """Mu and sigma of the first, the middle and the last layer of ResNet-18."""
    one = of_setup(record, "resnet18_no_skips")
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


def _depth(record: xr.Dataset) -> dict[str, dict]:
    """Shares at the rate where the mean over the layers is one half, of layers that tell."""
    one = everywhere(of_setup(record, "convnet56"))
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
    found = {
        "layer": kept.layer.values,
        "distance": kept.transpose("seed", "layer"),
        "layers": int(there.sum()),
    }
    return {"fig-3.16.d": found}


def _hidden(record: xr.Dataset) -> dict[str, dict]:
    """Jumps in units of what else happens, of the layer mean and of single layers."""
    one, ratio = of_setup(record, "fixup20"), {}
    for name, mu in (("mean", coarse(one)), ("layers", coarse(one, layers=True))):
        ratio[name] = abs(jumps(mu, one)).mean("drop") / usual_change(mu, one)
    # A layer that has no transition shows no jump.
    layers = ratio["layers"].transpose("seed", "layer").fillna(0.0)
    return {"txt-3.2.4.5": {"ratio_mean": ratio["mean"], "ratio_layers": layers}}
