"""What a record of ``two_objects`` says on where networks look (thesis 2.1, figures 2.2b, c, e)."""

import xarray as xr

from relu_book.claims import Reading


def two_objects_reading(record: xr.Dataset) -> Reading:
    """The quantities of each claim that the record decides: shares of the images, one a network.

    The images of one network are repeats of one training; the networks are what is compared.

    Args:
        record: ``mass_share`` and ``area_share`` by seed, image and object; ``correlation``,
            ``explained`` and ``separation`` by seed and image.
    """
    marked = (record.mass_share > 2 * record.area_share).mean("image")
    quantities = {
        "fig-2.2.b": {"marked_share": marked.isel(object=0)},
        "fig-2.2.c": {
            "marked_share": marked.isel(object=1),
            "apart_share": (record.correlation < 0.5).mean("image"),
        },
        "fig-2.2.e": {
            "explained_share": (record.explained > 0.5).mean("image"),
            "separated_share": (record.separation > 0.8).mean("image"),
        },
    }
    return Reading(quantities, record)
