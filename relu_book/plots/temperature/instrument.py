"""How well a batch tells the share of changed patterns, and how that share nears 1 at large rates.

Drawn from the record of ``temperature/instrument`` (thesis 3.2.2; supplement F).
"""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from relu_book.plots.style import BLUE, GREEN, ORANGE, PURPLE
from relu_book.plots.words import described

USUAL = 2  # the stride of the network as it is
# The first of each block, and the last.
LAYERS = {1: ("o", BLUE), 8: ("s", ORANGE), 14: ("^", GREEN), 19: ("D", PURPLE)}


def describe_instrument(record: xr.Dataset) -> str:
    """Alt text of ``instrument``: the ends of its curves."""
    spread, single, left = _drawn(record)
    ends = [
        f"{float(one.mean()):.4f} at {int(one.batch_size)}" for one in (spread[:, 0], spread[:, -1])
    ]
    rates = [f"{_rate_at(left.sel(layer=layer), 0.01):.2g} in layer {layer}" for layer in LAYERS]
    return (
        f"Left: standard deviation of the share of changed patterns by batch size, "
        f"{' and '.join(ends)} images, near a line that falls with the root of the size; with one "
        f"position an image {float(single.mean()):.4f}. Right: the share of unchanged patterns by "
        f"learning rate, both axes logarithmic, of layer 1 above a dotted exponential; a hundredth "
        f"is left at the rates {', '.join(rates)}."
    )


@described(
    alt=describe_instrument,
    caption="ResNet-20 on CIFAR-10, ten updates of a training, five seeds. Left, standard "
    "deviation of D over 20 batches, mean over the layers: it falls as with independent samples, "
    "and counting all positions of a convolution is worth many times the images. Right, unchanged "
    "patterns after the same step at other rates, mean over updates and seeds: at large rates they "
    "become fewer more slowly than exponentially (dotted, through what layer 1 has at 20 % and "
    "10 %) and faster than a power, which would be straight here.",
)
def instrument(record: xr.Dataset) -> Figure:
    """Spread by batch size, and the share of unchanged patterns by rate.

    Args:
        record: As ``instrument`` measures it.
    """
    spread, single, left = _drawn(record)
    figure = Figure(figsize=(9.2, 4.4))
    one, other = figure.subplots(1, 2)
    sizes = spread.batch_size.values
    for seed in spread.seed.values:
        one.plot(sizes, spread.sel(seed=seed), "o", color=BLUE, alpha=0.6, markersize=5)
    middle = spread.mean("seed")
    root = float(middle[0]) * np.sqrt(sizes[0] / sizes)
    one.plot(sizes, root, color="black", linewidth=1, label="1 / root of the size")
    one.plot([], [], "o", color=BLUE, label="all positions, a seed each")
    at = np.full(single.size, sizes[-2])
    one.plot(at, single, "s", color=ORANGE, markersize=6, label="one position an image")
    one.set(xscale="log", yscale="log", ylim=(0.002, 0.3))
    one.set(xlabel="images in a batch", ylabel="standard deviation of D")
    one.set_xticks(sizes, [str(size) for size in sizes])
    one.minorticks_off()
    one.legend(loc="upper right")
    rates = left.rate.values
    for layer, (marker, colour) in LAYERS.items():
        curve = left.sel(layer=layer)
        other.plot(rates, curve, f"{marker}-", color=colour, markersize=4, label=f"layer {layer}")
    fifth, tenth = (_rate_at(left.sel(layer=1), share) for share in (0.2, 0.1))
    beyond = rates[rates > fifth]
    exponential = 0.2 * 0.5 ** ((beyond - fifth) / (tenth - fifth))
    other.plot(beyond, exponential, ":", color="black")
    other.set(xscale="log", yscale="log", ylim=(3e-4, 1.4))
    other.set(xlabel="learning rate", ylabel="share of unchanged patterns, 1 − D")
    other.legend(loc="lower left")
    return figure


def _drawn(record: xr.Dataset) -> tuple[xr.DataArray, xr.DataArray, xr.DataArray]:
    """Spread by seed and size, that of single positions by seed, and what is left by rate."""
    usual = record.sel(stride=USUAL, drop=True)
    spread = usual["spread"].mean(("step", "layer")).transpose("seed", "batch_size")
    left = (1 - usual["sweep"].astype(float)).mean(("seed", "step"))
    return spread, usual["spread_one"].mean(("step", "layer")), left.transpose("rate", "layer")


def _rate_at(left: xr.DataArray, share: float) -> float:
    """The rate at which this share is left, between the rates that were tried."""
    found = np.interp(-share, -left.values, np.log(left.rate.values))
    return float(np.exp(found))
