"""What the sweeps under momentum and weight decay say (thesis 3.2.4, figures 3.20 and 3.21)."""

import xarray as xr

from relu_book.claims import Reading
from relu_book.experiments.curves import slope, time_mean
from relu_book.experiments.sensitivity.lengths import with_lengths
from relu_book.experiments.sensitivity.momentum_decay import DECAYS, PENALTIES, SETUPS
from relu_book.experiments.sensitivity.transitions import (
    check_is_there,
    coarse,
    everywhere,
    fits,
    jumps,
    layer_mean,
    number,
    of_setup,
)

LAST = 0.9  # the end of training is its last tenth, 500 of 5,000 steps
AFTER_DROP = 50  # updates that its jump takes at the most


def momentum_decay_reading(record: xr.Dataset) -> Reading:
    """The claim on a decay that is too large.

    Args:
        record: As ``momentum_decay`` measures it.
    """
    check_is_there(record, SETUPS)
    large, small = (of_setup(record, f"sgdw_{decay:g}") for decay in (DECAYS[-1], DECAYS[0]))
    quantities = {
        "failed_large": _failed(large),
        "failed_small": _failed(small),
        "training_steps": number(large, "updates"),
    }
    return Reading({"fig-3.21.d": quantities}, record)


def momentum_decay_at_two_lengths(record: xr.Dataset, third: xr.Dataset) -> Reading:
    """The claims on mu under momentum and decay.

    Args:
        record: As ``momentum_decay`` measures it.
        third: As ``momentum_decay_third`` does, with the same seeds.
    """
    long, short = (_refutable(one) for one in (record, third))
    return Reading(with_lengths(long, short, record.sizes["seed"]), record, third)


def _failed(one: xr.Dataset) -> xr.DataArray:
    """Whether the loss rose over the last third of training, or there was none any more."""
    loss = one["loss"].rename(update="step")
    late = loss.sel(step=slice(2 / 3 * number(one, "updates"), None))
    return late.isnull().any("step") | (slope(late.fillna(0.0)) > 0)


def _refutable(record: xr.Dataset) -> dict[str, dict]:
    check_is_there(record, SETUPS)
    parts = {name: of_setup(record, name) for name in SETUPS}
    mu = {name: fits(layer_mean(everywhere(one)))["mu"] for name, one in parts.items()}
    end = {name: _mean(values, LAST, 1) for name, values in mu.items()}
    late = {name: _mean(values, 2 / 3, 1) for name, values in mu.items()}
    by_decay = [end[f"sgdw_{decay:g}"] for decay in DECAYS]
    jump = [_jump(parts[f"l2_{penalty:g}"]) for penalty in PENALTIES]
    effect = mu["momentum_0.9"] - mu["momentum_0"]
    return {
        "fig-3.20": {
            "mu_none": end["momentum_0"],
            "mu_large": end["momentum_0.9"],
            "mu_largest": end["momentum_0.99"],
            "effect_first": _mean(effect, 0, 1 / 3),
            "effect_last": _mean(effect, 2 / 3, 1),
            "gradient_effect": _gradient_at_end(parts["momentum_0.9"]) - mu["momentum_0"][..., -1],
        },
        "fig-3.21.a": {"mu_none": end["no_decay"], "mu_sgdw": end["sgdw_0.001"]},
        "fig-3.21.b": _falls(parts["sgdw_0.001"], mu["sgdw_0.001"]),
        "fig-3.21.c": {
            "decay": DECAYS,
            "mu_end": xr.concat(by_decay, "network").transpose("seed", "network"),
        },
        "fig-3.21.e": {
            "mu_none": late["no_decay"],
            "mu_l2": late["l2_0.001"],
            "mu_sgdw": late["sgdw_0.001"],
        },
        "fig-3.21.f": {
            "penalty": PENALTIES,
            "jump": xr.concat(jump, "network").transpose("seed", "network"),
        },
    }


def _mean(values: xr.DataArray, first: float, last: float) -> xr.DataArray:
    """Mean over the time from one share of the run to another."""
    end = float(values.step[-1])
    return time_mean(values, first * end, last * end)


def _gradient_at_end(one: xr.Dataset) -> xr.DataArray:
    """Mu of the step of the plain gradient in the last state."""
    return fits(one["distance_gradient"].isel(step=-1, drop=True))["mu"]


def _falls(one: xr.Dataset, mu: xr.DataArray) -> dict:
    """Falls of mu an epoch: in the second half before the first drop, and after the drops."""
    steps, epoch = number(one, "updates"), number(one, "epoch")
    first, second = 0.5 * steps, 0.75 * steps
    spans = {
        "fall_before": [(first / 2, first)],
        "fall_after": [(first + AFTER_DROP, second), (second + AFTER_DROP, steps)],
    }
    return {
        name: -sum(_slope(mu.sel(step=slice(*span))) for span in each) / len(each) * epoch / 1000
        for name, each in spans.items()
    }


def _slope(mu: xr.DataArray) -> xr.DataArray:
    """That of ``curves.slope``; none where a short training has no two states."""
    return slope(mu) if mu.sizes["step"] > 1 else mu.sum("step") * 0.0


def _jump(one: xr.Dataset) -> xr.DataArray:
    return abs(jumps(coarse(one), one)).mean("drop")
