"""What trainings in the full setting say (thesis, table 3.1)."""

import xarray as xr

from relu_book.claims import Reading
from relu_book.experiments.actcoolr.courses import accuracy
from relu_book.experiments.actcoolr.full_10_30 import ALL_EPOCHS, MEANS
from relu_book.experiments.standing import joined, standing


def full_10_30_reading(record: xr.Dataset) -> Reading:
    """The claims on table 3.1, of the lengths that the record has.

    A training that diverged refutes no error: of the momentum only that it is large is printed.

    Args:
        record: As ``full_10_30`` measures it.
    """
    there = [n for n in ALL_EPOCHS if f"epochs_{n}_share" in record.setup.values]
    return joined(_of_length(record, epochs) for epochs in there)


def _of_length(record: xr.Dataset, epochs: int) -> Reading:
    claim, setups = f"tab-3.1.{epochs}", {mean: f"epochs_{epochs}_{mean}" for mean in MEANS}

    def errors(ended: xr.Dataset) -> dict[str, dict]:
        return {
            claim: {f"error_{mean}": 100 - accuracy(ended, name) for mean, name in setups.items()}
        }

    return standing((claim,), setups.values(), errors, record)
