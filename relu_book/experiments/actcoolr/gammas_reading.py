"""What the courses of ActCooLR and of three other schedules say (thesis 3.3.2, figure 3.22)."""

import numpy as np
import xarray as xr

from relu_book.claims import Reading
from relu_book.experiments.actcoolr.courses import (
    SMOOTH,
    beside,
    is_stable,
    late_gain,
    of_setup,
    off_target,
    peak,
    place,
    rise_and_decay,
    smoothed,
    temperature_of_share,
)
from relu_book.experiments.actcoolr.effects import EFFECTS
from relu_book.experiments.actcoolr.gammas import CONSTANT, EXPONENTS, GAMMAS
from relu_book.experiments.lengths import at_two_lengths, with_lengths
from relu_book.experiments.standing import joined

BY_EXPONENT = tuple(EXPONENTS)
LINEAR = {"share": "gamma_1_share", "temperature": "gamma_1"}
PRINTED = {mean: f"printed_{mean}" for mean in LINEAR}
PLAIN = "gamma_1_plain"
STEPS = 8  # whose mean rate is the highest at the start


def gammas_at_two_lengths(
    record: xr.Dataset, third: xr.Dataset, tuning: xr.Dataset, full: xr.Dataset
) -> Reading:
    """The claims on figure 3.22, and on large and early rates.

    Args:
        record: As ``gammas`` measures it.
        third: As ``gammas_third`` does, with the same seeds.
        tuning: As ``gammas_tuning`` does, for the largest constant rate.
        full: As ``full_10_30`` does, for the rates of the full setting.
    """
    cycles = ("one_cycle", "one_cycle_at_30")
    parts = (
        (("fig-3.22.a",), (*BY_EXPONENT, LINEAR["share"]), _one_cycle_like),
        (("fig-3.22.b",), BY_EXPONENT, _moved),
        (("fig-3.22.c",), (*BY_EXPONENT, *cycles), _nearest),
        (("fig-3.22.e",), (*LINEAR.values(), "step_decay", "cyclic"), _late),
        (("fig-3.22.f",), LINEAR.values(), _on_target),
        (("txt-3.3.3.4",), (*LINEAR.values(), PLAIN), _rise),
    )
    large = with_lengths(EFFECTS, _large(record), _large(third), record.sizes["seed"])
    large["txt-3.3.3.3"]["largest_constant"] = largest_constant(tuning)
    peaks = at_two_lengths(
        EFFECTS,
        ("fig-3.22.d",),
        (*LINEAR.values(), "one_cycle"),
        lambda one: _peaks(one, full),
        _if_stable(record),
        _if_stable(third),
        full.drop_vars("trained"),
    )
    readings = [at_two_lengths(EFFECTS, *part, record, third) for part in parts]
    return joined([*readings, peaks, Reading(large, record, third, tuning)])


def annealing_reading(temperature: Reading, gammas: Reading) -> Reading:
    """The claim that a good one-cycle curve is an annealing of the temperature.

    Args:
        temperature: Of the records of schedules in the chapter on temperature, with fig-3.8.d.
        gammas: As ``gammas_at_two_lengths`` gives it.
    """
    verdicts = [
        temperature.judge("fig-3.8.d").verdict,
        *(gammas.judge(claim).verdict for claim in ("fig-3.22.a", "fig-3.22.c")),
    ]
    found = {
        "held": [verdict.startswith("holds") for verdict in verdicts],
        "decided": [verdict.startswith(("holds", "fails")) for verdict in verdicts],
    }
    return Reading({"txt-3.3.3.5": found}, temperature, gammas)


def largest_constant(tuning: xr.Dataset) -> float:
    """The largest constant rate at which a run ends finite and below its first loss; 0 if none.

    Args:
        tuning: As ``gammas_tuning`` measures it.
    """
    rates = [
        changes["learning_rate"]
        for name, changes in CONSTANT.items()
        if bool(is_stable(of_setup(tuning, name)).all())
    ]
    return max(rates, default=0.0)


def _one_cycle_like(record: xr.Dataset) -> dict[str, dict]:
    ones = [of_setup(record, name) for name in (*BY_EXPONENT, LINEAR["share"])]
    found = [rise_and_decay(one) for one in ones]
    names = ("maxima", "position", "decay", "decay_fit")
    quantities = {name: beside([one[name] for one in found]) for name in names}
    return {"fig-3.22.a": quantities | {"start": _start(*ones)}}


