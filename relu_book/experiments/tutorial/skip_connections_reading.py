"""What a record of ``skip_connections`` says on skips (thesis 2.1)."""

import xarray as xr

from relu_book.claims import Reading
from relu_book.experiments.tutorial.dense_by_rate_reading import last_tenth


def skip_connections_reading(record: xr.Dataset) -> Reading:
    """The quantities of the claim that the record decides: losses at the end by seed and depth.

    Args:
        record: ``loss`` by residual, depth, seed and step; depths from small to large, deep are all
            but the first.
    """
    last = last_tenth(record.loss)
    plain, residual = last.sel(residual=False), last.sel(residual=True)
    deep = {"depth": slice(1, None)}
    quantities = {
        "loss_plain": plain,
        "loss_residual": residual,
        "deep_plain": plain.isel(deep),
        "deep_residual": residual.isel(deep),
    }
    return Reading({"txt-2.1.10.b": quantities}, record)
