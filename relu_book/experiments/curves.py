"""Curves of a record of the chapter: means over layers and time, slopes, changes of single steps.

Counted steps are not evenly spaced, so a mean over time weights each step with its distance from
its neighbours (the trapezoidal rule); a slope is that of the least squares through the steps that
were counted.
"""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from scipy import integrate, stats


def by_seed(values: xr.DataArray, *dims: str) -> np.ndarray:
    """The values as an array, seeds first, then the dimensions that are named."""
    return values.transpose("seed", *dims).values


def time_mean(values: xr.DataArray, first: float, last: float) -> xr.DataArray:
    """Mean over the time from one step to another, both included.

    Example:
        >>> curve = xr.DataArray([0.0, 1.0, 1.0], {"step": [0, 1, 11]}, "step")
        >>> round(float(time_mean(curve, 0, 11)), 3)
        0.955
    """
    part = values.sel(step=slice(first, last))
    steps = part.step.values
    if len(steps) == 1:
        return part.isel(step=0, drop=True)
    area = xr.apply_ufunc(
        lambda y: integrate.trapezoid(y, steps, axis=-1), part, input_core_dims=[["step"]]
    )
    return area / float(steps[-1] - steps[0])


def slope(values: xr.DataArray) -> xr.DataArray:
    """Slope of the least squares over the steps, a thousand steps; over layers, a layer.

    That of a constant is 0 exactly, so that rounding gives it no sign.

    Example:
        >>> curve = xr.DataArray([1.0, 3.0, 5.0], {"step": [0, 500, 1000]}, "step")
        >>> round(float(slope(curve)), 3), float(slope(0.3 * curve / curve))
        (4.0, 0.0)
    """
    dim = "step" if "step" in values.dims else "layer"
    scale = 1000.0 if dim == "step" else 1.0
    fit = values.polyfit(dim, 1).polyfit_coefficients.sel(degree=1, drop=True)
    return (fit * scale).where(values.max(dim) != values.min(dim), 0.0)


def slope_after(values: xr.DataArray, step: xr.DataArray) -> xr.DataArray:
    """Slope from a step on that differs between the curves; 0 where no two steps are left."""
    later = values.where(values.step >= step)
    enough = later.notnull().sum("step") > 1
    return slope(later.where(enough, 0.0)).where(enough, 0.0)


def step_of_minimum(values: xr.DataArray) -> xr.DataArray:
    """The step at which a curve is lowest, the first of them."""
    return values.step[values.argmin("step")].drop_vars("step")


def step_of_maximum(values: xr.DataArray) -> xr.DataArray:
    """The step at which a curve is highest, the first of them."""
    return values.step[values.argmax("step")].drop_vars("step")


def net_changes(record: xr.Dataset) -> xr.DataArray:
    """Relative net change of single steps: (appeared - vanished) / distinct before (equation 3.6).

    Only steps whose predecessor was counted too have one.
    """
    consecutive = np.flatnonzero(np.diff(record.step.values) == 1) + 1
    before = (
        record["distinct"]
        .isel(step=consecutive - 1)
        .assign_coords(step=record.step.values[consecutive])
    )
    after = record.isel(step=consecutive)
    return (after["appeared"] - after["vanished"]) / before


def in_block(record: xr.Dataset, values: xr.DataArray, block: int | Sequence[int]) -> xr.DataArray:
    """Mean over the layers of a block, or of several; blocks are told apart by picture size."""
    return values.where(record["block"].isin(block)).mean("layer")


def last_layers(values: xr.DataArray, number: int) -> xr.DataArray:
    """Mean over the last layers that each network has; layers that it lacks are NaN.

    Example:
        >>> float(last_layers(xr.DataArray([1.0, 2.0, 4.0, np.nan], dims="layer"), 2))
        3.0
    """
    place = values.notnull().cumsum("layer")
    return values.where(place > place.max("layer") - number).mean("layer")


def second_difference(values: xr.DataArray) -> xr.DataArray:
    """Mean absolute second difference over the layers: how much a curve goes up and down.

    Example:
        >>> float(second_difference(xr.DataArray([0.0, 1.0, 0.0, 1.0], dims="layer")))
        2.0
    """
    return abs(values.diff("layer").diff("layer")).mean("layer")


def alternation(values: xr.DataArray) -> xr.DataArray:
    """Alternation index over the layers: 1 for a perfect zig-zag, -1 for a straight line.

    Minus the mean product of neighbouring first differences, over their mean square.

    Example:
        >>> float(alternation(xr.DataArray([0.0, 1.0, 0.0, 1.0], dims="layer")))
        1.0
    """
    differences = values.diff("layer")
    products = differences * differences.shift(layer=1)
    return -products.mean("layer") / (differences**2).mean("layer")


def rank_correlations(values: xr.DataArray) -> xr.DataArray:
    """Spearman's correlation of layer and value; 0 for a curve that is constant.

    Example:
        >>> float(rank_correlations(xr.DataArray([1.0, 4.0, 9.0, np.nan], dims="layer")))
        1.0
    """

    def correlation(curve: np.ndarray) -> float:
        curve = curve[~np.isnan(curve)]
        if len(set(curve)) < 2:
            return 0.0
        return float(stats.spearmanr(np.arange(len(curve)), curve).statistic)

    return xr.apply_ufunc(correlation, values, input_core_dims=[["layer"]], vectorize=True)
