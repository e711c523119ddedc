"""What a record of ``cells_before_training`` says on figure 2.12 (thesis 2.2.4)."""

import xarray as xr

from relu_book.claims import Reading
from relu_book.experiments.activation_cells.cells_through_training_reading import share_of_points


def cells_before_training_reading(record: xr.Dataset) -> Reading:
    """The quantities of fig-2.12.e.

    Args:
        record: What ``cells_before_training`` measures.
    """
    names = {
        "counts_batch_norm": "statistics of data",
        "counts_new_statistics": "statistics of a new network",
        "counts_plain": "plain",
    }
    found = {name: record.unit.sel(kind=kind, drop=True) for name, kind in names.items()}
    guard = {"distinct_share": share_of_points(record.unit, record)}
    return Reading({"fig-2.12.e": found | guard}, record)
