"""Pictures of recorded trainings: loss by learning rate and by depth (thesis 2.1)."""

from collections.abc import Mapping

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from relu_book.plots.style import LINE_COLOURS

BLUE, ORANGE, GREEN, PURPLE = LINE_COLOURS[:4]


def rate_curves(records: Mapping[str, xr.Dataset]) -> Figure:
    """Loss at the end against the learning rate, with and without batch normalisation.

    Args:
        records: By title: ``losses`` by batch_norm, seed, learning_rate and step, NaN where a run
            diverged. A rate at which a seed diverged is left out.
    """
    figure = Figure(figsize=(5.6 * len(records), 4.4))
    panels = figure.subplots(1, len(records), squeeze=False, sharey=True)[0]
    for axes, (title, record) in zip(panels, records.items(), strict=True):
        steps = record.sizes["step"]
        last = record["losses"].isel(step=slice(steps - max(1, steps // 10), steps))
        end = last.mean("step", skipna=False)
        for batch_norm, name, colour in (
            (False, "without", BLUE),
            (True, "batch normalisation", ORANGE),
        ):
            losses = end.sel(batch_norm=batch_norm).transpose("learning_rate", "seed")
            rates = losses["learning_rate"].values
            finite = np.isfinite(losses.values).all(1)
            mean, spread = losses.values.mean(1), losses.values.std(1, ddof=1)
            axes.fill_between(rates, mean - spread, mean + spread, where=finite, color=colour,
                              alpha=0.25)  # fmt: skip
            axes.plot(rates, np.where(finite, mean, np.nan), "o-", color=colour, label=name)
        axes.axhline(np.log(10), color="black", linewidth=1, linestyle=":", label="guessing")
        axes.set_xscale("log", base=2)
        axes.set(title=f"{title}, {steps} steps", xlabel="learning rate", ylim=(0, 4))
        axes.grid(True, alpha=0.5)
    panels[0].set_ylabel("training loss")
    panels[0].legend(loc="upper left")
    return figure


def skip_curves(record: xr.Dataset) -> Figure:
    """Loss over the steps, smoothed, at each depth, with and without skip connections.

    Args:
        record: ``loss`` by residual, depth, seed and step.
    """
    depths = record["depth"].values
    figure = Figure(figsize=(4.0 * len(depths), 4.2))
    smooth = max(1, record.sizes["step"] // 10)
    for axes, depth in zip(figure.subplots(1, len(depths), sharey=True), depths, strict=True):
        for residual, name, colour in ((False, "ConvNet", BLUE), (True, "ResNet", ORANGE)):
            losses = record["loss"].sel(depth=depth, residual=residual)
            running = losses.rolling(step=smooth).mean().dropna("step")
            mean, spread = running.mean("seed"), running.std("seed", ddof=1)
            step = running["step"].values
            axes.fill_between(step, mean - spread, mean + spread, color=colour, alpha=0.25)
            axes.plot(step, mean, color=colour, label=name)
        axes.set(title=f"{depth} layers", xlabel="step")
        axes.grid(True, alpha=0.5)
    figure.axes[0].set(ylabel="training loss", ylim=(0, 3))
    figure.axes[0].legend()
    return figure
