"""What a record of ``two_objects`` says on where networks look (thesis 2.1, figures 2.2b, c, e)."""

import xarray as xr

from relu_book.claims import Reading


def two_objects_reading(record: xr.Dataset) -> Reading:
    """The quantities of each claim that the record decides, the images of all networks in one row.

    Args:
        record: ``mass_share`` and ``area_share`` by seed, image and object; ``correlation``,
            ``explained`` and ``separation`` by seed and image.
    """
    images = record.rename(image="canvas").stack(image=("seed", "canvas"))
    shares = images[["mass_share", "area_share"]]
    first, second = (dict(shares.isel(object=side).data_vars) for side in (0, 1))
    quantities = {
        "fig-2.2.b": first,
        "fig-2.2.c": second | {"correlation": images.correlation},
        "fig-2.2.e": {name: images[name] for name in ("explained", "separation")},
    }
    return Reading(quantities, record)
