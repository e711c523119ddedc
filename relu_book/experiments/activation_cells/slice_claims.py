"""What a record of ``cells_through_training`` says on figures 2.12 and 2.13 (thesis 2.2.4).

Each entry holds the quantities that the rule of one claim in ``data/claims.yml`` asks for.
"""

import numpy as np
import xarray as xr


def slice_quantities(record: xr.Dataset) -> dict[str, dict]:
    """Measured quantities by claim.

    Args:
        record: What ``cells_through_training`` returns, with a dimension ``seed``.

    Returns:
        ``{"fig-2.12.a": {"counts_batch_norm": ..., ...}, ...}``.
    """
    record = record.transpose("seed", "batch_norm", "epoch", "compared", "plane", "layer", ...)
    plain, normalised = record.sel(batch_norm=False), record.sel(batch_norm=True)
    start, end = record.epoch.values[[0, -1]]

    def counts(network: xr.Dataset, square: str = "far", **where) -> np.ndarray:
        return network[square].sel(**where).values.astype(float)

    def change(network: xr.Dataset) -> np.ndarray:
        return counts(network, epoch=end) / counts(network, epoch=start) - 1

    def around_images(network: xr.Dataset) -> np.ndarray:
        near = network.near.sel(epoch=record.compared.values)
        return near.values.reshape(len(record.seed), -1).astype(float)

    first_minimum = plain.far.argmin("epoch").values
    fewest_normalised = normalised.far.min("epoch").values.astype(float)
    trained = plain.sel(compared=end)
    return {
        "fig-2.12.a": {
            "counts_batch_norm": around_images(normalised),
            "counts_plain": around_images(plain),
        },
        "fig-2.12.b": {
            "counts_start": counts(plain, epoch=start)[:, 1:],
            "counts_end": counts(plain, epoch=end)[:, 1:],
        },
        "fig-2.12.c": {
            "density_images": _planes_and_seeds(trained.near_density),
            "density_corners": _planes_and_seeds(trained.corner_density),
        },
        "fig-2.12.d": {
            "corner_density_batch_norm": _mean_of_a_seed(normalised.corner_density),
            "corner_density_plain": _mean_of_a_seed(plain.corner_density),
        },
        "fig-2.13.a": {"change_batch_norm": change(normalised), "change_plain": change(plain)},
        "fig-2.13.b": {
            "epochs": record.epoch.values,
            "counts_batch_norm": counts(normalised).transpose(0, 2, 1),
            "counts_plain": counts(plain).transpose(0, 2, 1),
        },
        "fig-2.13.c": {
            "count_end": counts(normalised, "unit", epoch=end).mean(1),
            "count_start": counts(normalised, "unit", epoch=start).mean(1),
        },
        "fig-2.13.d": {
            "time_of_minimum": 100 * record.epoch.values[first_minimum] / end,
            "slope_after": _slopes_after(plain.far, first_minimum),
        },
        "fig-2.13.e": {
            "counts_start": counts(normalised, epoch=start),
            "counts_lowest": fewest_normalised,
            "counts_end_plain": counts(plain, epoch=end),
        },
        "txt-2.2.4.2": _signs_by_plane(record, start, end),
    }


def _planes_and_seeds(density: xr.DataArray, planes: int = 3) -> np.ndarray:
    """(planes times seeds, layers) of the first planes."""
    return density.isel(plane=slice(planes)).values.reshape(-1, density.sizes["layer"])


def _mean_of_a_seed(density: xr.DataArray) -> np.ndarray:
    """Mean over layers, planes and the compared times, one a seed."""
    return density.mean(("compared", "plane", "layer")).values


def _slopes_after(counts: xr.DataArray, first_minimum: np.ndarray) -> np.ndarray:
    """Least-squares slope in cells an epoch from the minimum on, (seeds, layers).

    Zero where the minimum is the last state: nothing comes back.
    """
    epochs, slopes = counts.epoch.values, np.zeros(first_minimum.shape)
    for where, begin in np.ndenumerate(first_minimum):
        seed, layer = where
        if begin < len(epochs) - 1:
            after = counts.values[seed, begin:, layer].astype(float)
            slopes[where] = np.polyfit(epochs[begin:], after, 1)[0]
    return slopes


def _signs_by_plane(record: xr.Dataset, start: int, end: int) -> dict[str, np.ndarray]:
    """Three findings of figure 2.12 plane by plane, means over seeds and layers."""
    means = record[["far_by_plane", "near_density", "corner_density"]].mean(("seed", "layer"))
    plain, normalised = means.sel(batch_norm=False), means.sel(batch_norm=True)
    trained = plain.sel(compared=end)
    thinning = plain.far_by_plane.sel(compared=start) - trained.far_by_plane
    surroundings = trained.near_density - 3 * trained.corner_density
    corners = (normalised.corner_density - plain.corner_density).mean("compared")
    return {
        "counts": trained.far_by_plane.values,
        "signs_thinning": np.sign(thinning.values).astype(int),
        "signs_surroundings": np.sign(surroundings.values).astype(int),
        "signs_corners": np.sign(corners.values).astype(int),
    }
