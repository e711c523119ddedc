"""What the sweeps of ResNet-56 under two schedules say (thesis 3.2.3; supplement C, figure 4)."""

from itertools import combinations, pairwise

import numpy as np
import xarray as xr

from relu_book.claims import Reading
from relu_book.claims.statistics import spearman
from relu_book.experiments.lengths import at_two_lengths
from relu_book.experiments.sensitivity.effects import EFFECTS
from relu_book.experiments.sensitivity.profiles import PEAKS, SETUPS
from relu_book.experiments.sensitivity.transitions import (
    DECADES,
    HIGH,
    LOW,
    check_is_there,
    ends,
    everywhere,
    fits,
    layer_mean,
    number,
    of_setup,
    rate_at,
    variation,
)
from relu_book.experiments.standing import joined, standing
from relu_book.transition import ArctanPower, ErfPower, LogNormal, change_probability

BAND, MOST = (0.1, 0.9), 0.8  # of the rates between which D is, so many must cool
EARLY = 0.3  # of OneCycle's run
NEAR, WIDE = 0.05, 0.001
SOURCE_IS_RESNET50 = 0
SHAPES = (*(f"fig-3.11.{part}" for part in "abcf"), "alg-D.e")
REFUTABLE = (
    *(f"fig-3.{part}" for part in ("11.d", "11.e", "12.a", "12.b", "13")),
    *(f"S-fig-4.{part}" for part in "abc"),
)

Parts = dict[str, xr.Dataset]


def profiles_reading(record: xr.Dataset) -> Reading:
    """The claims that one length decides.

    Args:
        record: As ``profiles`` measures it.
    """
    check_is_there(record, SETUPS)
    decaying = ("thm-1.c", "fig-3.14")
    return standing(SHAPES, tuple(SETUPS), _shapes, record) | standing(
        decaying, ("step_decay",), _before_training, record
    )


def profiles_at_two_lengths(record: xr.Dataset, third: xr.Dataset, peaks: xr.Dataset) -> Reading:
    """The claims that a short training alone does not refute.

    Args:
        record: As ``profiles`` measures it.
        third: As ``profiles_third`` does, with the same seeds.
        peaks: As ``peaks`` measures it.

    Raises:
        ValueError: the schedules were not trained at the best of the largest rates.
    """
    if peaks.attrs["scale"] != "smoke":
        _check_peaks(peaks)
    check_is_there(record, SETUPS)
    check_is_there(third, SETUPS)
    parts = ((REFUTABLE, tuple(SETUPS), _refutable), (("fig-3.12.c",), ("one_cycle",), _following))
    return joined(at_two_lengths(EFFECTS, *part, record, third, peaks) for part in parts)


def _check_peaks(peaks: xr.Dataset) -> None:
    best = peaks["accuracy"].fillna(0.0).mean("seed").idxmax("learning_rate")
    wrong = [name for name, rate in PEAKS.items() if not np.isclose(best.sel(schedule=name), rate)]
    if wrong:
        found = ", ".join(f"{float(best.sel(schedule=name)):g} for {name}" for name in wrong)
        raise ValueError(
            f"profiles trains at the best of six largest rates, which are {found} in the record of "
            f"sensitivity/peaks, but PEAKS has {PEAKS}: correct it and measure profiles anew"
        )


def _parts(record: xr.Dataset) -> Parts:
    return {name: of_setup(record, name) for name in SETUPS}


def _shapes(record: xr.Dataset) -> dict[str, dict]:
    parts = _parts(record)
    shape = _shape(parts)
    return {
        "fig-3.11.a": shape,
        "alg-D.e": {name: shape[name] for name in ("lowest", "highest", "largest_fall")},
        "fig-3.11.b": _changes(parts),
        "fig-3.11.c": _cooling(parts),
        "fig-3.11.f": {"deviation": _deviations(parts)},
    }


def _before_training(record: xr.Dataset) -> dict[str, dict]:
    one = of_setup(record, "step_decay")
    return {"thm-1.c": _assumptions(one), "fig-3.14": _models(one)}


def _pooled(parts: Parts, measure) -> xr.DataArray:
    """A measure of each schedule, by seed and, one after another, the states of both."""
    each = [measure(everywhere(one)).transpose("seed", "step", ...) for one in parts.values()]
    return xr.concat(each, "step", join="outer")


