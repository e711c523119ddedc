"""What a record of ``cells_through_training`` says on figures 2.12 and 2.13 (thesis 2.2.4)."""

import json
from collections.abc import Callable

import numpy as np
import xarray as xr

from relu_book.claims import Reading


def cells_through_training_reading(record: xr.Dataset) -> Reading:
    """The quantities of each claim that the record decides.

    Args:
        record: What ``cells_through_training`` measures, with the dimensions of its jobs.
    """
    record = record.transpose("seed", "batch_norm", "epoch", "compared", "plane", "layer", ...)
    plain, normalised = record.sel(batch_norm=False), record.sel(batch_norm=True)
    start, end = record.epoch.values[[0, -1]]
    trained = plain.sel(compared=end)

    def both(name: str, measure: Callable[[xr.Dataset], xr.DataArray]) -> dict[str, xr.DataArray]:
        return {f"{name}_batch_norm": measure(normalised), f"{name}_plain": measure(plain)}

    def around_images(network: xr.Dataset) -> xr.DataArray:
        compared = network.near.sel(epoch=record.compared.values)
        return compared.stack(state=("epoch", "layer"))

    def in_corners(network: xr.Dataset) -> xr.DataArray:
        return network.corner_density.mean(("compared", "plane"))

    quantities = {
        "fig-2.12.a": both("counts", around_images)
        | {"distinct_share": share_of_points(around_images(normalised), record)},
        "fig-2.12.b": {
            "centre_start": plain.near.sel(epoch=start),
            "centre_end": plain.near.sel(epoch=end),
            "distinct_share": share_of_points(plain.near.sel(epoch=[start, end]), record),
            "window_start": plain.far.sel(epoch=start),
            "window_end": plain.far.sel(epoch=end),
        },
        "fig-2.12.c": {
            "density_images": _first_planes(trained.near_density),
            "density_corners": _first_planes(trained.corner_density),
        },
        "fig-2.12.d": both("corner_density", in_corners)
        | both("mean", lambda network: in_corners(network).mean("layer")),
        "fig-2.13.a": both(
            "change", lambda network: network.far.sel(epoch=end) / network.far.sel(epoch=start) - 1
        ),
        "fig-2.13.b": both("counts", lambda network: network.far.transpose("seed", "layer", ...))
        | {"epochs": record.epoch.values},
        "fig-2.13.c": {
            "count_end": normalised.unit.sel(epoch=end),
            "count_start": normalised.unit.sel(epoch=start),
            "mean_end": normalised.unit.sel(epoch=end).mean("layer"),
            "mean_start": normalised.unit.sel(epoch=start).mean("layer"),
            "distinct_share": share_of_points(normalised.unit.sel(epoch=[start, end]), record),
        },
        "fig-2.13.d": _way_back(plain.far),
        "fig-2.13.e": {
            "counts_start": normalised.far.sel(epoch=start),
            "counts_lowest": normalised.far.min("epoch"),
            "counts_end_plain": plain.far.sel(epoch=end),
        },
        "txt-2.2.4.2": _signs_by_plane(record, start, end),
    }
    return Reading(quantities, record)


def share_of_points(counts: xr.DataArray, record: xr.Dataset) -> np.ndarray:
    """Cells over the points of the grid, of every count: a grid sees no more cells than points."""
    resolution = json.loads(record.attrs["settings"])["resolution"]
    return counts.values.ravel() / resolution**2


def _first_planes(density: xr.DataArray, planes: int = 3) -> xr.DataArray:
    """Mean over the first planes, as many as figure 2.12 has: they repeat one training."""
    return density.isel(plane=slice(planes)).mean("plane")


def _way_back(counts: xr.DataArray) -> dict[str, xr.DataArray]:
    """Time of the first minimum in percent, and the share of layers that fall fast and come back.

    Such a layer is lowest after the start and within a fifth of the training, by more than the
    seeds spread at the start, and its least-squares slope is positive from there on: so it is not
    lowest in the last state.
    """
    minimum, end, start = counts.idxmin("epoch"), counts.epoch[-1], counts.isel(epoch=0)
    time = 100 * minimum / end
    slope = counts.where(counts.epoch >= minimum).where(minimum < end, 0.0)
    slope = slope.polyfit("epoch", 1).polyfit_coefficients.sel(degree=1, drop=True)
    fall = start - counts.min("epoch")
    back = (time > 0) & (time <= 20) & (fall > start.std("seed", ddof=1)) & (slope > 0)
    return {"coming_back": back.mean("layer"), "time_of_minimum": time}


def _signs_by_plane(record: xr.Dataset, start: int, end: int) -> dict[str, np.ndarray]:
    """Three findings of figure 2.12 by plane and layer, means over seeds; cells by plane."""
    means = record[["far_by_plane", "near_density", "corner_density"]].mean("seed")
    plain, normalised = means.sel(batch_norm=False), means.sel(batch_norm=True)
    trained = plain.sel(compared=end)
    corners = normalised.corner_density - plain.corner_density
    differences = {
        "signs_thinning": plain.near_density.sel(compared=start) - trained.near_density,
        "signs_surroundings": trained.near_density - 3 * trained.corner_density,
        "signs_corners": corners.mean("compared"),
    }
    signs = {name: np.sign(found.values).astype(int) for name, found in differences.items()}
    return {"counts": trained.far_by_plane.mean("layer").values} | signs
