"""Pictures of trainings by learning rate (thesis 2.1)."""

from collections.abc import Mapping
from fractions import Fraction

import xarray as xr
from matplotlib.figure import Figure

from relu_book.experiments.tutorial.dense_by_rate_reading import GUESSING, last_tenth
from relu_book.plots.style import BLUE, EDGED, ORANGE, band
from relu_book.plots.words import described

KINDS = {False: "without", True: "batch normalisation"}


def describe_rate_curves(records: Mapping[str, xr.Dataset]) -> str:
    """Alt text of ``rate_curves``: where each curve is lowest, and where it ends."""
    said = []
    for title, record in records.items():
        for batch_norm, name in KINDS.items():
            mean = last_tenth(record.losses).sel(batch_norm=batch_norm).mean("seed", skipna=False)
            drawn = mean.dropna("learning_rate")
            what = f"{title}, {name}"
            if not drawn.size:
                said.append(f"{what}: no point, at each rate a training diverges")
                continue
            places = drawn.learning_rate[[drawn.argmin("learning_rate").item(), 0, -1]].values
            lowest, first, last = (Fraction(rate).limit_denominator(10_000) for rate in places)
            said.append(
                f"{what}: lowest at the rate {lowest} with {drawn.min():.2f}, "
                f"from {drawn[0]:.2f} at {first} to {drawn[-1]:.2f} at {last}"
            )
    return (
        "Training loss at the end against the learning rate, with and without batch normalisation; "
        f"a dotted line at the loss of guessing, {GUESSING:.2f}: {'; '.join(said)}."
    )


@described(
    alt=describe_rate_curves,
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
        for (batch_norm, name), colour in zip(KINDS.items(), (BLUE, ORANGE), strict=True):
            losses = end.sel(batch_norm=batch_norm)
            mean = losses.mean("seed", skipna=False)
            spread = losses.std("seed", ddof=1, skipna=False)
            band(axes, end.learning_rate, mean, spread, colour, where=mean.notnull(), **EDGED)
            axes.plot(end.learning_rate, mean, "o-", color=colour, label=name)
        axes.axhline(GUESSING, color="black", linewidth=1, linestyle=":", label="guessing")
        axes.set_xscale("log", base=2)
        axes.set(
            title=f"{title}, {record.sizes['step']} steps", xlabel="learning rate", ylim=(0, 4)
        )
        axes.grid(True, alpha=0.5)
    panels[0].set_ylabel("training loss")
    panels[0].legend(loc="upper left")
    return figure
