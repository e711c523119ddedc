"""What longer trainings say, alone and beside the shorter ones (thesis 3.2.2, figure 3.8)."""

import xarray as xr

from relu_book.claims import Reading
from relu_book.experiments.curves import slope
from relu_book.experiments.standing import standing
from relu_book.experiments.temperature.schedules_reading import (
    RESNET,
    end_over_maximum,
    falling,
    layer_mean,
    of_resnet,
    straight,
)
from relu_book.experiments.temperature.temperatures import (
    counted,
    counts,
    ends,
    temperatures,
    where_counted,
)

EARLY, LATE = slice(100, 300), slice(1700, 2000)
KNOWN, CHANGED = 0.05, 0.2


def longer_reading(record: xr.Dataset) -> Reading:
    """The claims on a temperature that changes while the rate does not.

    Args:
        record: As ``longer`` measures it.
    """
    claims = ("fig-3.8.e", "fig-3.8.g")
    return standing(claims, (RESNET["step_decay"],), _at_constant_rate, record)


def layer_mean_reading(record: xr.Dataset, longer: xr.Dataset) -> Reading:
    """S-fig-2: figure 3.8 for the mean over the layers.

    Args:
        record: As ``schedules`` measures it.
        longer: As ``longer`` does.
    """
    return standing(("S-fig-2",), RESNET.values(), _layer_mean, record, longer)


def _at_constant_rate(record: xr.Dataset) -> dict[str, dict]:
    decaying = _of_step_decay(record)
    return {"fig-3.8.e": _slopes_at_the_ends(decaying), "fig-3.8.g": _hidden_state(decaying)}


def _layer_mean(record: xr.Dataset, longer: xr.Dataset) -> dict[str, dict]:
    one = of_resnet(record)
    starts = [layer_mean(part).isel(step=0, drop=True) for part in one.values()]
    found = {
        **falling(one, layer_mean),
        **straight(layer_mean(one["one_cycle"])),
        **slopes(layer_mean(_of_step_decay(longer))),
        "start": xr.concat(starts, "schedule").transpose("seed", "schedule"),
        "end_one_cycle": end_over_maximum(layer_mean(one["one_cycle"])),
        "end_step_decay": end_over_maximum(layer_mean(one["step_decay"])),
        "counted": min(counted(part) for part in one.values()),
        "lengths_alike": 1,
    }
    return {"S-fig-2": found}


def _of_step_decay(record: xr.Dataset) -> xr.Dataset:
    """The ResNet's part of the record under step decay."""
    return record.sel(setup=RESNET["step_decay"], drop=True)


def slopes(values: xr.DataArray) -> dict[str, xr.DataArray]:
    """Slopes at constant rate over the first 200 steps and over the first 2,000."""
    return {
        "early_slope": slope(values.sel(step=slice(1, 200))),
        "long_slope": slope(values.sel(step=slice(1, 2000))),
    }


def _slopes_at_the_ends(record: xr.Dataset) -> dict:
    share = ends(counts(record)).sel(step=slice(1, 2000)).mean(("seed", "step")).min()
    return {**slopes(ends(temperatures(record))), "counted": float(share)}


def _hidden_state(record: xr.Dataset) -> dict:
    """Layers whose temperature is known at both times, and how many of them it changes in."""
    values = where_counted(record)
    early, late = (values.sel(step=span) for span in (EARLY, LATE))
    known = True
    for part in (early, late):
        number = part.notnull().sum("step")
        error = part.std("step", ddof=1) / number**0.5 / part.mean("step")
        known = known & (error < KNOWN)
    change = abs(late.mean("step") / early.mean("step") - 1) > CHANGED
    number = known.sum("layer")
    changing = (change & known).sum("layer") / number.where(number > 0)
    return {"changing": changing.fillna(0.0), "known": float(known.mean())}
