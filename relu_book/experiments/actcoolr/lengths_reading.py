"""What trainings of several lengths and exponents say (thesis 3.3.2, table 3.1, and 3.3.3)."""

import xarray as xr

from relu_book.claims import Reading
from relu_book.experiments.actcoolr.courses import accuracy, beside
from relu_book.experiments.actcoolr.effects import EFFECTS
from relu_book.experiments.actcoolr.lengths import EXPONENTS, LENGTHS, OF_LENGTH
from relu_book.experiments.lengths import with_lengths

_FORMS = {"": "power", "late_": "late"}


def lengths_reading(record: xr.Dataset) -> Reading:
    """The claim on lengths; a training that diverged has the error of chance.

    Args:
        record: As ``lengths`` measures it.
    """
    errors = beside([100 - accuracy(record, name) for name in OF_LENGTH])
    return Reading({"tab-3.1.order": {"length": list(LENGTHS), "error": errors}}, record)


def gamma_at_two_lengths(record: xr.Dataset, third: xr.Dataset) -> Reading:
    """The claim on small and large exponents.

    Args:
        record: As ``lengths`` measures it.
        third: As ``lengths_third`` does, with the same seeds.
    """
    both = _accuracies(record), _accuracies(third)
    return Reading(with_lengths(EFFECTS, *both, record.sizes["seed"]), record, third)


def _accuracies(record: xr.Dataset) -> dict[str, dict]:
    return {
        "txt-3.3.3.1": {
            f"{form}accuracy_{gamma:g}".replace("0.5", "05"): accuracy(
                record, f"gamma_{gamma:g}_{shape}"
            )
            for form, shape in _FORMS.items()
            for gamma in EXPONENTS
        }
    }
