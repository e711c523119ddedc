"""Proposition 1 of supplement F as a Monte-Carlo experiment, and where its assumptions break."""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from relu_book.plots.style import BLUE, GREEN, ORANGE
from relu_book.plots.words import described

LOOKS = (("o", BLUE), ("s", ORANGE), ("^", GREEN))


def describe_proposition(samples: xr.DataArray, filters: xr.DataArray, noise: float) -> str:
    """Alt text of ``proposition``: the ends of every curve."""
    told = []
    for kind in samples.noise.values:
        curve = samples.sel(noise=kind)
        told.append(f"{kind}: from {float(curve[0]):.3f} to {float(curve[-1]):.3f}")
    wide = filters.sel(noise="independent")
    return (
        f"Probability that no pattern is unchanged. Over the number of samples, noise {noise:g}, "
        f"{'; '.join(told)}. Over the number of filters it rises from {float(wide[0]):.3f} to "
        f"{float(wide[-1]):.3f}, where the printed formula falls."
    )


@described(
    alt=describe_proposition,
    caption="How likely a measurement sees no unchanged pattern, after all signs have flipped and "
    "noise has flipped some back. Left, one filter: exponentially less likely the more samples "
    "there are, if each has noise of its own. Right, 20 samples: with more filters it becomes more "
    "likely, unlike in the printed formula (dashed). Markers are simulated, lines are formulas.",
)
def proposition(samples: xr.DataArray, filters: xr.DataArray, noise: float) -> Figure:
    """The probability of no unchanged pattern over samples and over filters.

    Args:
        samples: By noise and number of samples, as ``by_samples`` simulates it.
        filters: By noise and number of filters, as ``by_filters`` does.
        noise: Probability that noise flips a sign back.
    """
    figure = Figure(figsize=(9.2, 4.2))
    left, right = figure.subplots(1, 2, sharey=False)
    numbers = samples.samples.values
    alike = (numbers, numbers / 5, np.ones(len(numbers)))
    for (marker, colour), kind, effective in zip(LOOKS, samples.noise.values, alike, strict=True):
        left.plot(numbers, samples.sel(noise=kind), marker, color=colour, label=kind)
        left.plot(numbers, (1 - noise) ** effective, color=colour, linewidth=1)
    left.set(yscale="log", xlabel="samples n", ylabel="P(no pattern unchanged)", ylim=(0.02, 1.3))
    left.legend(title="noise", loc="lower left")
    widths = filters.filters.values
    count = 20
    curves = ((1 - noise**widths) ** count, np.full(len(widths), (1 - noise) ** count))
    for (marker, colour), kind, curve in zip(LOOKS, filters.noise.values, curves, strict=False):
        right.plot(widths, filters.sel(noise=kind), marker, color=colour, label=kind)
        right.plot(widths, curve, color=colour, linewidth=1)
    printed = (1 - noise) ** (count * widths)
    right.plot(widths, printed, "--", color="black", label="as printed")
    right.set(xlabel="filters d", ylim=(-0.03, 1.05))
    right.legend(loc="center right")
    return figure
