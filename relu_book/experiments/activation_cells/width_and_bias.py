"""One hidden layer: what width, bias and batch normalisation do (thesis 2.2.4, figures 2.4 to 2.8).

Each function measures what the rule of one claim in ``data/claims.yml`` asks for and returns it by
the rule's names. The sweeps over width and bias take about 10 s each on two cores.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import torch

from relu_book import datasets
from relu_book.cells import arrangement_cells, exact_cells
from relu_book.experiments.activation_cells.networks import (
    RESOLUTION,
    WINDOW,
    cell_count,
    first_layer,
    layer,
)
from relu_book.parallel import each
from relu_book.patterns import unpack


def _offsets(weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Distances of the lines w x + b = 0 from the origin, (filters,)."""
    return np.abs(bias) / np.linalg.norm(weight, axis=1)


def lines_of_filters(widths: Sequence[int], seed: int) -> dict:
    """fig-2.4.a: lines that cross the window, and a window wide enough for all of them."""
    measured = {"filters": list(widths), "lines_in_window": [], "lines_in_wide_window": []}
    for width in widths:
        weight, bias = first_layer(layer(width, seed))
        furthest = _offsets(weight, bias).max()
        for name, high in [("lines_in_window", WINDOW[1]), ("lines_in_wide_window", furthest)]:
            corners = high * np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]])
            sides = corners @ weight.T + bias > 0
            measured[name].append(int((sides.any(0) & ~sides.all(0)).sum()))
    return measured


def counts_by_width(widths: Sequence[int], seeds: Sequence[int]) -> dict:
    """Figures 2.4 and 2.5: cells seen by the grid and cells there are, (widths, seeds) each."""

    def counts(seed):
        models = [layer(width, seed) for width in widths]
        return [
            [cell_count(model) for model in models],
            [arrangement_cells(*first_layer(model), WINDOW) for model in models],
        ]

    grid, exact = np.transpose(each(counts, seeds), (1, 2, 0))
    return {"filters": np.array(widths), "grid": grid, "exact": exact}


def gap_to_formula(width: int, seeds: Iterable[int]) -> dict:
    """fig-2.5.c: cells on the grid, in the window, and in a window 100 times as wide."""
    wide = tuple(100 * edge for edge in WINDOW)

    def counts(seed):
        model = layer(width, seed)
        lines = first_layer(model)
        return cell_count(model), arrangement_cells(*lines, WINDOW), arrangement_cells(*lines, wide)

    names = ("grid_count", "exact_count", "wide_exact_count")
    return dict(zip(names, np.transpose(each(counts, seeds)), strict=True))


def sectors(width: int, seeds: Iterable[int]) -> dict:
    """fig-2.6.a: cells of a layer without bias, exactly and on the grid."""

    def counts(seed):
        model = layer(width, seed, bias=0.0)
        return exact_cells(model, 0).distinct, cell_count(model)

    names = ("exact_sectors", "sectors_on_grid")
    return dict(zip(names, np.transpose(each(counts, seeds)), strict=True))


def central_activity(width: int, seed: int) -> dict:
    """fig-2.6.b: share of active filters at the origin and on a disc that no line reaches."""
    shares = {}
    for name, bias in [("active_share_positive", 1.0), ("active_share_negative", -1.0)]:
        weight, constant = first_layer(layer(width, seed, bias=bias))
        angles = np.linspace(0, 2 * np.pi, 36, endpoint=False)
        disc = _offsets(weight, constant).min() / 2 * np.stack([np.cos(angles), np.sin(angles)], 1)
        points = np.concatenate([np.zeros((1, 2)), disc])
        shares[name] = (points @ weight.T + constant > 0).mean(1)
    return shares


def central_cell(width: int, seeds: Iterable[int]) -> dict:
    """fig-2.6.c: counts at bias 0 and 0.25; exact area of the central cell at 0.25 and 1."""
    names = ("count_bias_0", "count_bias_025", "area_bias_025", "area_bias_1")

    def measure(seed):
        counts = [cell_count(layer(width, seed, bias=b)) for b in (0.0, 0.25)]
        complexes = [exact_cells(layer(width, seed, bias=b), 0) for b in (0.25, 1.0)]
        return counts + [c.areas[_identity_cell(c, width)] for c in complexes]

    return dict(zip(names, np.transpose(each(measure, seeds)), strict=True))


def _identity_cell(complex_, width: int) -> int:
    """The piece on which every filter is active."""
    active = unpack(torch.as_tensor(complex_.patterns), width).all(1)
    return int(active.nonzero()[0, 0])


def line_distances(width: int, seed: int) -> dict:
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


def counts_on_the_plane(width: int, biases: Sequence[float], seed: int) -> dict:
    """fig-2.7.e: exact number of cells in a window that holds every crossing of two lines."""
    counts = []
    for bias in biases:
        model = layer(width, seed, bias=bias)
        weight, constant = first_layer(model)
        first, second = np.triu_indices(width, 1)
        pairs = np.stack([weight[first], weight[second]], 1)
        crossings = np.linalg.solve(
            pairs, -np.stack([constant[first], constant[second]], 1)[..., None]
        )
        reach = 1.01 * np.abs(crossings).max()
        counts.append(exact_cells(model, 0, (-reach, reach)).count)
    return {"filters": width, "bias": list(biases), "exact_counts": counts}


