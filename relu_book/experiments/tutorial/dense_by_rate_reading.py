"""What a record of ``dense_by_rate`` says on batch normalisation (thesis 2.1)."""

from collections.abc import Mapping

import numpy as np
import xarray as xr

from relu_book.claims import Reading

GUESSING = float(np.log(10))


def dense_by_rate_reading(record: xr.Dataset, exponents: Mapping[str, object]) -> Reading:
    """The quantities of each claim that the record decides.

    Args:
        record: ``losses`` by batch_norm, seed, learning_rate and step; NaN where a run diverged.
        exponents: What ``gradients`` finds on the same networks, by the names of the claim.
    """
    quantities = {
        "txt-2.1.9.a": best_losses(record) | exponents,
        "txt-2.1.9.b": largest_rates(record),
    }
    return Reading(quantities, record)


def last_tenth(losses: xr.DataArray) -> xr.DataArray:
    """Mean over the last tenth of the steps; NaN where a run diverged."""
    last = slice(-max(1, losses.sizes["step"] // 10), None)
    return losses.isel(step=last).mean("step", skipna=False)


def best_losses(record: xr.Dataset) -> dict[str, xr.DataArray]:
    """Loss at the end, one a seed, at the rate with the lowest mean over the other seeds."""
    last = last_tenth(record.losses)

    def at_best(seed: int) -> xr.DataArray:
        # A rate at which one of them diverges has no finite mean.
        others = last.drop_sel(seed=seed).mean("seed", skipna=False)
        best = last.sel(seed=seed, learning_rate=others.idxmin("learning_rate"))
        return best.drop_vars("learning_rate")

    best = xr.concat([at_best(seed) for seed in last.seed.values], "seed")
    return {"loss_plain": best.sel(batch_norm=False), "loss_batch_norm": best.sel(batch_norm=True)}


def largest_rates(record: xr.Dataset) -> dict[str, xr.DataArray]:
    """Largest rate at which the first 100 steps do not diverge, one a seed.

    A run diverges if its loss is not finite, or averages above 95 % of ln 10, the loss of guessing,
    over the last ten of these steps.
    """
    first = record.losses.isel(step=slice(100)).isel(step=slice(-10, None))
    stable = first.mean("step", skipna=False) <= 0.95 * GUESSING
    rates = record.learning_rate.where(stable, 0.0).max("learning_rate")
    return {
        "largest_rate_batch_norm": rates.sel(batch_norm=True),
        "largest_rate_plain": rates.sel(batch_norm=False),
    }
