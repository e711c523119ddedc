"""Transitions of recorded sweeps: mu and sigma of hypothesis 2 by state, and what is read off them.

Records hold shares of changed patterns. Here the models of thesis 3.2.3 are fitted to them, by
layer or to the mean over the layers; states take the place of steps, so that ``curves`` applies.
"""

import dataclasses
from collections.abc import Iterable

import numpy as np
import xarray as xr

from relu_book.experiments.trainings import settings_of
from relu_book.transition import FitError, LogNormal
from relu_book.transition.model import Transition

LOW, HIGH = 0.02, 0.98  # beyond lie the plateaus, which any curve fits
DECADES = 6.0  # of all rates that are tried


def check_is_there(record: xr.Dataset, setups: Iterable[str]) -> None:
    """Raises unless a record has all set-ups that a reading compares.

    Raises:
        ValueError: one is missing.
    """
    missing = sorted(set(setups) - set(record.setup.values.tolist()))
    if missing:
        raise ValueError(
            f"the reading of {record.experiment} needs set-up {', '.join(setups)}, but the record "
            f"at scale {record.scale} lacks {', '.join(missing)}; measure it with: relu-book run "
            f"{record.experiment} --scale desk"
        )


def of_setup(record: xr.Dataset, setup: str) -> xr.Dataset:
    """One set-up, its sweeps along ``step`` by state and its own steps along ``update``.

    What it lacks of the longest of them is left out, and so are layers that it has not.
    """
    one = record.sel(setup=setup, drop=True)
    known = {
        dim: one[name].isel(seed=0).notnull().values
        for dim, name in (("sweep", "state"), ("step", "update"), ("layer", "width"))
    }
    one = one.isel(known)
    own = one["update"].isel(seed=0).values.astype(int)
    state = one["state"].isel(seed=0).values.astype(int)
    one = one.drop_vars(["state", "update"]).rename(step="update").assign_coords(update=own)
    return one.rename(sweep="step").assign_coords(step=state)


def number(one: xr.Dataset, name: str) -> int:
    """``updates`` or ``epoch``, which all seeds share."""
    return int(one[name].isel(seed=0))


def everywhere(one: xr.Dataset) -> xr.Dataset:
    """The states in which all rates were tried."""
    # The second rate is one of those that are left out elsewhere.
    return one.isel(step=one["distance"].isel(rate=1).notnull().any(("seed", "layer")).values)


def layer_mean(one: xr.Dataset) -> xr.DataArray:
    """Mean over the layers, by seed, state and rate."""
    return one["distance"].mean("layer")


