"""Curves over the layers and the steps of trainings: means, slopes, ranks, on xarray's DataArrays.

The dimensions are called ``layer``, ``step`` and ``seed``, any others come along; layers that a
network lacks are NaN. Counted steps are not evenly spaced, so a mean over time weights each step
with its distance from its neighbours (the trapezoidal rule); a slope is that of the least squares
through the steps that were counted. What is left over (``seed`` and others) goes to a claim as it
is.
"""

import numpy as np
import xarray as xr
from scipy import stats


def apart(values: xr.DataArray, dim: str, name: str = "{}") -> dict[str, xr.DataArray]:
    """One curve for each place along a dimension, under a name made of its label.

    Example:
        >>> rates = xr.DataArray([1.0, 2.0], {"network": ["toynet", "resnet"]}, "network")
        >>> {name: float(value) for name, value in apart(rates, "network", "rate_{}").items()}
        {'rate_toynet': 1.0, 'rate_resnet': 2.0}
    """
    return {name.format(label): values.sel({dim: label}) for label in values[dim].values}


def known(values: xr.DataArray) -> np.ndarray:
    """All values in a row, those that are not NaN."""
    return values.values[values.notnull().values]


def cells(values: xr.DataArray) -> xr.DataArray:
    """All values that are not NaN along ``cell``, and along ``size`` where there are sizes.

    Example:
        >>> table = xr.DataArray([[[1.0, np.nan], [3.0, 4.0]]], dims=("size", "seed", "layer"))
        >>> cells(table).values.tolist()
        [[1.0, 3.0, 4.0]]
    """
    stacked = values.stack(cell=[dim for dim in values.dims if dim != "size"])
    return stacked.dropna("cell").transpose(..., "cell")


# --- over the steps ---


def during(values: xr.DataArray, *spans: tuple[float, float]) -> xr.DataArray:
    """Values at the counted steps within one of several spans, the ends of each included.

    Example:
        >>> curve = xr.DataArray([0.0, 1.0, 2.0, 3.0], {"step": [0, 1, 5, 9]}, "step")
        >>> during(curve, (0, 0), (4, 9)).step.values.tolist()
        [0, 5, 9]
    """
    step = values.step.values
    return values.isel(step=np.any([(first <= step) & (step <= last) for first, last in spans], 0))


def time_mean(values: xr.DataArray, first: float, last: float) -> xr.DataArray:
    """Mean over the time from one step to another, both included.

    Raises:
        ValueError: No step between them was counted.

    Example:
        >>> curve = xr.DataArray([0.0, 1.0, 1.0], {"step": [0, 1, 11]}, "step")
        >>> round(float(time_mean(curve, 0, 11)), 3)
        0.955
    """
    part = values.sel(step=slice(first, last))
    if not part.sizes["step"]:
        raise ValueError(
            f"a mean over steps {first:g} to {last:g} needs values at one of them or more, but of "
            f"the {values.sizes['step']} steps that have values none lies there"
        )
    if part.sizes["step"] == 1:
        return part.isel(step=0, drop=True)
    return part.integrate("step") / float(part.step[-1] - part.step[0])


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


def time_to(values: xr.DataArray, level: xr.DataArray | float) -> xr.DataArray:
    """When a curve first reaches a level, as a share of the training; NaN where it has no values.

    A curve that never does counts as reaching it at the end.

    Example:
        >>> curve = xr.DataArray([0.1, 0.6, 0.4, 1.0], {"step": [0, 10, 50, 100]}, "step")
        >>> float(time_to(curve, 0.5)), float(time_to(curve, 2))
        (0.1, 1.0)
    """
    last = float(values.step[-1])
    reached = (values >= level).idxmax("step").where((values >= level).any("step"), last)
    return (reached / last).where(values.notnull().any("step"))


