"""One hidden layer: what width, bias and batch normalisation do (thesis 2.2.4, figures 2.4 to 2.8).

Each function measures one case of a claim in ``data/claims.yml`` and returns it by the names of the
claim's rule; ``relu_book.parallel.columns`` measures many. The sweeps over width and bias take
about 10 s each on two cores.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import torch
import xarray as xr

from relu_book import datasets
from relu_book.cells import arrangement_cells, exact_cells
from relu_book.experiments.activation_cells.networks import (
    RESOLUTION,
    WINDOW,
    cell_count,
    first_layer,
    layer,
)
from relu_book.patterns import unpack


def _offsets(weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Distances of the lines w x + b = 0 from the origin, (filters,)."""
    return np.abs(bias) / np.linalg.norm(weight, axis=1)


def lines_of_filters(width: int, seed: int = 0) -> dict:
    """fig-2.4.a: lines that cross the window, and a window wide enough for all of them."""
    weight, bias = first_layer(layer(width, seed))

    def crossing(high: float) -> int:
        sides = high * np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]]) @ weight.T + bias > 0
        return int((sides.any(0) & ~sides.all(0)).sum())

    wide = crossing(_offsets(weight, bias).max())
    return {"filters": width, "lines_in_window": crossing(WINDOW[1]), "lines_in_wide_window": wide}


def counts_by_width(seed: int, widths: Sequence[int]) -> dict:
    """Figures 2.4 and 2.5: cells seen by the grid and cells there are, (widths,) each."""
    models = [layer(width, seed) for width in widths]
    return {
        "grid": [cell_count(model) for model in models],
        "exact": [arrangement_cells(*first_layer(model), WINDOW) for model in models],
    }


def gap_to_formula(seed: int, width: int = 64) -> dict:
    """fig-2.5.c: cells on the grid, in the window, and in a window 100 times as wide."""
    model = layer(width, seed)
    wide = [100 * edge for edge in WINDOW]
    return {
        "grid_count": cell_count(model),
        "exact_count": arrangement_cells(*first_layer(model), WINDOW),
        "wide_exact_count": arrangement_cells(*first_layer(model), wide),
    }


def sectors(seed: int, width: int = 128) -> dict:
    """fig-2.6.a: cells of a layer without bias, exactly and on the grid."""
    model = layer(width, seed, bias=0.0)
    return {"exact_sectors": exact_cells(model, 0).distinct, "sectors_on_grid": cell_count(model)}


def central_activity(seed: int, width: int = 128) -> dict:
    """fig-2.6.b: share of active filters at the origin and on a disc that no line reaches."""
    shares = {}
    for name, bias in [("active_share_positive", 1.0), ("active_share_negative", -1.0)]:
        weight, constant = first_layer(layer(width, seed, bias=bias))
        angles = np.linspace(0, 2 * np.pi, 36, endpoint=False)
        disc = _offsets(weight, constant).min() / 2 * np.stack([np.cos(angles), np.sin(angles)], 1)
        points = np.concatenate([np.zeros((1, 2)), disc])
        shares[name] = (points @ weight.T + constant > 0).mean(1)
    return shares


def central_cell(seed: int, width: int = 128) -> dict:
    """fig-2.6.c: counts at bias 0 and 0.25; exact area of the central cell at 0.25 and 1."""
    none, small, large = (layer(width, seed, bias=bias) for bias in (0.0, 0.25, 1.0))
    exact_small, exact_large = exact_cells(small, 0), exact_cells(large, 0)
    return {
        "count_bias_0": cell_count(none),
        "count_bias_025": cell_count(small),
        "area_bias_025": exact_small.areas[_identity_cell(exact_small, width)],
        "area_bias_1": exact_large.areas[_identity_cell(exact_large, width)],
    }


def _identity_cell(complex_, width: int) -> int:
    """The piece on which every filter is active."""
    active = unpack(torch.as_tensor(complex_.patterns), width).all(1)
    return int(active.nonzero()[0, 0])


def line_distances(seed: int, width: int = 128) -> dict:
    """fig-2.6.d: measured distances of lines against abs(b)/norm(w); a filter times ten."""
    model = layer(width, seed, bias=0.25)
    weight, bias = first_layer(model)
    return {
        "deviation": np.abs(_measured_distances(weight, bias) - _offsets(weight, bias)),
        "shift_factor": _measured_distances(10 * weight, bias) / _measured_distances(weight, bias),
    }


