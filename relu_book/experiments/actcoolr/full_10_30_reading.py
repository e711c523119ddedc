"""What trainings in the full setting say (thesis, table 3.1)."""

import xarray as xr

from relu_book.claims import Reading
from relu_book.experiments.actcoolr.courses import accuracy
from relu_book.experiments.actcoolr.full_10_30 import ALL_EPOCHS, MEANS


def full_10_30_reading(record: xr.Dataset) -> Reading:
    """The claims on table 3.1, of the lengths that the record has.

    A training that diverged has the error of chance.

    Args:
        record: As ``full_10_30`` measures it.
    """
    there = [n for n in ALL_EPOCHS if f"epochs_{n}_share" in record.setup.values]
    return Reading(
        {
            f"tab-3.1.{epochs}": {
                f"error_{mean}": 100 - accuracy(record, f"epochs_{epochs}_{mean}") for mean in MEANS
            }
            for epochs in there
        },
        record,
    )
