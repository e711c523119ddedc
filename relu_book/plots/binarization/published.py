"""Published networks with drawn weights, from ``binarization/cifar_resnets`` and ``pictures``."""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from relu_book.experiments.binarization.printed import FLOAT, TABLE_4_1
from relu_book.plots.binarization.samples_axis import samples_axis
from relu_book.plots.style import BLUE, LINE_COLOURS, ORANGE
from relu_book.plots.words import described

MARKERS = ("o", "s", "^", "D")
PSB = 16


def describe_samples_of_published(record: xr.Dataset) -> str:
    """Alt text of ``samples_of_published``: both ends of each curve."""
    told = []
    for name in record.network.values:
        curve = record.accuracy.sel(network=name).mean("seed")
        told.append(
            f"{name} {float(curve[0]):.1f} % with {int(curve.samples[0])} and "
            f"{float(curve[-1]):.1f} % with {int(curve.samples[-1])}"
        )
    return f"Rising curves that flatten: {'; '.join(told)}."


@described(
    alt=describe_samples_of_published,
    caption="What published networks keep of their float accuracy, by the number of samples, mean "
    "over the drawings; bars are their standard deviation. Dashed, what table 4.1 prints of "
    "ResNet-18 on ImageNet.",
)
def samples_of_published(record: xr.Dataset) -> Figure:
    """Accuracy over float accuracy by samples.

    Args:
        record: As ``cifar_resnets`` or ``pictures`` measures it.
    """
    figure = Figure(figsize=(6.8, 4.4), layout="constrained")
    axes = figure.subplots()
    for name, colour, marker in zip(record.network.values, LINE_COLOURS, MARKERS, strict=False):
        one = record.sel(network=name)
        kept = 100 * one.accuracy / one.float_accuracy
        axes.errorbar(
            *(kept.samples, kept.mean("seed"), kept.std("seed")),
            **{"color": colour, "marker": marker, "label": str(name), "capsize": 3},
        )
    printed = dict(sorted(TABLE_4_1.items()))
    axes.plot(list(printed), [100 * a / FLOAT for a in printed.values()], "k--", label="printed")
    samples_axis(axes, record.samples.values)
    axes.set_ylabel("accuracy, % of float")
    axes.legend()
    return figure


def describe_few_bits(record: xr.Dataset) -> str:
    """Alt text of ``few_bits``: points that are lost, mean over networks and drawings."""
    lost = lost_points(record)
    told = []
    for how in record.rounding.values:
        points = [f"{float(lost[how].sel(bits=b)):.1f} with {b}" for b in lost.bits.values]
        told.append(f"{how} {', '.join(points)}")
    return f"Points of accuracy lost by the bits of p: {'; '.join(told)}."


def lost_points(record: xr.Dataset) -> xr.Dataset:
    """Points that few bits of p cost with 16 samples, by rounding."""
    lost = record.accuracy.sel(samples=PSB, drop=True) - record.bits_accuracy
    return lost.mean([name for name in lost.dims if name in ("network", "seed")]).to_dataset(
        dim="rounding"
    )


@described(
    alt=describe_few_bits,
    caption="Table 4.2 on CIFAR-10: accuracy that is lost with 16 samples where p has few bits, "
    "rounded to the nearest value with a carry into the exponent, or down; mean over four ResNets "
    "and all drawings, in points.",
)
def few_bits(record: xr.Dataset) -> Figure:
    """Points lost by bits of p and rounding.

    Args:
        record: As ``cifar_resnets`` measures it.
    """
    figure = Figure(figsize=(6.4, 3.8), layout="constrained")
    axes, lost = figure.subplots(), lost_points(record)
    place = np.arange(lost.sizes["bits"])
    for shift, how, colour in ((-0.2, "nearest", BLUE), (0.2, "floor", ORANGE)):
        axes.bar(place + shift, lost[how], 0.38, color=colour, label=how)
    axes.set_xticks(place, [f"{bits}" for bits in lost.bits.values])
    axes.set(xlabel="bits of p", ylabel="points lost")
    axes.legend()
    return figure
