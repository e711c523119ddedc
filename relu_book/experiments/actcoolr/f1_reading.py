"""What F1 under three schedules says (thesis 3.3.2, table 3.2)."""

import numpy as np
import xarray as xr

from relu_book.claims import Reading
from relu_book.experiments.actcoolr.courses import accuracy, beside
from relu_book.experiments.actcoolr.pairs import CONVOLUTIONAL
from relu_book.experiments.actcoolr.printed import SMALL, TABLE_3_2


def f1_reading(record: xr.Dataset) -> Reading:
    """The claims on the printed accuracies of F1; that of chance after a divergence.

    Args:
        record: As ``f1`` measures it.
    """
    found = {
        f"tab-3.2.f1-15-{name}": {"accuracy": accuracy(record, setup)}
        for name, setup in {"step": "step_decay", "actcoolr": "actcoolr"}.items()
    }
    return Reading(found, record)


def step_decay_reading(record: xr.Dataset, pairs: xr.Dataset) -> Reading:
    """The claim on where StepDecay competes.

    Args:
        record: As ``f1`` measures it.
        pairs: As ``pairs`` does.
    """
    small = np.array([TABLE_3_2[row] for row in SMALL])
    large = np.array([values for row, values in TABLE_3_2.items() if row not in SMALL])
    others = [accuracy(record, name) for name in ("one_cycle", "actcoolr")]
    leads = [
        accuracy(pairs, f"{pair}_step_decay").mean()
        - max(accuracy(pairs, f"{pair}_{name}").mean() for name in ("one_cycle", "actcoolr"))
        for pair in CONVOLUTIONAL
    ]
    found = {
        "printed_lead_small": _lead(small),
        "printed_lead_large": _lead(large),
        "printed_lead_over_onecycle": (large[:, 0] - large[:, 1]).round(2),
        "lead_f1": accuracy(record, "step_decay") - beside(others),
        "lead_convolutional": [float(lead) for lead in leads],
    }
    return Reading({"tab-3.2.order-base": found}, record, pairs)


def _lead(rows: np.ndarray) -> np.ndarray:
    """Of StepDecay over the best other one; to the printed digits."""
    return (rows[:, 0] - np.nanmax(rows[:, 1:], axis=1)).round(2)
