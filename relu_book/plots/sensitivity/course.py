"""mu and sigma of the transition through trainings (figures 3.15 to 3.21)."""

import numpy as np
import xarray as xr
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from relu_book.plots.style import LINE_COLOURS
from relu_book.plots.words import described

MARKERS = ("o", "s", "^", "D", "v")


def describe_settings(data: xr.Dataset) -> str:
    """Alt text of ``settings``: mu and sigma before training and at its end."""
    told = []
    for name in data.setting.values:
        mu, sigma = (data[f"mean_{part}"].sel(setting=name).values for part in ("mu", "sigma"))
        told.append(f"{name}: μ {mu[0]:.2f} to {mu[-1]:.2f}, σ {sigma[0]:.2f} to {sigma[-1]:.2f}")
    return f"Of the layer mean, before training and in the end. {'; '.join(told)}."


@described(
    alt=describe_settings,
    caption="Middle μ and width σ of the fitted transition in the logarithm of the rate, mean over "
    "the layers. A high μ is a cold network. Dotted: where the rate falls. The steps are not to "
    "scale.",
)
def settings(data: xr.Dataset) -> Figure:
    """mu and sigma of the layer mean, a curve a setting.

    Args:
        data: As ``live.trainings`` measures it.
    """
    figure = Figure(figsize=(6.8, 6.2))
    axes = figure.subplots(2, 1, sharex=True)
    for marker, colour, name in zip(MARKERS, LINE_COLOURS, data.setting.values, strict=False):
        for panel, part in zip(axes, ("mu", "sigma"), strict=True):
            curve = data[f"mean_{part}"].sel(setting=name)
            panel.plot(curve, marker=marker, markersize=5, color=colour, label=name)
    _finish(axes, data)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


def describe_layers(data: xr.Dataset, setting: str) -> str:
    """Alt text of ``draw_layers``: mu of the first and of the last layer."""
    mu = data["mu"].sel(setting=setting)
    first, last = mu.isel(layer=0).values, mu.isel(layer=-1).values
    return (
        f"Setting {setting}. μ of the first layer goes from {first[0]:.2f} to {first[-1]:.2f}, of "
        f"the last from {last[0]:.2f} to {last[-1]:.2f}."
    )


@described(
    alt=describe_layers,
    caption="Middle μ and width σ of each layer's transition, from the first layer (dark) to the "
    "last (light), and of the mean over the layers (black, dashed). Dotted: where the rate falls. "
    "The steps are not to scale.",
)
def draw_layers(data: xr.Dataset, setting: str) -> Figure:
    """mu and sigma of every layer in one setting.

    Args:
        data: As ``live.trainings`` measures it.
        setting: One of its.
    """
    one = data.sel(setting=setting)
    figure = Figure(figsize=(6.8, 5.6))
    axes = figure.subplots(2, 1, sharex=True)
    for panel, part in zip(axes, ("mu", "sigma"), strict=True):
        for place, layer in enumerate(data.layer.values):
            colour = colormaps["viridis"](0.9 * place / max(1, data.sizes["layer"] - 1))
            panel.plot(one[part].sel(layer=layer), color=colour, label=f"{layer}")
        panel.plot(one[f"mean_{part}"], "--", color="black", label="mean")
    _finish(axes, data)
    axes[0].set_title(setting)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, title="layer", loc="outside right upper")
    return figure


def _finish(axes: tuple[Axes, Axes], data: xr.Dataset) -> None:
    """Names of the axes, the steps, and where the rate falls."""
    rate = data["rate"].isel(setting=0).values
    for panel, label in zip(axes, ("middle μ, ln rate", "width σ"), strict=True):
        panel.set_ylabel(label)
        panel.grid(axis="y")
        for place in np.flatnonzero(np.diff(rate) < 0):
            panel.axvline(place + 0.5, color="0.4", linestyle=":", linewidth=1.5)
    axes[1].set_xticks(range(data.sizes["step"]), data.step.values)
    axes[1].set_xlabel("steps taken, not to scale")
