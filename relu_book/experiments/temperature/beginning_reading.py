"""Whether the temperature drops in the first steps and peaks later (thesis 3.2.2, figure 3.9)."""

import numpy as np
import xarray as xr

from relu_book.claims import Reading
from relu_book.experiments.standing import standing
from relu_book.experiments.temperature.beginning import EPOCH
from relu_book.experiments.temperature.temperatures import counted, temperatures

CONVNET = "convnet_one_cycle"
CYCLIC = {network: f"{network}_cyclic" for network in ("resnet", "convnet")}
SMOOTHED, FIRST_STEPS, PEAK = 20, 200, 1.2
LAST_PEAK = 7.5  # a maximum at the end of the eight epochs is a rise that goes on


def beginning_reading(record: xr.Dataset) -> Reading:
    """fig-3.9.b.

    Args:
        record: As ``beginning`` measures it.
    """
    return standing(("fig-3.9.b",), (CONVNET,), _beginning, record)


def both_schedules(one_cycle: xr.Dataset, cyclic: xr.Dataset) -> Reading:
    """fig-3.9.c: whether what OneCycle shows is gone under CyclicLR.

    Args:
        one_cycle: As ``beginning`` measures it.
        cyclic: As ``beginning_cyclic`` does.
    """
    return standing(("fig-3.9.c",), (CONVNET, *CYCLIC.values()), _both, cyclic, one_cycle)


def _beginning(record: xr.Dataset) -> dict[str, dict]:
    one = record.sel(setup=CONVNET, drop=True)
    return {"fig-3.9.b": drop_and_peak(one) | {"counted": counted(one)}}


def _both(cyclic: xr.Dataset, one_cycle: xr.Dataset) -> dict[str, dict]:
    found = {"one_cycle": _shown(one_cycle.sel(setup=CONVNET, drop=True))}
    for network, setup in CYCLIC.items():
        found[network] = _shown(cyclic.sel(setup=setup, drop=True))
    return {"fig-3.9.c": found}


def drop_and_peak(record: xr.Dataset) -> dict[str, xr.DataArray]:
    """The layer mean of the first step, its minimum in 200 steps and its peak in epochs 1 to 8.

    Layers that the number of samples bounds stay at their bound: the start may be too low, and so
    may the peak, but not the minimum below either.
    """
    mean = temperatures(record).mean("layer")
    # Each step was measured at first, and later every fifth.
    each = mean.interp(step=np.arange(1, int(mean.step[-1]) + 1))
    smooth = each.rolling(step=SMOOTHED, center=True, min_periods=1).mean()
    later = smooth.sel(step=slice(EPOCH, 8 * EPOCH))
    return {
        "start": mean.isel(step=0, drop=True),
        "early_minimum": smooth.sel(step=slice(1, FIRST_STEPS)).min("step"),
        "later_peak": later.max("step"),
        "peak_epoch": later.idxmax("step") / EPOCH,
    }


def _shown(record: xr.Dataset) -> xr.DataArray:
    found = drop_and_peak(record)
    lowest = found["early_minimum"]
    peaks = (found["later_peak"] >= PEAK * lowest) & (found["peak_epoch"] < LAST_PEAK)
    return (lowest < found["start"]) & peaks
