"""Pictures of trainings by learning rate (thesis 2.1)."""

from collections.abc import Mapping

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from relu_book.experiments.tutorial.dense_by_rate_reading import last_tenth
from relu_book.plots.style import BLUE, EDGED, ORANGE, band
from relu_book.plots.words import described


@described(
    alt="Training loss at the end against the learning rate, with and without batch "
    "normalisation; a dotted line at the loss of guessing. Without it the loss is lowest "
    "at small rates and the curve ends where trainings diverge; with it the loss "
    "stays between 0.8 and 1.2 from 1/512 to 1/8 and the curve goes on to the largest rate, but "
    "its lowest point is higher.",
    caption="Training loss, the mean over the last tenth of the steps, against the learning "
    "rate, whose axis is logarithmic: means over the seeds, bands of one standard "
    "deviation. A curve ends where a training diverges. With batch normalisation it "
    "reaches much further.",
)
def rate_curves(records: Mapping[str, xr.Dataset]) -> Figure:
    """Loss at the end against the learning rate, with and without batch normalisation.

    Args:
        records: By title: ``losses`` by batch_norm, seed, learning_rate and step, NaN where a run
            diverged. A rate at which a seed diverged is left out.
    """
    figure = Figure(figsize=(5.6 * len(records), 4.4))
    panels = figure.subplots(1, len(records), squeeze=False, sharey=True)[0]
    for axes, (title, record) in zip(panels, records.items(), strict=True):
        end = last_tenth(record.losses)
        for batch_norm, name, colour in (
            (False, "without", BLUE),
            (True, "batch normalisation", ORANGE),
        ):
            losses = end.sel(batch_norm=batch_norm)
            mean = losses.mean("seed", skipna=False)
            spread = losses.std("seed", ddof=1, skipna=False)
            band(axes, end.learning_rate, mean, spread, colour, where=mean.notnull(), **EDGED)
            axes.plot(end.learning_rate, mean, "o-", color=colour, label=name)
        axes.axhline(np.log(10), color="black", linewidth=1, linestyle=":", label="guessing")
        axes.set_xscale("log", base=2)
        axes.set(
            title=f"{title}, {record.sizes['step']} steps", xlabel="learning rate", ylim=(0, 4)
        )
        axes.grid(True, alpha=0.5)
    panels[0].set_ylabel("training loss")
    panels[0].legend(loc="upper left")
    return figure
