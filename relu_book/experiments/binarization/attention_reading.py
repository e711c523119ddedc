"""What refining uncertain places says (thesis 4.2.5, figure 4.5 and table 4.2)."""

import numpy as np
import xarray as xr

from relu_book.claims import Reading

# psb1/5 and psb2/5 of table 4.2.
TABLE = ("2/32", "4/32")
TO_32 = ("1/32", "2/32", "4/32", "8/32", "16/32")


def attention_reading(record: xr.Dataset) -> Reading:
    """The claims on entropy and random places, in SqueezeNet and, for the table, in ResNet-20.

    Args:
        record: As ``attention`` measures it.
    """
    room, gap = room_and_gap(record)
    cases = {"case": ("network", "pair", "margin")}
    everywhere = xr.ones_like(record.margin) * room.sel(pair=list(TABLE))
    one = {"network": "squeezenet", "drop": True}
    net = record.sel(network="squeezenet", drop=True)
    lost = net["everywhere"].sel(samples=_of(record, 1)) - net["refined"].sel(selection="entropy")
    saved = savings(record).sel(network="squeezenet", drop=True).mean("seed")
    small = {"margin": 0, "drop": True}
    large = {"margin": 1, "drop": True}
    found = {
        "tab-4.2.order-attention": {
            "room": everywhere.stack(cases),
            "gap": gap.sel(pair=list(TABLE)).stack(cases),
        },
        "fig-4.5.a": {
            "room": room.sel(**one),
            "gap": gap.sel(**one).sel(**small),
            "gap_32": gap.sel(**one).sel(**small).sel(pair=list(TO_32)),
        },
        "fig-4.5.c": {
            "room": room.sel(**one),
            "loss_small": lost.sel(**small),
            "loss_large": lost.sel(**large),
            "saving_small": saved.sel(**small),
            "saving_large": saved.sel(**large),
        },
    }
    return Reading({claim: _plain(each) for claim, each in found.items()}, record)


def room_and_gap(record: xr.Dataset) -> tuple[xr.DataArray, xr.DataArray]:
    """Points that refining everywhere gains, and that entropy gains over random places.

    Args:
        record: As ``attention`` measures it.

    Returns:
        By network and pair, mean over drawings; by network, drawing, pair and margin.
    """
    everywhere = record["everywhere"].mean("seed")
    room = everywhere.sel(samples=_of(record, 1)) - everywhere.sel(samples=_of(record, 0))
    refined = record["refined"]
    gap = refined.sel(selection="entropy", drop=True) - refined.sel(selection="random", drop=True)
    return room, gap


def savings(record: xr.Dataset) -> xr.DataArray:
    """Share of the samples of a refinement everywhere that is saved.

    Args:
        record: As ``attention`` measures it.
    """
    base, refined = _of(record, 0), _of(record, 1)
    covered = record["coverage"].sel(samples=base)
    return 1 - (base + covered * (refined - base)) / refined


def _of(record: xr.Dataset, place: int) -> xr.DataArray:
    """The base (0) or refined (1) samples of each pair."""
    numbers = [int(pair.split("/")[place]) for pair in record.pair.values.tolist()]
    return xr.DataArray(numbers, {"pair": record.pair}, "pair")


def _plain(quantities: dict[str, xr.DataArray]) -> dict[str, np.ndarray]:
    """Arrays whose first axis are the drawings, where there are some."""
    return {
        name: values.transpose("seed", ..., missing_dims="ignore").values
        for name, values in quantities.items()
    }
