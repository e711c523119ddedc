"""What a record of ``loss_landscape`` says on its shape (thesis 2.1, figure 2.2g)."""

import numpy as np
import xarray as xr

from relu_book.claims import Reading


def loss_landscape_reading(record: xr.Dataset) -> Reading:
    """The quantities of the claim that the record decides, see ``basin``."""
    return Reading({"fig-2.2.g": basin(record.loss.rename(seed="plane"))}, record)


def basin(losses: xr.DataArray) -> dict[str, xr.DataArray]:
    """Loss of the trained network, in the middle of the plane; the lowest elsewhere, and outside.

    Returns:
        ``centre``; ``lowest_other`` of all other points, ``lowest_border`` of those on the border.
    """
    middle = {side: losses.sizes[side] // 2 for side in ("a", "b")}
    elsewhere = [
        xr.DataArray(np.arange(losses.sizes[side]) != place, dims=side)
        for side, place in middle.items()
    ]
    sides = (losses.isel({side: [0, -1]}).min(("a", "b")) for side in middle)
    return {
        "centre": losses.isel(middle),
        "lowest_other": losses.where(np.logical_or(*elsewhere)).min(("a", "b")),
        "lowest_border": np.minimum(*sides),
    }
