"""What the sweeps of other networks say (thesis 3.2.4, figure 3.19; supplement C, figure 3)."""

import numpy as np
import xarray as xr

from relu_book.claims import Reading
from relu_book.experiments.curves import slope
from relu_book.experiments.sensitivity.other_nets import SETUPS
from relu_book.experiments.sensitivity.profiles import SETUPS as SCHEDULES
from relu_book.experiments.sensitivity.transitions import (
    check_is_there,
    everywhere,
    fits,
    layer_mean,
    number,
    of_setup,
    quality,
)
from relu_book.experiments.sensitivity.width_depth_reading import start_and_later
from relu_book.experiments.standing import standing

CHECKPOINTS = 12
FIT, EXPLAINED, RATES = 0.05, 0.97, 5
ROSE = 3.0  # times the first loss, and a training diverges
WARNS = 2.0  # times its running median, and sigma warns
# Nothing is learned where a training diverges, and nothing is settled in half an epoch.
SHORT = ("vgg11_converging", "vgg11_diverging")
QUALITY = ("vgg16", "pyramidnet41")
LEARNING = ("vgg16", "vgg16_no_norm", "pyramidnet41", "four_fashion", "four_cifar")


def other_nets_reading(record: xr.Dataset) -> Reading:
    """The claims on VGG, on FashionMNIST and on what diverges.

    Args:
        record: As ``other_nets`` measures it.
    """
    check_is_there(record, SETUPS)
    return (
        standing(("S-fig-3.a",), QUALITY, _two_more, record)
        | standing(("S-fig-3.b",), ("four_fashion",), _fashion, record)
        | standing(("fig-3.19.a",), ("vgg16_no_norm",), _start, record)
        # Of a training that diverges these are the claims.
        | Reading(_watched(record), record)
    )


def hypothesis_reading(profiles: xr.Dataset, other_nets: xr.Dataset) -> Reading:
    """Hypothesis 2 on several networks and data sets.

    Args:
        profiles: As ``profiles`` measures it.
        other_nets: As ``other_nets`` does.
    """
    check_is_there(profiles, SCHEDULES)
    check_is_there(other_nets, LEARNING)
    return standing(("hyp-2",), (*SCHEDULES, *LEARNING), _hypothesis, profiles, other_nets)


def _hypothesis(profiles: xr.Dataset, other_nets: xr.Dataset) -> dict[str, dict]:
    parts = [of_setup(profiles, name) for name in SCHEDULES]
    parts += [of_setup(other_nets, name) for name in LEARNING]
    data = {SETUPS[name].get("data", "cifar10") for name in LEARNING}
    networks = {SETUPS[name]["network"] + str(SETUPS[name]["depth"]) for name in LEARNING}
    found = {"networks": 1 + len(networks), "data_sets": len(data)}
    return {"hyp-2": {**_qualities(parts), **found}}


def _two_more(record: xr.Dataset) -> dict[str, dict]:
    return {"S-fig-3.a": _qualities([of_setup(record, name) for name in QUALITY])}


def _fashion(record: xr.Dataset) -> dict[str, dict]:
    one = of_setup(record, "four_fashion")
    sigma = fits(layer_mean(everywhere(one)))["sigma"]
    found = {
        "sigma_start": sigma.isel(step=0, drop=True),
        "sigma_end": sigma.isel(step=-1, drop=True),
        "epochs": number(one, "updates") / number(one, "epoch"),
    }
    return {"S-fig-3.b": found}


def _start(record: xr.Dataset) -> dict[str, dict]:
    return {"fig-3.19.a": start_and_later(of_setup(record, "vgg16_no_norm"))}


def _watched(record: xr.Dataset) -> dict[str, dict]:
    converging, diverging = (of_setup(record, name) for name in SHORT)
    found = {
        "warned": _warned(diverging),
        "false_alarm": _warned(converging),
        "slope_converging": slope(fits(layer_mean(everywhere(converging)))["sigma"]),
    }
    return {"S-fig-3.c": _when_diverging(diverging, converging), "fig-3.19.b": found}


def checkpoints(one: xr.Dataset) -> xr.Dataset:
    """Twelve states in which all rates were tried, evenly in their order."""
    found = everywhere(one)
    places = np.linspace(0, found.sizes["step"] - 1, CHECKPOINTS).round().astype(int)
    return found.isel(step=places)


def rows(values: xr.DataArray) -> np.ndarray:
    """The checkpoints of all seeds in a row."""
    return values.transpose("seed", "step").values.ravel()


def _qualities(parts: list[xr.Dataset]) -> dict:
    """How well the layer mean is fitted, checkpoints by set-ups, and in how many layers it is."""
    of_mean = [quality(layer_mean(checkpoints(one))) for one in parts]
    named = {"fit_rmse": "rmse", "explained": "explained", "rates": "rates"}
    return {
        **{name: np.stack([rows(each[key]) for each in of_mean], 1) for name, key in named.items()},
        "layer_fits": [_layer_fits(checkpoints(one)) for one in parts],
    }


def _layer_fits(one: xr.Dataset) -> float:
    found = quality(one["distance"])
    judged = found["rates"] >= RATES
    passed = judged & (found["rmse"] < FIT) & (found["explained"] > EXPLAINED)
    return float(passed.sum() / judged.sum()) if bool(judged.any()) else 0.0


def _when_diverging(diverging: xr.Dataset, converging: xr.Dataset) -> dict:
    """Errors between the plateaus, over the states in which the diverging network computes."""
    errors = {}
    there = layer_mean(everywhere(diverging)).notnull().any("rate")
    for name, one in (("rmse_diverging", diverging), ("rmse_converging", converging)):
        found = quality(layer_mean(everywhere(one)))
        error = found["rmse"].where(there & (found["rates"] > 0))
        errors[name] = error.mean("step").fillna(0.0)
    return errors


def _onset(one: xr.Dataset) -> xr.DataArray:
    """The first step whose loss is not a number or above three times the first; else the last."""
    loss = one["loss"]
    rose = ~(loss <= ROSE * loss.isel(update=0))
    return loss["update"].where(rose).min("update").fillna(number(one, "updates"))


def _warned(one: xr.Dataset) -> xr.DataArray:
    """Whether sigma exceeded twice its running median before the onset."""
    sigma = fits(layer_mean(everywhere(one)))["sigma"]
    median = sigma.copy()
    for place in range(sigma.sizes["step"]):
        median[{"step": place}] = sigma.isel(step=slice(0, place)).median("step")
    return ((sigma > WARNS * median) & (sigma.step < _onset(one))).any("step")