def _moved(record: xr.Dataset) -> dict[str, dict]:
    """On a line through the places over the logarithm of gamma."""
    ones = [of_setup(record, name) for name in BY_EXPONENT]
    places = beside([place(one) for one in ones]).assign_coords(column=np.log(GAMMAS))
    slope = places.polyfit("column", 1).polyfit_coefficients.sel(degree=1, drop=True)
    moved = slope * np.log(GAMMAS[-1] / GAMMAS[0])
    return {"fig-3.22.b": {"moved": moved, "start": _start(*ones)}}


def _nearest(record: xr.Dataset) -> dict[str, dict]:
    """How much farther from OneCycle than gamma 1 the others are."""
    ones = {name: of_setup(record, name) for name in BY_EXPONENT}
    shapes = {name: _shape(one) for name, one in ones.items()}
    found = {"start": _start(*ones.values())}
    for ending, cycle in {"at_30": "one_cycle_at_30", "tuned": "one_cycle"}.items():
        other = _shape(of_setup(record, cycle))
        far = {name: ((one - other) ** 2).mean("point") ** 0.5 for name, one in shapes.items()}
        found[f"farther_{ending}"] = beside(
            [far[name] - far["gamma_1"] for name in BY_EXPONENT[1:]]
        )
    return {"fig-3.22.c": found}


def _shape(one: xr.Dataset) -> xr.DataArray:
    rate = smoothed(one["rate"], SMOOTH)
    return rate / rate.max("point")


def _if_stable(record: xr.Dataset) -> xr.Dataset:
    """The record, in which a run that ends above its first loss did not come to its end."""
    stable = xr.concat([is_stable(of_setup(record, name)) for name in record.setup.values], "setup")
    return record.assign(trained=record["trained"].where(stable, record["trained"] - 1))


def _peaks(record: xr.Dataset, full: xr.Dataset) -> dict[str, dict]:
    ones = {mean: of_setup(record, setup) for mean, setup in LINEAR.items()}
    quantities = {f"peak_{mean}": peak(one) for mean, one in ones.items()}
    quantities["start"] = _start(*ones.values())
    quantities["peak_onecycle"] = peak(of_setup(record, "one_cycle"))
    for mean in LINEAR:
        quantities[f"full_peak_{mean}"] = peak(of_setup(full, f"epochs_30_{mean}"))
    return {"fig-3.22.d": quantities}


def _large(record: xr.Dataset) -> dict[str, dict]:
    """Rates and ends of all trainings, those that diverged among them."""
    quantities = {}
    for mean, setup in PRINTED.items():
        one = of_setup(record, setup)
        quantities |= {f"peak_{mean}": peak(one), f"stable_{mean}": is_stable(one)}
    quantities["peak_onecycle"] = peak(of_setup(record, "one_cycle"))
    return {"txt-3.3.3.3": {**quantities, "largest_constant": 0.0}}


def _late(record: xr.Dataset) -> dict[str, dict]:
    setups = {**LINEAR, "step": "step_decay", "cyclic": "cyclic"}
    ones = {name: of_setup(record, setup) for name, setup in setups.items()}
    late = {f"late_{name}": late_gain(one) for name, one in ones.items()}
    return {"fig-3.22.e": late | {"start": _start(*(ones[mean] for mean in LINEAR))}}


def _on_target(record: xr.Dataset) -> dict[str, dict]:
    share, temperature = (of_setup(record, setup) for setup in LINEAR.values())
    return {
        "fig-3.22.f": {
            "distance_share": off_target(share, temperature_of_share(share)),
            "distance_temperature": off_target(temperature, temperature["temperature"]),
            "counted": float(temperature["counted"].mean()),
            "start": _start(share, temperature),
        }
    }


def _rise(record: xr.Dataset) -> dict[str, dict]:
    """The highest mean rate of some steps in the first tenth, over the first rate."""
    ones = {name: of_setup(record, setup) for name, setup in {**LINEAR, "plain": PLAIN}.items()}
    found = {"start": _start(*(ones[mean] for mean in LINEAR))}
    for name, one in ones.items():
        points = one.sizes["point"]
        first = one["rate"].isel(point=slice(points // 10))
        a_step = points / float(ones["share"]["updates"].max())
        window = max(round(STEPS * a_step), 1)
        mean = first.rolling(point=window, min_periods=window).mean()
        found[f"rise_{name}"] = mean.max("point") / one["first_rate"]
    return {"txt-3.3.3.4": found}


def _start(*ones: xr.Dataset) -> float:
    """The lowest start temperature of several set-ups, in bits, to a hundredth."""
    return round(min(float(one["target"].max()) for one in ones), 2)
