"""The phase diagram of a training: what its steps would change at any rate (figure 3.11)."""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from relu_book.plots.style import ORANGE
from relu_book.plots.words import described

LAYERS = {"mean": None, "first layer": 0, "last layer": -1}


def profile_of(data: xr.Dataset, setting: str, layer: str, step: int | None = None) -> xr.DataArray:
    """D by step and tried rate, or by rate at one step, of a layer or the mean over all."""
    one, place = data.sel(setting=setting), LAYERS[layer]
    shares = one["mean_distance"] if place is None else one["profile"].isel(layer=place)
    return shares if step is None else shares.sel(step=step)


def _fits(data: xr.Dataset, setting: str, layer: str) -> tuple[np.ndarray, np.ndarray]:
    """mu and sigma, one a step."""
    one, place = data.sel(setting=setting), LAYERS[layer]
    if place is None:
        return one["mean_mu"].values, one["mean_sigma"].values
    return tuple(one[name].isel(layer=place).values for name in ("mu", "sigma"))


def describe_profile(data: xr.Dataset, setting: str, layer: str) -> str:
    """Alt text of ``draw_profile``: where half of the patterns change, and what the steps do."""
    mu, _ = _fits(data, setting, layer)
    one, shares = data.sel(setting=setting), profile_of(data, setting, layer)
    used = [
        float(np.interp(np.log(rate), np.log(data.tried_rate), row))
        for rate, row in zip(one.rate.values, shares.values, strict=True)
    ]
    return (
        f"Setting {setting}, {layer}. Half of the patterns change at the rate "
        f"{np.exp(mu[0]):.2g} before training and {np.exp(mu[-1]):.2g} at its end; the rate in use "
        f"changes {used[0]:.0%} in the first step and {used[-1]:.1%} in the last that was swept."
    )


@described(
    alt=describe_profile,
    caption="The share D of patterns that the next step would change, by its rate (upwards) and by "
    "the steps taken so far (to the right, not to scale). The white line is the rate in use, the "
    "orange one the fitted rate e^μ at which half of the patterns change; dashed, σ to both sides.",
)
def draw_profile(data: xr.Dataset, setting: str, layer: str) -> Figure:
    """D over rate and step, the rate in use, and the fitted transition.

    Args:
        data: As ``live.trainings`` measures it.
        setting: One of its.
        layer: One of ``LAYERS``.
    """
    one, shares = data.sel(setting=setting), profile_of(data, setting, layer)
    mu, sigma = _fits(data, setting, layer)
    rates, places = data.tried_rate.values, np.arange(data.sizes["step"])
    between = np.sqrt(rates[1:] * rates[:-1])
    borders = [rates[0] ** 2 / between[0], *between, rates[-1] ** 2 / between[-1]]
    figure = Figure(figsize=(6.8, 4.6))
    axes = figure.subplots()
    image = axes.pcolormesh(np.arange(len(places) + 1) - 0.5, borders, shares.T, vmin=0, vmax=1)
    casing = [withStroke(linewidth=4, foreground="black")]
    axes.plot(places, one.rate, color="white", path_effects=casing, drawstyle="steps-mid")
    axes.plot(places, np.exp(mu), color=ORANGE, path_effects=casing)
    for side in (-1, 1):
        axes.plot(places, np.exp(mu + side * sigma), "--", color=ORANGE)
    axes.set_xticks(places, data.step.values)
    axes.set(
        title=f"{setting}, {layer}", yscale="log", xlabel="steps taken, not to scale",
        ylabel="learning rate", ylim=(borders[0], borders[-1]),
    )  # fmt: skip
    figure.colorbar(image, ax=axes, label="share D of changed patterns")
    return figure