def reached(values: xr.DataArray, level: xr.DataArray | float) -> xr.DataArray:
    """Whether a curve reaches a level before its last step, by ``cells`` of what is not NaN.

    For a similarity to the last state, which is similar to itself whatever the others are.

    Example:
        >>> seeds = xr.DataArray([[0.1, 0.6, 0.4, 1], [0.1, 0.3, 0.4, 1]], dims=("seed", "step"))
        >>> reached(seeds, 0.5).values
        array([ True, False])
    """
    found = (values.isel(step=slice(None, -1)) >= level).any("step")
    return cells(found.where(values.notnull().any("step"))).astype(bool)


def at_share(values: xr.DataArray, share: float) -> xr.DataArray:
    """Values at a share of the training, or at the counted step next to it."""
    return values.sel(step=share * float(values.step[-1]), method="nearest", drop=True)


# --- over the layers ---


def in_blocks(values: xr.DataArray, block: xr.DataArray) -> xr.DataArray:
    """Means over the layers of each block, along the dimension ``block``.

    Args:
        values: By layer.
        block: The block of each layer; blocks are told apart by picture size.

    Example:
        >>> values, block = xr.DataArray([[1.0, 3, 5, 7], [1, 1, 2, 3]], dims=("", "layer"))
        >>> in_blocks(values, block).values.tolist()
        [2.0, 5.0, 7.0]
    """
    numbers = np.unique(known(block)).astype(int)
    blocks = xr.DataArray(numbers, {"block": numbers}, "block")
    return values.where(block == blocks).mean("layer")


def last_layers(values: xr.DataArray, number: int) -> xr.DataArray:
    """Mean over the last layers that each network has; layers that it lacks are NaN.

    Example:
        >>> float(last_layers(xr.DataArray([1.0, 2.0, 4.0, np.nan], dims="layer"), 2))
        3.0
    """
    return in_last_layers(values, number).mean("layer")


def in_last_layers(values: xr.DataArray, number: int) -> xr.DataArray:
    """The values of the last layers that each network has, NaN in the others.

    Example:
        >>> in_last_layers(xr.DataArray([1.0, 2.0, 4.0, np.nan], dims="layer"), 2).values
        array([nan,  2.,  4., nan])
    """
    place = values.notnull().cumsum("layer")
    return values.where(place > place.max("layer") - number)


def second_difference(values: xr.DataArray) -> xr.DataArray:
    """Mean absolute second difference over the layers: how much a curve goes up and down.

    Example:
        >>> float(second_difference(xr.DataArray([0.0, 1.0, 0.0, 1.0], dims="layer")))
        2.0
    """
    return abs(values.diff("layer", 2)).mean("layer")


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


def rank_correlation(values: xr.DataArray) -> xr.DataArray:
    """Spearman's correlation of layer and value; 0 for a curve that is constant.

    Example:
        >>> float(rank_correlation(xr.DataArray([1.0, 4.0, 9.0, np.nan], dims="layer")))
        1.0
    """
    ranks = xr.apply_ufunc(
        stats.rankdata,
        values,
        input_core_dims=[["layer"]],
        output_core_dims=[["layer"]],
        kwargs={"axis": -1, "nan_policy": "omit"},
    )
    place = ranks.notnull().cumsum("layer")
    return xr.corr(ranks, place.where(ranks.notnull()), "layer").fillna(0.0)


def rank_within_blocks(values: xr.DataArray, block: xr.DataArray) -> xr.DataArray:
    """Mean over the blocks of Spearman's correlation of layer and value within a block.

    Args:
        values: By layer.
        block: The block of each layer.

    Example:
        >>> values = xr.DataArray([5.0, 6.0, 7.0, 9.0, 3.0, 2.0, 1.0, 8.0], dims="layer")
        >>> block = xr.DataArray([1, 1, 1, 1, 2, 2, 2, 2], dims="layer")
        >>> round(float(rank_within_blocks(values, block)), 3)
        0.6
    """
    numbers = np.unique(known(block))
    found = [rank_correlation(values.where(block == number)) for number in numbers]
    # What cancels out has no sign, which rounding could give it.
    return (sum(found) / len(numbers)).round(12)
