"""What measures of similarity give for layers that share nothing, and for some that share."""

from collections.abc import Callable
from functools import partial

import numpy as np
from matplotlib.figure import Figure

from relu_book.experiments.pruning.similarity_statements import by_decomposition
from relu_book.plots.style import BLUE, ORANGE
from relu_book.plots.words import described
from relu_book.similarity import cka, mean_cca, permutation_null, pwcca

MEASURES: dict[str, Callable] = {
    "mean CCA": mean_cca,
    "PWCCA": pwcca,
    "CKA with its bias": partial(cka, debiased=False),
    "CKA, debiased": cka,
}
TIMES = (0.3, 0.5, 0.8, 1.2, 1.6, 2.5, 4, 6, 10, 20, 40)  # samples a filter


def two_layers(samples: int, filters: int, shared: float) -> tuple[np.ndarray, np.ndarray]:
    """Normal numbers, of which two layers share some directions; each is turned on its own."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, samples, filters))
    common = round(shared * filters)
    y[:, :common] = x[:, :common]
    turns = (np.linalg.qr(rng.normal(size=(filters, filters)))[0] for _ in range(2))
    return tuple(layer @ turn for layer, turn in zip((x, y), turns, strict=True))


def found(filters: int, shared: float, orders: int = 10) -> dict[str, np.ndarray]:
    """By measure a row a number of samples: samples, value, null, its 5 and 95 %.

    Where canonical correlations are 1 whatever the data the library refuses; there the value is
    that of mean CCA by plain decompositions, and the null NaN.
    """
    rows: dict[str, list] = {name: [] for name in MEASURES}
    for times in TIMES:
        x, y = two_layers(max(round(times * filters), 4), filters, shared)
        for name, measure in MEASURES.items():
            if len(x) - 1 <= filters and not name.startswith("CKA"):
                plain = by_decomposition(x, y).mean() if name == "mean CCA" else np.nan
                rows[name].append((len(x), plain, np.nan, np.nan, np.nan))
                continue
            null = permutation_null(measure, x, y, orders)
            rows[name].append((len(x), measure(x, y), float(null), null.low, null.high))
    return {name: np.array(values) for name, values in rows.items()}


def describe_chance(filters: int, shared: float) -> str:
    """Alt text of ``draw_chance``."""
    told = [
        f"{name} {values[-1, 1]:.2f}, by chance {values[-1, 2]:.2f}"
        for name, values in found(filters, shared).items()
    ]
    return (
        f"Two layers of {filters} filters that share {shared:.0%} of their directions, against the "
        f"number of samples; with {TIMES[-1]} samples a filter: {'; '.join(told)}."
    )


@described(
    alt=describe_chance,
    caption="Two layers of normal numbers that share none, some or all of their directions: the "
    "value (blue) and what the same rows give in ten other orders (orange, with 5 to 95 %), "
    "against the number of samples. Shaded: no more samples than filters, where canonical "
    "correlations are 1 (dotted, by plain decompositions) and the library refuses.",
)
def draw_chance(filters: int, shared: float) -> Figure:
    """Four measures against the number of samples, each with its null.

    Args:
        filters: of each layer.
        shared: which share of the directions both have, in [0, 1].
    """
    figure = Figure(figsize=(9.0, 6.4))
    grid = figure.subplots(2, 2, sharex=True, sharey=True)
    for axes, (name, rows) in zip(grid.flat, found(filters, shared).items(), strict=True):
        samples, value, null, low, high = rows.T
        allowed = ~np.isnan(null)
        axes.axvspan(samples[0], filters + 1, color="#eeeeee")
        axes.plot(samples[~allowed], value[~allowed], ":", color=BLUE)
        axes.plot(samples[allowed], value[allowed], "o-", color=BLUE, label="value")
        axes.plot(samples, null, "s--", color=ORANGE, markersize=4, label="by chance")
        axes.fill_between(samples, low, high, color=ORANGE, alpha=0.25, linewidth=0)
        axes.set(title=name, xscale="log", ylim=(-0.25, 1.08))
    for axes in grid[1]:
        axes.set_xlabel("samples, logarithmic")
    for axes in grid[:, 0]:
        axes.set_ylabel("similarity")
    figure.legend(*grid[1, 1].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure
