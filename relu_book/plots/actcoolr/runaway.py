"""The run-away of a hot target: its course, the links of its loop, and each of them cut.

Drawn from what ``experiments.actcoolr.live`` trains.
"""

import numpy as np
import xarray as xr
from matplotlib import colormaps
from matplotlib.figure import Figure

from relu_book.actcoolr.targets import probability_of
from relu_book.experiments.actcoolr.live import effective, links, slopes
from relu_book.plots.style import BLUE, GREEN, LINE_COLOURS, ORANGE, PURPLE
from relu_book.plots.words import described

COURSES = {"thesis": (ORANGE, "-", "algorithm 6"), "safe": (BLUE, "--", "the library's policy")}
CUT = {
    "thesis": "as it is",
    "lengths kept": "lengths kept",
    "scales kept": "scales kept",
    "both kept": "both kept",
}
MARKERS = ("o", "s", "^", "D")
LARGEST = 1e6  # of a rate, on the axis


def last(data: xr.Dataset) -> int:
    """The last step of a training that was measured."""
    return int(data.step[np.isfinite(data["rate"])].max())


def describe_course(data: xr.Dataset) -> str:
    """Alt text of ``course``: rate and length at the end of both trainings."""
    told = []
    for name, (_, _, words) in COURSES.items():
        one = data.sel(training=name)
        step = last(one)
        at = one.sel(step=step)
        told.append(
            f"{words}: after {step} steps the rate is {float(at.rate):.1g}, weights are "
            f"{float(at.length):.1g} times as long as at first, the loss is {float(at.loss):.1g}"
        )
    return f"Four curves over the steps, for two policies. {'; '.join(told)}."


