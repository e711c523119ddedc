"""Where a network looks twice, where its errors are, what looking twice saves (figures 4.4, 4.5).

Drawn from what ``experiments.binarization.live`` measures on small networks, and from the record
``binarization/picture_errors``.
"""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from relu_book.experiments.trainings import settings_of
from relu_book.plots.style import BLUE, ORANGE
from relu_book.plots.words import described

LOOKS = {
    "entropy": (ORANGE, "o-", "most uncertain places"),
    "random": ("0.45", "s--", "random places"),
    "least entropy": (BLUE, "^-", "surest places"),
}
SIZES = (1, 2, 4, 8, 16, 32)


def describe_attention(data: xr.Dataset, image: int, threshold: float) -> str:
    """Alt text of ``draw_attention``: coverage of the image, cost, accuracies."""
    at = data.sel(factor=threshold)
    means = at["accuracy"].mean("pass")
    told = ", ".join(
        f"{float(means.sel(selection=name)):.0f} % at the {words}"
        if name != "random"
        else f"{float(means.sel(selection=name)):.0f} % at random places"
        for name, (_, _, words) in LOOKS.items()
    )
    return (
        f"Image {image + 1}, threshold {threshold:g} times the mean: "
        f"{float(at.image_coverage[image]):.0%} of it are refined. Over all images "
        f"{float(at.saved.mean()):.0%} of the additions are saved; accuracy {told}."
    )


@described(
    alt=describe_attention,
    caption="Above, a digit; the entropy of the class scores at each place of the last map, in "
    "nats; and the places above the threshold (light), which get more samples. Below, the accuracy "
    "over the share of the image that is refined, mean over the passes: by entropy, at random, and "
    "at the places of least entropy. The vertical line is this threshold; dotted, base samples and "
    "refined ones everywhere.",
)
def draw_attention(data: xr.Dataset, image: int, threshold: float) -> Figure:
    """One image and one threshold.

    Args:
        data: As ``live.attended`` gives it.
        image: Its number.
        threshold: A multiple of the mean entropy of each image.
    """
    figure = Figure(figsize=(7.2, 6.4), layout="constrained")
    above, below = figure.subfigures(2, height_ratios=(1, 1.35))
    entropy = data.entropy[image]
    where = entropy > threshold * float(entropy.mean())
    panels = above.subplots(1, 3)
    panels[0].imshow(data.picture[image], cmap="gray_r")
    heat = panels[1].imshow(entropy, cmap="viridis", vmin=0)
    above.colorbar(heat, ax=panels[1], shrink=0.8)
    panels[2].imshow(where, cmap="cividis", vmin=0, vmax=1)
    for panel, words in zip(panels, ("image", "entropy, nats", "refined"), strict=True):
        panel.axis("off")
        panel.set_title(words)
    axes, share = below.subplots(), 100 * data.coverage.mean("pass")
    for name, (colour, look, words) in LOOKS.items():
        mean = data.accuracy.sel(selection=name).mean("pass")
        axes.plot(share, mean, look, color=colour, label=words)
    for everywhere in (data.base_accuracy, data.full_accuracy):
        axes.axhline(float(everywhere.mean()), linestyle=":", color="0.3")
    axes.axvline(float(share.sel(factor=threshold)), color="0.7", linewidth=1, zorder=0)
    axes.set(xlabel="refined share of the image, %", ylabel="accuracy, %")
    axes.legend(loc="upper left")
    return figure


def describe_errors(data: xr.Dataset) -> str:
    """Alt text of ``errors``: the range of each map."""
    told = []
    for number in (1, 2, 3):
        absolute, relative = data[f"absolute_{number}"], data[f"relative_{number}"]
        told.append(
            f"layer {number}: absolute {float(absolute.min()):.2g} to {float(absolute.max()):.2g}, "
            f"relative {float(relative.min()):.0%} to {float(relative.max()):.0%}"
        )
    return f"A digit and six maps of errors; {'; '.join(told)}."


def caption_of_errors(data: xr.Dataset) -> str:
    """Samples and drawings from the data."""
    return (
        f"Figure 4.4 in small: a digit, and where pre-activations of {data.attrs['samples']} "
        f"samples differ from float, {data.attrs['repeats']} drawings. Above the absolute errors "
        "of each layer, mean over its filters; below the relative ones, median over filters and "
        "drawings."
    )


