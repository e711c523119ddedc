"""What the record ``deep`` says of many extrinsic layers (thesis A.3.1, A.3.3)."""

import xarray as xr

from relu_book.claims import Reading

SHALLOW, MIDDLE, DEEP = 3, 8, 30


def deep_reading(record: xr.Dataset) -> Reading:
    """The claims on the patterns of later layers, and on gradients.

    Args:
        record: As ``deep`` measures it.
    """
    few, many = record.points.values
    start, end = (record.sel(time=time, drop=True) for time in ("start", "end"))

    def patterns(at: xr.Dataset, depth: int, points: int) -> xr.DataArray:
        found = at["patterns"].sel(depth=depth, points=points, layer=slice(depth), drop=True)
        return found.transpose("seed", "layer").dropna("seed")  # those that diverged

    def ratio(at: xr.Dataset, network: str = "") -> xr.DataArray:
        norms = at[f"gradient{network}"].sel(depth=DEEP, drop=True)
        return norms.sel(layer=1, drop=True) / norms.sel(layer=DEEP, drop=True)

    ends = {}
    for size, points in (("", few), ("_many", many)):
        three = patterns(end, SHALLOW, points)
        ends[f"first_3{size}"] = three.isel(layer=0, drop=True)
        ends[f"last_3{size}"] = three.isel(layer=-1, drop=True)
        ends[f"patterns_8{size}"] = patterns(end, MIDDLE, points)
    untrained = patterns(start, SHALLOW, few)
    deep = record.sel(depth=DEEP, drop=True)
    ordinary = deep["loss_ordinary"].sel(time="end", drop=True)
    before, after = (deep["loss"].sel(time=time, drop=True) for time in ("start", "end"))
    quantities = {
        "txt-A.3.1.6": {
            **ends,
            "layer": record.layer.values[:MIDDLE],
            "first_start": untrained.isel(layer=0, drop=True),
            "last_start": untrained.isel(layer=-1, drop=True),
        },
        "txt-A.3.3.1": {
            "ratio_start": ratio(start),
            "ratio_end": ratio(end).fillna(0),
            "loss_start": before,
            "loss_end": after.fillna(before),  # after a divergence it did not fall
            "ratio_ordinary": ratio(start, "_ordinary"),
            "loss_ordinary": ordinary.dropna("seed"),
            "diverged_8": int(record["loss"].sel(depth=MIDDLE, time="end").isnull().sum()),
        },
    }
    return Reading(quantities, record)