def _worst(values: list[xr.DataArray]) -> xr.DataArray:
    return xr.concat(values, "schedule").max("schedule")


def _shape(parts: Parts) -> dict:
    shares = _pooled(parts, layer_mean)
    lowest, highest = ends(shares)
    width = (rate_at(shares, BAND[1]) - rate_at(shares, BAND[0])) / np.log(10)
    return {
        "lowest": lowest,
        "highest": highest,
        "largest_fall": (-shares.diff("rate")).max("rate").clip(min=0),
        "decades": width.fillna(DECADES),
    }


def _changes(parts: Parts) -> dict:
    """Mean absolute changes of the profile an epoch, means over both schedules."""
    early, later = [], []
    for one in parts.values():
        shares, epoch = layer_mean(everywhere(one)), number(one, "epoch")
        at = [shares.sel(step=k * epoch, method="nearest", drop=True) for k in range(6)]
        moved = [abs(b - a).mean("rate") for a, b in pairwise(at)]
        early.append(moved[0])
        later.append(sum(moved[2:]) / len(moved[2:]))
    return {"early_change": sum(early) / 2, "later_change": sum(later) / 2}


def _cooling(parts: Parts) -> dict:
    longest = [
        xr.concat([_longest(one.isel(seed=i)) for i in range(one.sizes["seed"])], "seed")
        for one in map(everywhere, parts.values())
    ]
    return {"longest": _worst(longest), "source_setting": SOURCE_IS_RESNET50}


def _longest(one: xr.Dataset) -> xr.DataArray:
    """Of one seed: the longest stretch after epoch 1 in which D falls at most rates of the band."""
    shares = one["distance"].mean("layer")
    inside = shares.mean("step")
    shares = shares.isel(rate=((inside > BAND[0]) & (inside < BAND[1])).values)
    shares = shares.sel(step=slice(int(one["epoch"]), None)).transpose("step", "rate")
    steps, values, longest = shares.step.values, shares.values, 0.0
    for first, last in combinations(range(len(steps)), 2):
        stretch = slice(first, last + 1)
        time = steps[stretch] - steps[stretch].mean()
        if last > first + 1 and ((time @ values[stretch]) < 0).mean() >= MOST:
            longest = max(longest, float(steps[last] - steps[first]))
    return xr.DataArray(longest / float(one["updates"]))


def _deviations(parts: Parts) -> np.ndarray:
    found = np.concatenate([everywhere(one)["deviation"].values.ravel() for one in parts.values()])
    return found[np.isfinite(found)]


def _assumptions(one: xr.Dataset) -> dict:
    """Means over the seeds, one a layer, and what equation 3.18 misses of the measured shares."""
    predicted = change_probability(
        one.rate.values,
        *(
            one[name].astype(float).values[..., None]
            for name in ("scale_gradients", "scale_pre_activations", "width")
        ),
    )
    measured = one["distance"].sel(step=0).transpose("seed", "layer", "rate")
    return {
        "gradients": one["normal_gradients"].mean("seed"),
        "pre_activations": one["normal_pre_activations"].mean("seed"),
        "rmse": np.sqrt(((measured - predicted) ** 2).mean(("seed", "rate"))),
    }


def _models(one: xr.Dataset) -> dict:
    """Errors of three models before training, of the layer mean and in single layers."""
    start = one.sel(step=0)
    of_mean, of_layers = {}, {}
    for name, model in (("log_erf", LogNormal), ("arctan", ArctanPower), ("erf", ErfPower)):
        for found, shares in ((of_mean, layer_mean(start)), (of_layers, start["distance"])):
            found[name] = np.sqrt((fits(shares, model)["error"] ** 2).mean("rate"))
    others = np.minimum(of_layers["arctan"], of_layers["erf"])
    return {
        **{f"rmse_{name}": values for name, values in of_mean.items()},
        "layers_log_erf": (of_layers["log_erf"] < others).mean("layer"),
    }


# --- what a third of the length has to refute as well ---