@described(alt=describe_errors, caption=caption_of_errors)
def errors(data: xr.Dataset) -> Figure:
    """Absolute and relative errors of three layers.

    Args:
        data: As ``live.errors_by_layer`` gives it.
    """
    figure = Figure(figsize=(9.2, 4.6), layout="constrained")
    axes = figure.subplots(2, 4)
    axes[0, 0].imshow(data["picture"], cmap="gray_r")
    axes[0, 0].set_title("image")
    for row, kind in enumerate(("absolute", "relative")):
        for number in (1, 2, 3):
            panel = axes[row, number]
            heat = panel.imshow(data[f"{kind}_{number}"], cmap="viridis", vmin=0)
            panel.set(title=f"{kind}, layer {number}")
            figure.colorbar(heat, ax=panel, shrink=0.75)
    for panel in axes.flat:
        panel.axis("off")
    return figure


def describe_errors_in_pictures(record: xr.Dataset) -> str:
    """Alt text of ``errors_in_pictures``: means of what the maps are compared with."""
    means = record.isel(seed=0).mean("picture")
    told = [
        f"{float(means['absolute_brightness'][0]):.2f} with the brightness and "
        f"{float(means['absolute_flatness'][0]):.2f} with the flatness in the first layer",
        f"{float(means['first_last']):.2f} between first and last layer",
    ]
    return (
        f"{record.sizes['shown']} rows of six maps of errors. Over {record.sizes['picture']} "
        f"pictures the absolute errors have a mean rank correlation of {'; '.join(told)}."
    )


def caption_of_errors_in_pictures(record: xr.Dataset) -> str:
    """Samples and drawings from the settings of the record."""
    settings = settings_of(record)
    return (
        f"Figure 4.4 on pictures of ImageNet, a row each, from light (no error) to dark (the "
        f"largest of the map): where {settings['samples']} samples differ from float, "
        f"{settings['repeats']} drawings, in three convolutions of SqueezeNet."
    )


@described(alt=describe_errors_in_pictures, caption=caption_of_errors_in_pictures)
def errors_in_pictures(record: xr.Dataset) -> Figure:
    """Absolute and relative errors of three layers in the pictures that are kept.

    Args:
        record: As ``binarization/picture_errors`` measures it.
    """
    one, rows = record.isel(seed=0), record.sizes["shown"]
    figure = Figure(figsize=(7.6, 1.4 * rows), layout="constrained")
    axes = figure.subplots(rows, 6, squeeze=False)
    maps = [(kind, layer) for kind in ("absolute", "relative") for layer in (0, 1, 2)]
    for shown, line in enumerate(axes):
        for panel, (kind, layer) in zip(line, maps, strict=True):
            panel.imshow(one[f"{kind}{layer}"][shown], cmap="viridis_r", vmin=0)
            panel.axis("off")
            if not shown:
                panel.set_title(f"{kind},\n{('first', 'middle', 'last')[layer]} layer")
    return figure


def saved(base: int, refined: int, coverage: float) -> float:
    """The share of samples that is saved where ``coverage`` of the image gets the refined ones.

    Example:
        >>> round(saved(2, 32, 0.34), 3)
        0.619
    """
    return 1 - (base + coverage * (refined - base)) / refined


def describe_expenses(coverages: tuple[float, ...] = (0.34, 0.76)) -> str:
    """Alt text of ``expenses``: its extremes."""
    told = [
        f"at {share:.0%} coverage from {saved(16, 32, share):.0%} (16 to 32) to "
        f"{saved(1, 32, share):.0%} (1 to 32)"
        for share in coverages
    ]
    return f"Two triangular tables of base by refined samples; saved are {', '.join(told)}."


@described(
    alt=describe_expenses,
    caption="The lower half of figure 4.5 by its formula: the samples in per cent that are saved, "
    "against refined samples everywhere, where 34 or 76 % of the image get them and the rest the "
    "base samples.",
)
def expenses(coverages: tuple[float, ...] = (0.34, 0.76)) -> Figure:
    """Savings of all pairs of base and refined samples."""
    figure = Figure(figsize=(8.6, 4.2), layout="constrained")
    panels = figure.subplots(1, len(coverages), squeeze=False)[0]
    for axes, share in zip(panels, coverages, strict=True):
        table = np.full((5, 5), np.nan)
        for row, base in enumerate(SIZES[:-1]):
            for column in range(row, 5):
                table[row, column] = 100 * saved(base, SIZES[column + 1], share)
                axes.text(
                    *(column, row, f"{table[row, column]:.0f}"),
                    **{"ha": "center", "va": "center", "color": "black"},
                )
        axes.imshow(table, cmap="YlGn", vmin=0, vmax=100)
        axes.set_xticks(range(5), [f"{n}" for n in SIZES[1:]])
        axes.set_yticks(range(5), [f"{n}" for n in SIZES[:-1]])
        axes.set(xlabel="refined samples", ylabel="base samples", title=f"{share:.0%} refined")
    return figure
