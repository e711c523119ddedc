"""What one update on many batches says of the instrument (thesis 3.2.2; supplement F)."""

import numpy as np
import xarray as xr

from relu_book.claims import Reading

USUAL = 2  # the stride of the network as it is
FEWEST = 10


def instrument_reading(record: xr.Dataset) -> Reading:
    """The claims on batches, positions, strides and rates.

    Args:
        record: As ``instrument`` measures it.
    """
    usual = record.sel(stride=USUAL, drop=True)
    usual = usual.transpose("seed", "step", ...)
    block = usual["block"].isel(seed=0)
    place = int(np.flatnonzero(block.values == block.values.max())[0])
    first = record.isel(layer=place, drop=True)
    unchanged = np.maximum(1 - first["many"].astype(float), FEWEST / first["evaluations"])
    bits = -np.log2(unchanged).mean("step")
    # A share in float32 may be one rounding short of the tenth sample.
    counting = (1 - first["many"].astype(float)) * first["evaluations"] > FEWEST - 0.5
    spread = first["spread_temperature"].mean("step")
    batch = int(usual.batch_size[-2])
    quantities = {
        "txt-3.2.2.3": {"small_batch": usual["small"], "many_images": usual["many"]},
        "txt-3.2.2.4": {
            "spread_all": usual["spread"].sel(batch_size=batch, drop=True).mean("step"),
            "spread_one": usual["spread_one"].mean("step"),
        },
        "txt-3.2.2.6": {
            "batch_sizes": usual.batch_size.values,
            "spread": usual["spread"].mean(("step", "layer")),
        },
        "fig-3.9.g": {f"stride_{n}": bits.sel(stride=n, drop=True) for n in (1, 2)}
        | {"counted": float(counting.mean(("seed", "step")).min())},
        "fig-3.9.h": {f"spread_stride_{n}": spread.sel(stride=n, drop=True) for n in (1, 2)},
        "S-txt-3": _rates(usual),
    }
    return Reading(quantities, record)


def _rates(record: xr.Dataset) -> dict[str, np.ndarray]:
    """What lines leave, against the rate and its logarithm, mean over the layers."""
    shares = record["sweep"].astype(float).transpose("seed", "step", "layer", "rate").values
    samples = (record["evaluations"].isel(seed=0)).values[:, None]
    rate = record.rate.values
    middle = (shares >= 0.2) & (shares <= 0.8)
    beyond = (shares > 0.8) & ((1 - shares) * samples >= FEWEST - 0.5)
    left = np.log(np.maximum(1 - shares, 1e-12))
    return {
        "line_in_log_rate": _left_over(np.log(rate), shares, middle),
        "line_in_rate": _left_over(rate, shares, middle),
        "beyond_in_rate": _left_over(rate, left, beyond),
        "beyond_in_log_rate": _left_over(np.log(rate), left, beyond),
    }


def _left_over(x: np.ndarray, y: np.ndarray, used: np.ndarray) -> np.ndarray:
    """Root mean square beside the line, mean over the layers with three points or more."""
    found = np.full(y.shape[:-1], np.nan)
    for index in np.ndindex(found.shape):
        at = used[index]
        if at.sum() >= 3:
            line = np.polyval(np.polyfit(x[at], y[index][at], 1), x[at])
            found[index] = np.sqrt(np.mean((y[index][at] - line) ** 2))
    return np.nanmean(found, axis=-1)
