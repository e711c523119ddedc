"""What a record of ``small_vgg`` says on the histograms of weights (thesis 2.1, figure 2.2f)."""

import xarray as xr

from relu_book.claims import Reading


def small_vgg_reading(record: xr.Dataset) -> Reading:
    """The quantities of the claim that the record decides: the distance of the last layer.

    Args:
        record: ``distance`` by seed, step and layer; at the first step it is 0 by definition, and
            left out.
    """
    distance = record.distance.isel(layer=-1, step=slice(1, None))
    quantities = {"step": distance.step.values, "distance": distance}
    return Reading({"fig-2.2.f": quantities}, record)
