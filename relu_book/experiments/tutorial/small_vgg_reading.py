"""What a record of ``small_vgg`` says on the histograms of weights (thesis 2.1, figure 2.2f)."""

import xarray as xr

from relu_book.claims import Reading


def small_vgg_reading(record: xr.Dataset) -> Reading:
    """The quantities of the claim that the record decides: the distance of the last layer.

    Args:
        record: ``distance`` by seed, step and layer.
    """
    quantities = {"step": record.step.values, "distance": record.distance.isel(layer=-1)}
    return Reading({"fig-2.2.f": quantities}, record)
