"""A printed number of one run among those of many networks, and their measures over time."""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from relu_book.plots.style import BLUE, ORANGE
from relu_book.plots.words import described


def describe_accuracies(accuracy: xr.DataArray, printed: float) -> str:
    """Alt text of ``accuracies``."""
    values = accuracy.values
    return (
        f"{accuracy.layout.size * accuracy.bias.size} histograms of {accuracy.sizes['seed']} by "
        f"{accuracy.sizes['network']} networks each, from {values.min():.1f} to "
        f"{values.max():.1f} per cent, with the printed {printed:g} as a line."
    )


@described(
    alt=describe_accuracies,
    caption="Test accuracies in per cent of networks that differ by their seed alone, for either "
    "board and either bias. The orange line is the number that the source prints, of one run.",
)
def accuracies(accuracy: xr.DataArray, printed: float) -> Figure:
    """Histograms of the accuracies, boards by biases.

    Args:
        accuracy: after training, in per cent, by layout, bias, seed and network.
        printed: the number of the source.
    """
    figure = Figure(figsize=(9.6, 2 + 1.6 * accuracy.sizes["layout"]))
    panels = figure.subplots(
        accuracy.sizes["layout"], accuracy.sizes["bias"], sharex=True, squeeze=False
    )
    edges = np.linspace(float(accuracy.min()), float(accuracy.max()), 41)
    for row, layout in zip(panels, accuracy.layout.values, strict=True):
        for axes, bias in zip(row, accuracy.bias.values, strict=True):
            values = accuracy.sel(layout=layout, bias=bias).values.ravel()
            axes.hist(values, edges, color=BLUE)
            axes.axvline(printed, color=ORANGE)
            axes.set_title(f"board {layout}, {bias} bias, {len(values)} networks", fontsize=12)
        row[0].set_ylabel("networks")
    for axes in panels[-1]:
        axes.set_xlabel("test accuracy (%)")
    return figure


@described(
    alt="Three panels by time: angle of layer 2, residual of layers 1 to 3 and the read-out, and "
    "separation of the classes in the same, with bands over the networks.",
    caption="Seen over the training of many networks of fifty filters (board D, default bias): the "
    "angle of the best rotation of layer 2, what an affine map leaves over in each layer, as a "
    "share of its deviation, and variance between over within classes. Lines are means, bands one "
    "standard deviation over the networks. Times are evenly spaced, not to scale.",
)
def measures(record: xr.Dataset, layout: str = "D", bias: str = "default") -> Figure:
    """Angle, residual and separation over time.

    Args:
        record: of ``fifty_filters``.
        layout: of the board.
        bias: its name.
    """
    one = record.sel(layout=layout, bias=bias)
    figure = Figure(figsize=(9.6, 3.6))
    panels = figure.subplots(1, 3)
    labels = {"angle": "angle (degrees)", "residual": "residual", "separation": "separation"}
    for axes, (name, label) in zip(panels, labels.items(), strict=True):
        layers = ["2"] if name == "angle" else record.layer.values.tolist()
        for layer in layers:
            values = one[name].sel(layer=layer)
            mean, spread = (f(("seed", "network")).values for f in (values.mean, values.std))
            place = np.arange(len(mean))
            (line,) = axes.plot(place, mean, label=layer)
            axes.fill_between(
                place, mean - spread, mean + spread, color=line.get_color(), alpha=0.2
            )
        axes.set(ylabel=label, xlabel="steps", xticks=place)
        axes.set_xticklabels([f"{step:,}" for step in one.step.values], rotation=60, fontsize=10)
    panels[1].legend(title="layer", fontsize=10, title_fontsize=10)
    return figure