def _measured_distances(weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Walk from the origin along each filter to where its pre-activation crosses zero."""
    directions = weight / np.linalg.norm(weight, axis=1, keepdims=True)
    at_origin = bias
    one_step_on = (weight * directions).sum(1) + bias
    return np.abs(at_origin / (one_step_on - at_origin))


def counts_on_the_plane(bias: float, width: int, seed: int = 0) -> dict:
    """fig-2.7.e: exact number of cells in a window that holds every crossing of two lines."""
    model = layer(width, seed, bias=bias)
    weight, constant = first_layer(model)
    pairs = np.array([*combinations(range(width), 2)])
    crossings = np.linalg.solve(weight[pairs], -constant[pairs][..., None])
    reach = 1.01 * np.abs(crossings).max()
    return {"bias": bias, "exact_counts": exact_cells(model, 0, (-reach, reach)).count}


def counts_by_bias(
    seed: int, biases: Sequence[float], resolutions: Sequence[int], width: int = 128
) -> xr.Dataset:
    """Figure 2.7: cells in the window, ``grid`` (resolution, bias) and ``exact`` (bias)."""
    models = [layer(width, seed, bias=float(bias)) for bias in biases]
    grid = [[cell_count(model, resolution) for model in models] for resolution in resolutions]
    # At bias 0 all lines pass through one point: counting crossings does not do, polygons do.
    exact = [
        arrangement_cells(*first_layer(model), WINDOW) if bias else exact_cells(model, 0).count
        for bias, model in zip(biases, models, strict=True)
    ]
    return xr.Dataset(
        {"grid": (("resolution", "bias"), grid), "exact": ("bias", exact)},
        {"resolution": list(resolutions), "bias": list(biases)},
    )


def bias_of_fewest_cells(seed: int, biases: Sequence[float]) -> dict:
    """fig-2.7.a: the bias with the fewest cells."""
    counts = [cell_count(layer(128, seed, bias=float(bias))) for bias in biases]
    return {"bias_of_minimum": biases[np.argmin(counts)]}


def bias_of_most_cells(curves: xr.Dataset) -> dict:
    """fig-2.7.b: where the curve of each seed is highest on the 500 by 500 grid."""
    counts = curves.grid.sel(resolution=RESOLUTION)
    return {
        "bias_of_maximum": counts.idxmax("bias"),
        "count_bias_08": counts.sel(bias=0.8),
        "count_bias_09": counts.sel(bias=0.9),
    }


def rise_and_fall(curves: xr.Dataset) -> dict:
    """fig-2.7.c: counts at the maximum, at 3 and at 10; mean counts before and after it."""
    counts = curves.grid.sel(resolution=RESOLUTION)
    mean = counts.mean("seed")
    top = mean.idxmax().item()
    return {
        "count_maximum": counts.sel(bias=top),
        "count_bias_3": counts.sel(bias=3),
        "count_bias_10": counts.sel(bias=10),
        "counts_before": mean.sel(bias=slice(None, top)),
        "counts_after": mean.sel(bias=slice(top, None)),
    }


def counts_at_opposite_biases(seed: int, biases: Sequence[float]) -> dict:
    """fig-2.7.d: counts at b and at -b."""
    return {
        name: [cell_count(layer(128, seed, bias=sign * bias)) for bias in biases]
        for name, sign in (("count_positive", 1.0), ("count_negative", -1.0))
    }


def rectangle(centre: float = -2.0) -> torch.Tensor:
    """The data of figure 2.8: 1 000 points, 2 wide and 6 high, around (centre, 0)."""
    bounds = {"low": (centre - 1, -3.0), "high": (centre + 1, 3.0)}
    return datasets.load("uniform", samples=1000, **bounds).images.double()


def pre_activation_at_data_mean(seed: int, width: int = 128) -> dict:
    """fig-2.8.a: what enters the ReLUs at the mean of the data, beta 0."""
    return {"deviation": np.abs(_normalised_at_mean(width, seed, beta=0.0))}


def activity_at_data_mean(seed: int, width: int = 128) -> dict:
    """fig-2.8.b: share of active filters at the mean of the data, beta 1."""
    return {"active_share_at_mean": (_normalised_at_mean(width, seed, beta=1.0) > 0).mean()}


def _normalised_at_mean(width: int, seed: int, beta: float) -> np.ndarray:
    """Batch-normalised pre-activations at the mean of the data, with the statistics of the data."""
    data = rectangle()
    model = layer(width, seed, bias=beta, batch_norm=True)
    with torch.no_grad():
        of_data, of_mean = model[0](data), model[0](data.mean(0, keepdim=True))
        deviation = (of_data.var(0, unbiased=False) + model[1].eps).sqrt()
        return ((of_mean - of_data.mean(0)) / deviation + beta).squeeze(0).numpy()


def extent_of_central_cell(seed: int, width: int = 128) -> dict:
    """fig-2.8.c: height of the identity cell divided by its width, beta 1, exactly."""
    model = layer(width, seed, bias=1.0, batch_norm=True).train()
    complex_ = exact_cells(model, 0, (-20.0, 20.0), reference=rectangle())
    across, up = np.ptp(complex_.polygons[_identity_cell(complex_, width)], axis=0)
    return {"extent_ratio": up / across}