@described(
    alt=describe_course,
    caption="The same network, weights and batches at T_start 3.17 under algorithm 6 (orange) and "
    "the library's policy (blue, dashed). From above: the learning rate; the length of the weights "
    "before batch norm, as a multiple of the first (geometric mean over the convolutions); the "
    "effective rate, which is the rate over the square of that; the share of patterns that each "
    "step changed, mean over the layers, and what algorithm 6 wanted (grey).",
)
def course(data: xr.Dataset) -> Figure:
    """Rate, length, effective rate and share of two trainings.

    Args:
        data: As ``live.trainings`` makes it.
    """
    figure = Figure(figsize=(6.8, 8.6), layout="constrained")
    axes = figure.subplots(4, sharex=True)
    target = data["target"].sel(training="safe")
    axes[3].plot(data.step, probability_of(target), color="0.6", label="wanted")
    for name, (colour, dashes, words) in COURSES.items():
        one = data.sel(training=name)
        for panel, curve in zip(
            axes, (one.rate, one.length, effective(one), one.share), strict=True
        ):
            panel.plot(data.step, curve, dashes, color=colour, label=words)
    for panel, label in zip(
        axes, ("learning rate", "length", "effective rate", "share D"), strict=True
    ):
        panel.set_ylabel(label)
        panel.grid(axis="y")
    for panel in axes[:3]:
        panel.set_yscale("log")
    axes[3].set(xlabel="step", ylim=(0, 1))
    figure.legend(*axes[3].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


def describe_loop(data: xr.Dataset) -> str:
    """Alt text of ``loop``: the three slopes and their product."""
    found = slopes(data.sel(training="scales kept"))
    told = ", ".join(f"{name} {slope:.1f}" for name, slope in found.items())
    return f"Three links with slopes: {told}. Their product is {np.prod(list(found.values())):.1f}."


@described(
    alt=describe_loop,
    caption="The loop, link by link, in the training in which only the convolutions learn: from "
    "the rate to the length after it, from the length to the rate at which half of the patterns "
    "change, and on to the rate that is taken next. A dot for each correction of μ, all axes "
    "logarithmic; the slope of the line stands above. The product of the three is the gain.",
)
def loop(data: xr.Dataset) -> Figure:
    """The three links, each with its slope.

    Args:
        data: As ``live.trainings`` makes it.
    """
    one = data.sel(training="scales kept")
    figure = Figure(figsize=(8.6, 3.6), layout="constrained")
    axes = figure.subplots(1, 3)
    found = slopes(one)
    for panel, (name, (cause, effect)) in zip(axes, links(one).items(), strict=True):
        line = np.polyfit(cause, effect, 1)
        panel.plot(np.exp(cause), np.exp(np.polyval(line, cause)), color="0.6")
        panel.plot(np.exp(cause), np.exp(effect), "o", color=ORANGE)
        before, after = name.split(" to ")
        panel.set(
            xscale="log",
            yscale="log",
            xlabel=before,
            ylabel=after,
            title=f"slope {found[name]:.1f}",
        )
    return figure


def describe_cut(data: xr.Dataset) -> str:
    """Alt text of ``cut``: where each training ends."""
    told = []
    for name, words in CUT.items():
        one = data.sel(training=name)
        step = last(one)
        told.append(f"{words}: {float(one.rate.sel(step=step)):.1g} after {step} steps")
    return f"Learning rates of four trainings under algorithm 6. {'; '.join(told)}."


@described(
    alt=describe_cut,
    caption="Algorithm 6 at T_start 3.17, with one link or both cut: the lengths of the "
    "convolutions' weights are put back after each step, which changes no output, or nothing but "
    "the convolutions learns. A curve ends where the loss passes a million, or where it leaves the "
    "picture. The last step's rate belongs to a target near 0 bits.",
)
def cut(data: xr.Dataset) -> Figure:
    """The rates of four trainings.

    Args:
        data: As ``live.trainings`` makes it.
    """
    figure = Figure(figsize=(6.8, 4.4), layout="constrained")
    axes = figure.subplots()
    for (name, words), colour, marker in zip(
        CUT.items(), (ORANGE, GREEN, PURPLE, LINE_COLOURS[6]), MARKERS, strict=True
    ):
        rate = data["rate"].sel(training=name)
        axes.plot(data.step, rate, color=colour, marker=marker, markevery=8, label=words)
    axes.set(yscale="log", ylim=(1, LARGEST), xlabel="step", ylabel="learning rate")
    axes.grid(axis="y")
    axes.legend(ncols=2)
    return figure


def describe_ceiling(data: xr.Dataset) -> str:
    """Alt text of ``ceiling``: how much the largest rates change, and what was wanted."""
    told = []
    for step in data.swept.values:
        most, wanted = reach(data, step)
        told.append(f"step {step}: at most {most:.2f}, wanted {wanted:.2f}")
    return f"The share of changed patterns over the rate, mean over the layers. {'; '.join(told)}."


@described(
    alt=describe_ceiling,
    caption="What a step of algorithm 6 would have changed at any rate, in three of its "
    "steps: each layer (thin; the lighter, the deeper), their mean (thick), and the mean share "
    "that was wanted of this step (dotted).",
)
def ceiling(data: xr.Dataset) -> Figure:
    """A profile for each swept step, with the wanted share.

    Args:
        data: As ``live.trainings`` makes it.
    """
    figure = Figure(figsize=(8.6, 3.8), layout="constrained")
    panels = figure.subplots(1, len(data.swept), sharey=True)
    one = data.sel(training="thesis")
    for axes, step in zip(panels, data.swept.values, strict=True):
        shares = one["profile"].sel(swept=step)
        for place, layer in enumerate(shares.transpose("layer", "tried_rate").values):
            axes.plot(data.tried_rate, layer, color=colormaps["viridis"](place / 7), linewidth=1)
        axes.plot(data.tried_rate, shares.mean("layer"), color="black")
        axes.axhline(reach(data, step)[1], color=ORANGE, linestyle=":")
        axes.set(xscale="log", xlabel="learning rate", title=f"step {step}", ylim=(0, 1.02))
    panels[0].set_ylabel("share D")
    return figure


def reach(data: xr.Dataset, step: int) -> tuple[float, float]:
    """The largest mean share that any tried rate makes in a step, and what algorithm 6 wanted."""
    one = data.sel(training="thesis")
    most = float(one["profile"].sel(swept=step).mean("layer").max())
    return most, float(probability_of(float(one["target"].sel(step=step))))