def _refutable(record: xr.Dataset) -> dict[str, dict]:
    parts = _parts(record)
    fitted = {name: fits(layer_mean(everywhere(one))) for name, one in parts.items()}
    last = {name: fits(_last_layer(everywhere(one))) for name, one in parts.items()}
    later = {name: slice(number(one, "epoch"), None) for name, one in parts.items()}
    sigma = {name: found["sigma"] for name, found in fitted.items()}
    return {
        **_in_use(parts),
        "fig-3.12.a": _errors(parts),
        "fig-3.12.b": {
            "variation_of_sigma": _worst(
                [variation(sigma[name].sel(step=later[name])) for name in parts]
            ),
            "whole_range": _worst(
                [(s.max("step") - s.min("step")) / s.mean("step") for s in sigma.values()]
            ),
        },
        "fig-3.13": {
            "error_arctan": _large_error(parts, ArctanPower),
            "error_log_erf": _large_error(parts, LogNormal),
        },
        "S-fig-4.a": {
            "rate_last": _mean_rate(parts, _last_layer),
            "rate_mean": _mean_rate(parts, layer_mean),
        },
        "S-fig-4.c": {
            "variation_of_sigma": _worst(
                [variation(last[name]["sigma"].sel(step=later[name])) for name in parts]
            )
        },
    }


def _last_layer(one: xr.Dataset) -> xr.DataArray:
    return one["distance"].isel(layer=-1, drop=True)


def _in_use(parts: Parts) -> dict[str, dict]:
    """What the trainings' own steps changed."""
    mean = {name: one["own_step"] for name, one in parts.items()}
    last = {name: one["own_step_last"] for name, one in parts.items()}
    hot = {name: values >= 0.5 for name, values in mean.items()}
    time = {
        name: values.update.where(values).max("update").fillna(0.0) / float(values.update[-1])
        for name, values in hot.items()
    }
    beginning = mean["one_cycle"].update <= EARLY * mean["one_cycle"].update[-1]
    inside = {
        (name, edge): ((values > edge) & (values < 1 - edge)).mean("update")
        for name, values in last.items()
        for edge in (NEAR, WIDE)
    }
    return {
        "fig-3.11.d": {f"high_{name}": values.mean("update") for name, values in hot.items()},
        "fig-3.11.e": {
            **{f"time_{name}": values for name, values in time.items()},
            "start_step_decay": mean["step_decay"].isel(update=0, drop=True),
            "first_one_cycle": mean["one_cycle"].where(beginning).mean("update"),
        },
        "S-fig-4.b": {
            **{name: inside[name, NEAR] for name in parts},
            **{f"{name}_wide": inside[name, WIDE] for name in parts},
        },
    }


def _squared_error(parts: Parts, model) -> xr.DataArray:
    return _pooled(parts, lambda one: fits(layer_mean(one), model)["error"] ** 2)


def _large_error(parts: Parts, model) -> xr.DataArray:
    found = _squared_error(parts, model).quantile(0.99, ("step", "rate"), skipna=True)
    return found.drop_vars("quantile")


def _errors(parts: Parts) -> dict:
    shares, error = _pooled(parts, layer_mean), _squared_error(parts, LogNormal)
    inside = ((shares > LOW) & (shares < HIGH)).values
    return {
        "large_squared_error": _large_error(parts, LogNormal),
        "mean_squared_error": error.where(inside).mean(("step", "rate")),
    }


def _following(record: xr.Dataset) -> dict[str, dict]:
    """How mu follows the rate under OneCycle, and how far mu and sigma move between states."""
    one = everywhere(of_setup(record, "one_cycle"))
    fitted = fits(layer_mean(one))
    moved = {name: abs(fitted[name].diff("step")) / fitted["sigma"] for name in ("mu", "sigma")}
    correlation = xr.apply_ufunc(
        spearman,
        fitted["mu"],
        one["learning_rate"],
        input_core_dims=[["step"], ["step"]],
        vectorize=True,
    )
    found = {f"change_{name}": each.mean("step") for name, each in moved.items()}
    return {"fig-3.12.c": {"correlation": correlation, **found}}


def _mean_rate(parts: Parts, of) -> xr.DataArray:
    """Geometric mean over the states of the rate at which 90 % change."""
    return np.exp(_pooled(parts, lambda one: rate_at(of(one), BAND[1])).mean("step"))
