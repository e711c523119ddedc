"""Pictures of normalisation: who shares a statistic, what a feature becomes (thesis 2.1)."""

from functools import lru_cache

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from relu_book.plots.style import BLUE, CELL_COLOURS, ORANGE
from relu_book.plots.words import described

_BINS = np.linspace(-6, 6, 61)


def describe_batch_norm(gamma: float, beta: float, batch: int) -> str:
    x = _feature(batch)
    out = _normalised(x, gamma, beta)
    return (
        f"A feature in a batch of {batch}: mean {x.mean():.2f} and standard deviation "
        f"{x.std():.2f} become {beta:.2f} and {out.std():.2f} with gamma {gamma:g} and beta "
        f"{beta:g}; "
        f"{(out > 0).mean():.0%} of the values pass ReLU."
    )


@described(
    alt=describe_batch_norm,
    caption="The values of one filter over a batch, before and after batch normalisation: blue "
    "is what a ReLU passes, grey what it stops, the dashed line the mean. Before, nearly "
    "all values pass; after, β and γ decide which share does.",
)
def draw_batch_norm(gamma: float, beta: float, batch: int) -> Figure:
    """A batch of one feature before and after batch normalisation, and what ReLU passes."""
    x = _feature(batch)
    out = _normalised(x, gamma, beta)
    figure = Figure(figsize=(9.6, 4.0))
    panels = figure.subplots(1, 2, sharex=True)
    for axes, values, name in zip(panels, (x, out), ("before", "after"), strict=True):
        height = 1 / len(values)
        for sign, colour in ((values <= 0, "#bbbbbb"), (values > 0, BLUE)):
            weights = np.full(sign.sum(), height)
            axes.hist(values[sign], _BINS, weights=weights, color=colour)
        axes.axvline(0, color="black", linewidth=1)
        axes.axvline(values.mean(), color=ORANGE, linestyle="--")
        axes.set(
            title=f"{name}: mean {values.mean().round(2) + 0:.2f}, s.d. {values.std():.2f}\n"
            f"{(values > 0).mean():.0%} pass ReLU",
            xlabel="value of the feature",
            xlim=(-6, 6),
        )
    panels[0].set_ylabel("share of the batch")
    return figure


def _normalised(x: np.ndarray, gamma: float, beta: float) -> np.ndarray:
    return (x - x.mean()) / np.sqrt(x.var() + 1e-5) * gamma + beta


@lru_cache(maxsize=8)
def _feature(batch: int) -> np.ndarray:
    return 2 + 1.2 * np.random.default_rng(1).standard_normal(batch)


@described(
    alt="Five grids of 4 samples by 6 filters. BatchNorm shares down the columns, LayerNorm "
    "along the rows; InstanceNorm has every square for itself; GroupNorm shares three "
    "neighbouring filters of a sample, the printed rule every second filter.",
    caption="Who shares a mean and a variance: squares with the same number and colour are "
    "normalised together. Each stands for all pixels of one filter of one sample. The "
    "last panel is GroupNorm as the thesis prints it, with every second filter in one "
    "group where the libraries take neighbours.",
)
def statistics_panels(samples: int = 4, filters: int = 6) -> Figure:
    """Which samples and filters share mean and variance, in five kinds of normalisation."""
    n, c = np.indices((samples, filters))
    kinds = {
        "BatchNorm": c,
        "LayerNorm": n,
        "InstanceNorm": n * filters + c,
        "GroupNorm, 2 groups": n * 2 + c // (filters // 2),
        "as printed": n * 2 + c % 2,
    }
    figure = Figure(figsize=(12.5, 2.9))
    colours = ListedColormap(CELL_COLOURS[4 : 4 + samples * filters] / 255)
    box = {"boxstyle": "round,pad=0.1", "color": "white", "alpha": 0.7}
    for axes, (name, group) in zip(figure.subplots(1, 5), kinds.items(), strict=True):
        axes.imshow(group, cmap=colours, vmin=-0.5, vmax=samples * filters - 0.5)
        for row, column in np.ndindex(group.shape):
            axes.text(column, row, group[row, column] + 1, ha="center", va="center", fontsize=11,
                      bbox=box)  # fmt: skip
        axes.set(title=name, xlabel="filter", xticks=[], yticks=[])
    figure.axes[0].set_ylabel("sample")
    return figure
