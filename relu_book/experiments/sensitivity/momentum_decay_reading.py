"""What the sweeps under momentum and weight decay say (thesis 3.2.4, figures 3.20 and 3.21)."""

import xarray as xr

from relu_book.claims import Reading
from relu_book.experiments.curves import slope, time_mean
from relu_book.experiments.lengths import at_two_lengths
from relu_book.experiments.sensitivity.effects import EFFECTS
from relu_book.experiments.sensitivity.momentum_decay import DECAYS, PENALTIES, SETUPS
from relu_book.experiments.sensitivity.transitions import (
    check_is_there,
    coarse,
    columns,
    everywhere,
    fits,
    jumps,
    layer_mean,
    number,
    of_setup,
)
from relu_book.experiments.standing import joined

LAST = 0.9  # the end of training is its last tenth, 500 of 5,000 steps
NONE, MOMENTA = "no_decay", ("momentum_0", "momentum_0.9", "momentum_0.99")
SGDW = tuple(f"sgdw_{decay:g}" for decay in DECAYS)
L2 = tuple(f"l2_{penalty:g}" for penalty in PENALTIES)
AFTER_DROP = 50  # updates that its jump takes at the most


def momentum_decay_reading(record: xr.Dataset) -> Reading:
    """The claim on a decay that is too large.

    Args:
        record: As ``momentum_decay`` measures it.
    """
    check_is_there(record, SETUPS)
    large, small = (of_setup(record, setup) for setup in (SGDW[-1], SGDW[0]))
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
    check_is_there(record, SETUPS)
    check_is_there(third, SETUPS)
    parts = (
        (("fig-3.20",), MOMENTA, _momentum),
        (("fig-3.21.a",), (NONE, SGDW[-1]), _decay),
        (("fig-3.21.b",), (SGDW[-1],), _falls),
        (("fig-3.21.c",), SGDW, _decays),
        (("fig-3.21.e",), (NONE, SGDW[-1], L2[0]), _penalty),
        (("fig-3.21.f",), L2, _jumps),
    )
    return joined(at_two_lengths(EFFECTS, *part, record, third) for part in parts)


def _failed(one: xr.Dataset) -> xr.DataArray:
    """Whether the loss rose over the last third of training, or there was none any more."""
    loss = one["loss"].rename(update="step")
    late = loss.sel(step=slice(2 / 3 * number(one, "updates"), None))
    return late.isnull().any("step") | (slope(late.fillna(0.0)) > 0)


def _mu(record: xr.Dataset, setup: str) -> xr.DataArray:
    return fits(layer_mean(everywhere(of_setup(record, setup))))["mu"]


def _momentum(record: xr.Dataset) -> dict[str, dict]:
    none, large, largest = (_mu(record, name) for name in MOMENTA)
    return {
        "fig-3.20": {
            "mu_none": _at_end(none),
            "mu_large": _at_end(large),
            "mu_largest": _at_end(largest),
            "effect_first": _mean(large - none, 0, 1 / 3),
            "effect_last": _mean(large - none, 2 / 3, 1),
            "gradient_effect": _gradient_at_end(of_setup(record, MOMENTA[1])) - none[..., -1],
        }
    }


def _decay(record: xr.Dataset) -> dict[str, dict]:
    ends = {"mu_none": NONE, "mu_sgdw": SGDW[-1]}
    return {"fig-3.21.a": {name: _at_end(_mu(record, setup)) for name, setup in ends.items()}}


def _decays(record: xr.Dataset) -> dict[str, dict]:
    ends = [_at_end(_mu(record, setup)) for setup in SGDW]
    return {"fig-3.21.c": {"decay": DECAYS, "mu_end": columns(ends)}}


def _penalty(record: xr.Dataset) -> dict[str, dict]:
    late = {"mu_none": NONE, "mu_l2": L2[0], "mu_sgdw": SGDW[-1]}
    means = {name: _mean(_mu(record, setup), 2 / 3, 1) for name, setup in late.items()}
    return {"fig-3.21.e": means}


def _jumps(record: xr.Dataset) -> dict[str, dict]:
    parts = [of_setup(record, setup) for setup in L2]
    found = [abs(jumps(coarse(one), one)).mean("drop") for one in parts]
    return {"fig-3.21.f": {"penalty": PENALTIES, "jump": columns(found)}}


def _at_end(mu: xr.DataArray) -> xr.DataArray:
    return _mean(mu, LAST, 1)


def _mean(values: xr.DataArray, first: float, last: float) -> xr.DataArray:
    """Mean over the time from one share of the run to another."""
    end = float(values.step[-1])
    return time_mean(values, first * end, last * end)


def _gradient_at_end(one: xr.Dataset) -> xr.DataArray:
    """Mu of the step of the plain gradient in the last state."""
    return fits(one["distance_gradient"].isel(step=-1, drop=True))["mu"]


def _falls(record: xr.Dataset) -> dict[str, dict]:
    """Falls of mu an epoch: in the second half before the first drop, and after the drops."""
    one, mu = of_setup(record, SGDW[-1]), _mu(record, SGDW[-1])
    steps, epoch = number(one, "updates"), number(one, "epoch")
    first, second = 0.5 * steps, 0.75 * steps
    spans = {
        "fall_before": [(first / 2, first)],
        "fall_after": [(first + AFTER_DROP, second), (second + AFTER_DROP, steps)],
    }
    falls = {
        name: -sum(_slope(mu.sel(step=slice(*span))) for span in each) / len(each) * epoch / 1000
        for name, each in spans.items()
    }
    return {"fig-3.21.b": falls}


def _slope(mu: xr.DataArray) -> xr.DataArray:
    """That of ``curves.slope``; none where a short training has no two states."""
    return slope(mu) if mu.sizes["step"] > 1 else mu.sum("step") * 0.0
