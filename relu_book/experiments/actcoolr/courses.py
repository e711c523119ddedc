"""What the curves of scheduled trainings say: peaks, places, errors, distances from a target.

A curve has the dimensions ``seed`` and ``point``; its points part the whole schedule evenly.
"""

from collections.abc import Iterable

import numpy as np
import xarray as xr
from scipy.signal import find_peaks

CHANCE = 90.0  # per cent of error with ten classes: that of a training that diverged
SMOOTH, VERY_SMOOTH = 0.03, 0.1  # shares of the run
FIRST, LAST = 0.05, 0.95  # what lies outside is not compared with a target or a line


def of_setup(record: xr.Dataset, setup: str) -> xr.Dataset:
    """The trainings of one set-up.

    Raises:
        ValueError: The record lacks it.
    """
    if setup not in record.setup.values:
        raise ValueError(
            f"this reading needs the set-up {setup}, but the record of {record.experiment} at "
            f"scale {record.scale} has {', '.join(record.setup.values)}; measure it with: "
            f"relu-book run {record.experiment} --scale desk"
        )
    return record.sel(setup=setup, drop=True)


def time_of(values: xr.DataArray) -> np.ndarray:
    """The middle of each part of the run, as a share of it."""
    points = values.sizes["point"]
    return (np.arange(points) + 0.5) / points


def smoothed(values: xr.DataArray, share: float) -> xr.DataArray:
    """Mean over a share of the run around each point; over less of it at its ends.

    Example:
        >>> curve = xr.DataArray([0.0, 3.0, 0.0, 0.0], dims="point")
        >>> smoothed(curve, 0.75).values.tolist()
        [1.5, 1.0, 1.0, 0.0]
    """
    window = max(round(share * values.sizes["point"]), 1)
    return values.rolling(point=window, center=True, min_periods=1).mean()


def peak(one: xr.Dataset) -> xr.DataArray:
    """The highest rate, smoothed."""
    return smoothed(one["rate"], SMOOTH).max("point")


def place(one: xr.Dataset) -> xr.DataArray:
    """Where the very smooth rate is highest, in per cent of the run."""
    rate = smoothed(one["rate"], VERY_SMOOTH)
    return 100 * xr.DataArray(time_of(rate), dims="point")[rate.fillna(0).argmax("point")]


def rise_and_decay(one: xr.Dataset) -> xr.Dataset:
    """By seed ``maxima``, ``position``, and ``decay`` and ``decay_fit`` of what comes after it.

    Maxima are those of the very smooth rate inside the run, a tenth of the highest or more in
    prominence. The decay is the slope of the logarithm of the rate, a run, from the highest to 95 %
    of the run, its fit the coefficient of determination of that line.
    """
    rate, position, found = smoothed(one["rate"], VERY_SMOOTH), place(one), []
    for seed in one.seed.values:
        curve = rate.sel(seed=seed).values
        time, raw = time_of(rate), one["rate"].sel(seed=seed).values
        peaks, _ = find_peaks(curve, prominence=0.1 * np.nanmax(curve))
        after = (time >= float(position.sel(seed=seed)) / 100) & (time <= LAST) & (raw > 0)
        slope, fit = _line(time[after], np.log(raw[after]))
        found.append({"maxima": len(peaks), "decay": slope, "decay_fit": fit})
    columns = {name: ("seed", [each[name] for each in found]) for name in found[0]}
    return xr.Dataset(columns, {"seed": one.seed}).assign(position=position)


def off_target(one: xr.Dataset, measured: xr.DataArray) -> xr.DataArray:
    """Mean distance of a temperature from its target, as a share of the highest target.

    Args:
        one: Of one set-up.
        measured: Temperatures in bits, by point.
    """
    target = one["target"]
    kept = xr.DataArray(time_of(target) > FIRST, dims="point")
    return abs(measured - target).where(kept).mean("point") / target.max("point")


def temperature_of_share(one: xr.Dataset) -> xr.DataArray:
    """-log2(1 - D) of the mean share D, in bits; of a share of 1 as if 1e-7 were unchanged."""
    return -np.log2((1 - one["share"]).clip(1e-7))


def late_gain(one: xr.Dataset) -> xr.DataArray:
    """Mean validation error over the run less that at its end, in points."""
    errors = one["validation_error"]
    mean = (errors.isel(check=slice(1, None)) + errors.shift(check=1)).mean("check") / 2
    return mean - errors.isel(check=-1)


def is_stable(one: xr.Dataset) -> xr.DataArray:
    """Whether a training came to its end, with a loss below the first one."""
    last = one["loss"].isel(point=slice(int(LAST * one.sizes["point"]), None)).mean("point")
    return (one["trained"] >= one["updates"]) & (last < one["first_loss"])


def accuracy(record: xr.Dataset, setup: str) -> xr.DataArray:
    """Test accuracy in per cent, by seed; that of chance after a divergence."""
    return 100 - of_setup(record, setup)["test_error"].fillna(CHANCE)


def beside(columns: Iterable[xr.DataArray]) -> xr.DataArray:
    """Several values by seed, as seeds by columns."""
    return xr.concat(list(columns), "column", coords="minimal").transpose("seed", "column")


def _line(time: np.ndarray, values: np.ndarray) -> tuple[float, float]:
    """Slope and coefficient of determination; 0 and 0 where there are no three values."""
    if len(values) < 3 or np.ptp(values) == 0:
        return 0.0, 0.0
    slope = np.polyfit(time, values, 1)[0]
    return float(slope), float(np.corrcoef(time, values)[0, 1] ** 2)
