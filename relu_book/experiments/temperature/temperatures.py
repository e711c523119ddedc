"""Temperatures of recorded trainings: which of them count, and curves over time and depth.

A temperature is known where ten samples or more kept their pattern. Above, it is the number of
samples that speaks: in ranks such values tie at that of ten samples, in means they are left out.
"""

from collections.abc import Iterable

import numpy as np
import xarray as xr

from relu_book.experiments.curves import known, rank_correlation

FEWEST = 10
SMOOTHED = 5  # of 200 times


def check_is_there(record: xr.Dataset, dim: str, labels: Iterable[str], last_step: int = 1) -> None:
    """Raises unless a record has all that a reading compares.

    Raises:
        ValueError: a set-up or network is missing, or the steps end too early.
    """
    missing = sorted(set(labels) - set(record[dim].values.tolist()))
    steps = int(record.step[-1])
    if missing or steps < last_step:
        what = f"lacks {dim} {', '.join(missing)}" if missing else f"ends at step {steps}"
        wanted = ", ".join(labels)
        raise ValueError(
            f"the reading of {record.experiment} needs {dim} {wanted} and {last_step} steps or "
            f"more, but the record at scale {record.scale} {what}; measure it with: relu-book run "
            f"{record.experiment} --scale desk"
        )


def distances(record: xr.Dataset) -> xr.DataArray:
    """Shares of changed patterns, NaN where there is no layer."""
    return record["distance"].astype(float)


def temperatures(record: xr.Dataset) -> xr.DataArray:
    """-log2(1 - D) in bits, by step and layer; ties where fewer than ten samples are unchanged."""
    least = FEWEST / record["evaluations"]
    return -np.log2(np.maximum(1 - distances(record), least))


def counts(record: xr.Dataset) -> xr.DataArray:
    """Whether ten samples or more are unchanged, by step and layer."""
    # A share in float32 may be one rounding short of the tenth sample.
    return (1 - distances(record)) * record["evaluations"] > FEWEST - 0.5


def counted(record: xr.Dataset) -> float:
    """The share of layers and times that count, smallest over set-ups."""
    there = distances(record).notnull()
    cells = [dim for dim in there.dims if dim in ("seed", "step", "layer")]
    return float((counts(record).where(there).mean(cells)).min())


def where_counted(record: xr.Dataset) -> xr.DataArray:
    """The temperatures that count, NaN elsewhere."""
    return temperatures(record).where(counts(record))


def mean_counted(record: xr.Dataset, dims: str | tuple[str, ...] = "step") -> xr.DataArray:
    """Mean of the temperatures that count; where none does, the tie, for a guard to refuse."""
    return where_counted(record).mean(dims).fillna(temperatures(record).mean(dims))


def smoothed(values: xr.DataArray) -> xr.DataArray:
    """Running mean over five measured steps, fewer at the ends."""
    return values.rolling(step=SMOOTHED, center=True, min_periods=1).mean()


def ends(values: xr.DataArray) -> xr.DataArray:
    """The first layer and the last, along ``layer``."""
    return values.isel(layer=[0, -1])


# --- over time ---


def around_drops(values: xr.DataArray, rate: xr.DataArray) -> tuple[xr.DataArray, xr.DataArray]:
    """Means over 5 % of the run before and after each drop of the rate to less than a half.

    Args:
        values: By step.
        rate: By step.

    Returns:
        Both along ``drop``.
    """
    step, span = values.step.values, 0.05 * values.step.values[-1]
    places = 1 + np.flatnonzero(rate.values[1:] < 0.5 * rate.values[:-1])
    before, after = [], []
    for place in places:
        last, first = step[place - 1], step[place]
        before.append(values.sel(step=(step > last - span) & (step <= last)).mean("step"))
        after.append(values.sel(step=(step >= first) & (step < first + span)).mean("step"))
    return xr.concat(before, "drop"), xr.concat(after, "drop")