def counts_by_bias(
    biases: Sequence[float],
    seeds: Sequence[int],
    resolutions: Sequence[int] = (RESOLUTION,),
    width: int = 128,
) -> dict:
    """Figure 2.7: ``grid[resolution]`` and ``exact``, cells in the window, (seeds, biases) each."""

    def counts(seed):
        models = [layer(width, seed, bias=float(b)) for b in biases]
        grids = [[cell_count(model, n) for model in models] for n in resolutions]
        # At bias 0 all lines pass through one point: counting crossings does not do, polygons do.
        exact = [
            arrangement_cells(*first_layer(m), WINDOW) if b else exact_cells(m, 0).count
            for b, m in zip(biases, models, strict=True)
        ]
        return [*grids, exact]

    *grids, exact = np.swapaxes(each(counts, seeds), 0, 1)
    return {
        "bias": np.asarray(biases, dtype=float),
        "grid": dict(zip(resolutions, grids, strict=True)),
        "exact": exact,
    }


def _grid_counts(biases: Sequence[float], seeds: Sequence[int], width: int = 128) -> np.ndarray:
    """Cells on the grid, (seeds, biases)."""

    def counts(seed):
        return [cell_count(layer(width, seed, bias=float(b))) for b in biases]

    return np.array(each(counts, seeds))


def bias_of_fewest_cells(seeds: Sequence[int]) -> dict:
    """fig-2.7.a: among biases from -5 to 5 the one with the fewest cells, one a seed."""
    biases = np.array([-5, -0.05, 0, 0.05, 5])
    return {"bias": biases, "bias_of_minimum": biases[_grid_counts(biases, seeds).argmin(1)]}


def bias_of_most_cells(curves: dict) -> dict:
    """fig-2.7.b: where the mean curve of the 500 by 500 grid is highest."""
    bias, counts = curves["bias"], curves["grid"][RESOLUTION]
    return {
        "bias_of_maximum": bias[counts.mean(0).argmax()],
        "count_bias_08": counts[:, bias == 0.8].ravel(),
        "count_bias_09": counts[:, bias == 0.9].ravel(),
    }


def rise_and_fall(curves: dict) -> dict:
    """fig-2.7.c: counts at the maximum, at 3 and at 10; mean counts before and after it."""
    bias, counts = curves["bias"], curves["grid"][RESOLUTION]
    mean = counts.mean(0)
    top = mean.argmax()
    return {
        "count_maximum": counts[:, top],
        "count_bias_3": counts[:, bias == 3].ravel(),
        "count_bias_10": counts[:, bias == 10].ravel(),
        "counts_before": mean[: top + 1],
        "counts_after": mean[top:],
    }


def counts_at_opposite_biases(biases: Sequence[float], seeds: Sequence[int]) -> dict:
    """fig-2.7.d: counts at b and at -b."""
    counts = _grid_counts([*biases, *(-b for b in biases)], seeds)
    positive, negative = np.hsplit(counts, 2)
    return {"count_positive": positive, "count_negative": negative}


def rectangle(centre: float = -2.0) -> torch.Tensor:
    """The data of figure 2.8: 1 000 points, 2 wide and 6 high, around (centre, 0)."""
    bounds = {"low": (centre - 1, -3.0), "high": (centre + 1, 3.0)}
    return datasets.load("uniform", samples=1000, **bounds).images.double()


def pre_activation_at_data_mean(width: int, seed: int) -> dict:
    """fig-2.8.a: what enters the ReLUs at the mean of the data, beta 0."""
    return {"deviation": np.abs(_normalised_at_mean(width, seed, beta=0.0))}


def activity_at_data_mean(width: int, seeds: Iterable[int]) -> dict:
    """fig-2.8.b: share of active filters at the mean of the data, beta 1."""
    shares = [(_normalised_at_mean(width, seed, beta=1.0) > 0).mean() for seed in seeds]
    return {"active_share_at_mean": shares}


def _normalised_at_mean(width: int, seed: int, beta: float) -> np.ndarray:
    """Batch-normalised pre-activations at the mean of the data, with the statistics of the data."""
    data = rectangle()
    model = layer(width, seed, bias=beta, batch_norm=True)
    with torch.no_grad():
        of_data, of_mean = model[0](data), model[0](data.mean(0, keepdim=True))
        deviation = (of_data.var(0, unbiased=False) + model[1].eps).sqrt()
        return ((of_mean - of_data.mean(0)) / deviation + beta).squeeze(0).numpy()


def extent_of_central_cell(width: int, seeds: Iterable[int]) -> dict:
    """fig-2.8.c: height of the identity cell divided by its width, beta 1, exactly."""
    ratios = []
    for seed in seeds:
        model = layer(width, seed, bias=1.0, batch_norm=True).train()
        complex_ = exact_cells(model, 0, (-20.0, 20.0), reference=rectangle())
        across, up = np.ptp(complex_.polygons[_identity_cell(complex_, width)], axis=0)
        ratios.append(up / across)
    return {"extent_ratio": ratios}