def fits(shares: xr.DataArray, model: type[Transition] = LogNormal) -> xr.Dataset:
    """A model fitted at each place.

    Args:
        shares: By ``rate``; NaN are left out.
        model: Its parameters name two of the results.

    Returns:
        The parameters, NaN where no transition is determined, and ``error``, share minus curve.
    """
    names = [each.name for each in dataclasses.fields(model) if not each.kw_only]
    rates = shares.rate.values

    def fit(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        there = np.isfinite(values)
        error = np.full(len(rates), np.nan)
        if there.sum() < 2:
            return np.full(len(names), np.nan), error
        try:
            found = model.fit(rates[there], values[there])
        except FitError:
            return np.full(len(names), np.nan), error
        error[there] = values[there] - found.probability(rates[there])
        return np.array([getattr(found, name) for name in names]), error

    parameters, error = xr.apply_ufunc(
        fit,
        shares.astype(float),
        input_core_dims=[["rate"]],
        output_core_dims=[["parameter"], ["rate"]],
        vectorize=True,
    )
    return xr.Dataset({name: parameters.isel(parameter=i) for i, name in enumerate(names)}).assign(
        error=error
    )


def coarse(one: xr.Dataset, layers: bool = False) -> xr.DataArray:
    """Mu in all states, of the rates that were tried in all of them: every second."""
    shares = one["distance"] if layers else layer_mean(one)
    return fits(shares.isel(rate=slice(None, None, 2)))["mu"]


def quality(shares: xr.DataArray) -> xr.Dataset:
    """How well hypothesis 2 fits between the plateaus.

    Args:
        shares: By rate.

    Returns:
        ``rmse``, ``explained`` (share of the variance) and ``rates``, the number of rates with a
        share of 0.02 to 0.98. Without a fit nothing is explained.
    """
    band = shares.where((shares > LOW) & (shares < HIGH))
    error = fits(shares)["error"].where(band.notnull())
    variance = ((band - band.mean("rate")) ** 2).mean("rate")
    square = (error**2).mean("rate")
    return xr.Dataset(
        {
            "rmse": np.sqrt(square).fillna(1.0),
            "explained": (1 - square / variance.where(variance > 0)).fillna(0.0),
            "rates": band.notnull().sum("rate"),
        }
    )


def ends(shares: xr.DataArray) -> tuple[xr.DataArray, xr.DataArray]:
    """Shares at the lowest rate and at the highest that does not overflow."""
    highest = shares.notnull().cumsum("rate").argmax("rate")
    return shares.isel(rate=0, drop=True), shares.isel(rate=highest).drop_vars("rate")


def rate_at(shares: xr.DataArray, level: float) -> xr.DataArray:
    """Natural logarithm of the rate at which a share is first reached, linear between rates.

    NaN where it is not.
    """
    logs = np.log(shares.rate.values)

    def cross(values: np.ndarray) -> float:
        there = np.isfinite(values)
        x, y = logs[there], np.maximum.accumulate(values[there])
        if not len(y) or not y[0] <= level <= y[-1]:
            return np.nan
        place = max(1, int(np.searchsorted(y, level)))
        if y[place] == y[place - 1]:
            return x[place]
        return x[place - 1] + (level - y[place - 1]) / (y[place] - y[place - 1]) * (
            x[place] - x[place - 1]
        )

    return xr.apply_ufunc(cross, shares, input_core_dims=[["rate"]], vectorize=True)


def columns(values: list[xr.DataArray]) -> xr.DataArray:
    """A column each: by seed and network."""
    return xr.concat(values, "network").transpose("seed", "network")


def variation(values: xr.DataArray) -> xr.DataArray:
    """Coefficient of variation over the states."""
    return values.std("step", ddof=1) / values.mean("step")


def jumps(mu: xr.DataArray, one: xr.Dataset) -> xr.DataArray:
    """Change of mu at drops of the rate, between the means of rows of updates before and after.

    Args:
        mu: By state, every fifth swept around the drops.
        one: The set-up.

    Returns:
        Along ``drop``.
    """
    return xr.concat([rows[0] - rows[-1] for rows in _rows(mu, one)], "drop")


def usual_change(mu: xr.DataArray, one: xr.Dataset) -> xr.DataArray:
    """Median absolute change of mu between neighbouring rows of updates on one side of a drop."""
    found = [
        abs(rows[side + 1] - rows[side])
        for rows in _rows(mu, one)
        for side in rows
        if side != -1 and side + 1 in rows
    ]
    return xr.concat(found, "pair").median("pair")


def _rows(mu: xr.DataArray, one: xr.Dataset) -> list[dict[int, xr.DataArray]]:
    """For each drop the means of mu over rows of updates: 0 follows the drop, -1 leads to it."""
    rate = one["learning_rate"].max("seed").dropna("step")
    length, found = settings_of(one)["row"], []
    for place in 1 + np.flatnonzero(rate.values[1:] < 0.5 * rate.values[:-1]):
        # The state at the drop was reached at the rate of before.
        drop = int(rate.step[place])
        spans = {
            side: mu.sel(step=slice(drop + side * length + 1, drop + (side + 1) * length))
            for side in range(-3, 3)
        }
        found.append({k: span.mean("step") for k, span in spans.items() if span.sizes["step"]})
    return found
