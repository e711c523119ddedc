"""Figure 4.2: networks trained in float and with drawn weights (``binarization/eight_layers``)."""

import xarray as xr
from matplotlib.figure import Figure

from relu_book.plots.binarization.samples_axis import samples_axis
from relu_book.plots.style import LINE_COLOURS
from relu_book.plots.words import described

CONVERTED = "float_16"


def curves(record: xr.Dataset) -> xr.DataArray:
    """Accuracy in per cent, setups by samples, mean over seeds and drawings."""
    names = [name for name in record.setup.values.tolist() if name.startswith("psb_")]
    return record["accuracy"].sel(setup=[CONVERTED, *names]).mean(("seed", "drawing"))


def describe_trained_networks(record: xr.Dataset) -> str:
    """Alt text of ``trained_networks``: each curve at both ends."""
    told = [
        f"{_words(str(one.setup.values))} {float(one[0]):.0f} to {float(one[-1]):.0f} %"
        for one in curves(record)
    ]
    return f"Rising curves over the samples in use: {'; '.join(told)}."


@described(
    alt=describe_trained_networks,
    caption="Figure 4.2: eight convolutions of 16 filters on CIFAR-10, by the samples in use, mean "
    "over seeds and drawings. Black, trained in float and converted, its float accuracy dashed; "
    "coloured, trained with n samples.",
)
def trained_networks(record: xr.Dataset) -> Figure:
    """Accuracy by samples, a curve for each training.

    Args:
        record: As ``eight_layers`` measures it.
    """
    figure = Figure(figsize=(6.8, 4.8), layout="constrained")
    axes, found = figure.subplots(), curves(record)
    exact = float(record["float_accuracy"].sel(setup=CONVERTED).mean())
    axes.axhline(exact, linestyle="--", color="black")
    colours = ("black", *(colour for colour in LINE_COLOURS if colour != "#000000"))
    for one, colour in zip(found, colours, strict=False):
        axes.plot(one.samples, one, "o-", color=colour, label=_words(str(one.setup.values)))
    axes.set_ylabel("accuracy, %")
    samples_axis(axes, found.samples.values, "samples in use")
    axes.legend(fontsize=10)
    return figure


def _words(setup: str) -> str:
    return "converted" if setup == CONVERTED else f"trained with {setup.removeprefix('psb_')}"