def along_falls(values: xr.DataArray, rate: xr.DataArray) -> xr.DataArray:
    """Rank correlation of rate and value while the rate falls, mean over the falling branches."""
    falls = np.diff(rate.values) < 0
    borders = np.flatnonzero(np.diff(falls.astype(int), prepend=0, append=0))
    branches = [slice(first, last + 1) for first, last in borders.reshape(-1, 2)]
    found = [-rank_over_time(values.isel(step=branch)) for branch in branches]
    return sum(found) / len(found)


def rank_over_time(values: xr.DataArray) -> xr.DataArray:
    """Spearman's correlation of step and value."""
    layers = "layer" in values.dims
    turned = values.rename(layer="site") if layers else values.drop_vars("layer", errors="ignore")
    found = rank_correlation(turned.rename(step="layer"))
    return found.rename(site="layer") if layers else found


def half_time(record: xr.Dataset) -> xr.DataArray:
    """From when on the smoothed temperature stays below half of its largest value that counts.

    Returns:
        A share of the run, by layer.
    """
    values = temperatures(record)
    level = where_counted(record).max("step").fillna(values.max("step")) / 2
    above = smoothed(values) >= level
    last = above.step.where(above).max("step")
    return (last / float(record.step[-1])).where(record["distance"].notnull().any("step"))


def line_and_exponential(values: xr.DataArray) -> xr.Dataset:
    """How straight a curve over the steps is.

    Args:
        values: By step; NaN are left out.

    Returns:
        ``r_squared`` and ``slope`` (a run) of the line of least squares, and ``line`` and
        ``exponential``, the root mean squares that it and the best curve a exp(-b t) leave.
    """
    time = values.step.values / values.step.values[-1]
    names = ("r_squared", "slope", "line", "exponential")
    found = xr.apply_ufunc(
        lambda y: np.array(_straightness(time, y)),
        values,
        input_core_dims=[["step"]],
        output_core_dims=[["what"]],
        vectorize=True,
    )
    return xr.Dataset({name: found.isel(what=place) for place, name in enumerate(names)})


def _straightness(time: np.ndarray, y: np.ndarray) -> tuple[float, float, float, float]:
    time, y = time[np.isfinite(y)], y[np.isfinite(y)]
    slope, offset = np.polyfit(time, y, 1)
    line = np.sqrt(np.mean((y - slope * time - offset) ** 2))
    shapes = np.exp(-np.linspace(-5, 40, 2001)[:, None] * time)
    sizes = (shapes @ y) / (shapes**2).sum(1)
    exponential = np.sqrt(((y - sizes[:, None] * shapes) ** 2).mean(1).min())
    variance = y.var()
    return 1 - line**2 / variance if variance else 0.0, slope, line, exponential


# --- over depth ---


def block_of(record: xr.Dataset) -> xr.DataArray:
    """The block of each layer, which is the same in all seeds."""
    return record["block"].isel(seed=0, drop=True)


def rank_in_blocks(values: xr.DataArray, block: xr.DataArray) -> xr.DataArray:
    """Spearman's correlation of layer and value within each block, along ``block``."""
    numbers = np.unique(known(block)).astype(int)
    found = [rank_correlation(values.where(block == number)) for number in numbers]
    return xr.concat(found, xr.IndexVariable("block", numbers))


def rising_blocks(values: xr.DataArray, block: xr.DataArray) -> int:
    """In how many blocks layer and value rise together, by the median over the seeds."""
    return int((rank_in_blocks(values, block).median("seed") > 0).sum())


def units(values: xr.DataArray) -> xr.DataArray:
    """Means over the two layers of a unit with one number of filters, along ``unit``.

    The first layer of a ResNet stands before all units; from there on the layer after an addition
    and that before it alternate, and the first of a stage still has the filters of the stage below.
    """
    pairs = values.isel(layer=slice(1, None)).coarsen(layer=2).mean()
    return pairs.rename(layer="unit").drop_vars("unit")


def jumps(values: xr.DataArray) -> tuple[xr.DataArray, xr.DataArray]:
    """Rise where blocks two and three start, and the median absolute step between units.

    Returns:
        The rises along ``start``, and the median.
    """
    steps = units(values).diff("unit")
    each = (steps.sizes["unit"] + 1) // 3
    starts = steps.isel(unit=[each - 1, 2 * each - 1]).rename(unit="start")
    return starts, abs(steps).median("unit")
