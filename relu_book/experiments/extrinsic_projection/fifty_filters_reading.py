"""What a record of networks of fifty filters says (thesis A.2.2, figure A.7)."""

import numpy as np
import xarray as xr

from relu_book.claims import Reading


def fifty_filters_reading(record: xr.Dataset) -> Reading:
    """fig-A.7.a to e; all but a with the default bias.

    Args:
        record: As ``fifty_filters`` measures it.
    """
    end = record.isel(step=-1)
    quantities: dict[str, dict] = {
        "fig-A.7.a": {
            f"{layout.lower()}_{bias}": _seeds(end.accuracy.sel(layout=layout, bias=bias))
            for layout in record.layout.values.tolist()
            for bias in record.bias.values.tolist()
        },
        "fig-A.7.b": {},
        "fig-A.7.c": {"time": record.step.values},
        "fig-A.7.d": {"time": record.step.values},
        "fig-A.7.e": {},
    }
    for layout in record.layout.values.tolist():
        of_board = _of_board(record.sel(layout=layout, bias="default"))
        for claim, found in of_board.items():
            named = {f"{name}_{layout.lower()}": value for name, value in found.items()}
            quantities[claim] |= named
    return Reading(quantities, record)


def _of_board(record: xr.Dataset) -> dict[str, dict[str, np.ndarray]]:
    residual, separation = record.residual, record.separation
    start, end, read_out = record.isel(step=0), record.isel(step=-1), {"layer": "read-out"}
    second = {"layer": "2"}
    return {
        "fig-A.7.b": {f"residual_{n}": _seeds(residual.sel(layer=str(n))) for n in (1, 2, 3)},
        "fig-A.7.c": {
            "angle": _seeds(record.angle.sel(second)),
            "residual_start": _seeds(start.residual.sel(second)),
            "residual_end": _seeds(end.residual.sel(second)),
        },
        "fig-A.7.d": {"separation_3": _seeds(separation.sel(layer="3"))}
        | {f"end_{n}": _seeds(end.separation.sel(layer=str(n))) for n in (1, 2, 3)},
        "fig-A.7.e": {
            "plane_accuracy": _seeds(end.plane_accuracy.sel(read_out)),
            "network_accuracy": _seeds(end.accuracy),
            "closeness_start": _seeds(start.closeness.sel(read_out)),
            "closeness_end": _seeds(end.closeness.sel(read_out)),
        },
    }


def _seeds(values: xr.DataArray) -> np.ndarray:
    """One row a network, all seeds one after the other; times are columns."""
    found = values.transpose("seed", "network", ...).values
    return found.reshape(-1, *found.shape[2:])
