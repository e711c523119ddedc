"""Theorem 1 beside simulations, with its assumptions and without, and beside a network's step."""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from relu_book.experiments.sensitivity.assumptions import ASSUMPTIONS
from relu_book.plots.style import BLUE, GREEN, ORANGE, band
from relu_book.plots.words import described
from relu_book.transition import change_probability


def describe_theorem(simulated: xr.DataArray, filters: int, assumption: str) -> str:
    """Alt text of ``draw_theorem``: how far the simulation lies from the formula at the most."""
    shares = simulated.sel(filters=filters, assumption=assumption)
    away = shares - change_probability(shares.rate.values, 1.0, 1.0, filters)
    worst = int(abs(away.values).argmax())
    return (
        f"Theorem 1 for {filters} filters and a simulation with {ASSUMPTIONS[assumption]}: it is "
        f"farthest from the formula, by {float(away[worst]):+.2f}, at the rate "
        f"{float(away.rate[worst]):.2g}. The formula reaches {1 - 2.0**-filters:.4g}."
    )


@described(
    alt=describe_theorem,
    caption="The share of changed patterns over the rate, in units of σ_c/σ_g: the formula of "
    "theorem 1 (line), simulated layers (dots), and the most that the formula reaches, 1 − 2⁻ᵈ "
    "(dotted).",
)
def draw_theorem(simulated: xr.DataArray, filters: int, assumption: str) -> Figure:
    """The formula for a number of filters, and what is simulated under an assumption.

    Args:
        simulated: As ``assumptions.simulated`` makes it.
        filters: One of its numbers.
        assumption: One of ``ASSUMPTIONS``.
    """
    shares = simulated.sel(filters=filters, assumption=assumption)
    fine = np.geomspace(float(shares.rate[0]), float(shares.rate[-1]), 300)
    figure = Figure(figsize=(6.8, 4.4))
    axes = figure.subplots()
    formula = change_probability(fine, 1.0, 1.0, filters)
    axes.plot(fine, formula, color=BLUE, label=f"theorem 1, d = {filters}")
    axes.plot(shares.rate, shares, "o", color=ORANGE, markersize=6, label="simulated")
    axes.axhline(1 - 2.0**-filters, color="0.4", linestyle=":", linewidth=1.5)
    axes.set(
        title=ASSUMPTIONS[assumption], xscale="log", xlabel="rate, times σ_g/σ_c",
        ylabel="share D of changed patterns", ylim=(-0.02, 1.04),
    )  # fmt: skip
    figure.legend(loc="outside upper center", ncols=2)
    axes.grid(axis="y")
    return figure


def describe_loss(data: xr.Dataset) -> str:
    """Alt text of ``of_a_loss``: largest differences from what was measured, by layer."""
    mean = data.mean("seed")
    told = [
        f"layer {layer}: {float(abs(mean.own - mean.measured).sel(layer=layer).max()):.2f} and "
        f"{float(abs(mean.whole - mean.measured).sel(layer=layer).max()):.2f}"
        for layer in data.layer.values
    ]
    return (
        "Largest distance of theorem 1 from the measured share, with the layer's own change and "
        f"with all of it: {'; '.join(told)}."
    )


@described(
    alt=describe_loss,
    caption="Steps of gradient descent of an untrained network (dots, mean over seeds, with one "
    "standard deviation) and theorem 1: with what the step of the layer's own weights changes of "
    "its pre-activations (dashed), as the theorem has it, and with what the whole step changes "
    "(full).",
)
def of_a_loss(data: xr.Dataset) -> Figure:
    """The measured share beside both readings of theorem 1, a panel a layer.

    Args:
        data: As ``assumptions.of_a_loss`` measures it.
    """
    mean, spread = data.mean("seed"), data["measured"].std("seed", ddof=1)
    figure = Figure(figsize=(6.8, 3.8))
    panels = figure.subplots(1, data.sizes["layer"], sharey=True)
    for axes, layer in zip(panels, data.layer.values, strict=True):
        one = mean.sel(layer=layer)
        band(axes, one.rate, one.measured, spread.sel(layer=layer), ORANGE)
        axes.plot(one.rate, one.measured, "o", color=ORANGE, markersize=5, label="measured")
        axes.plot(one.rate, one.own, "--", color=BLUE, label="own weights")
        axes.plot(one.rate, one.whole, color=GREEN, label="whole step")
        axes.set(title=f"layer {layer}", xscale="log", ylim=(-0.02, 1.02))
        axes.set_xticks([1e-3, 1e-1, 1e1])
        axes.grid(axis="y")
    panels[0].set_ylabel("share D")
    panels[len(panels) // 2].set_xlabel("learning rate")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure
