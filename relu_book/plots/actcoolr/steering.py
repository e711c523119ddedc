"""Targets of the temperature (equation 3.45), and algorithm 6 on a transition that is known."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from relu_book.actcoolr import TemperatureTarget
from relu_book.actcoolr.targets import probability_of
from relu_book.plots.style import BLUE, LINE_COLOURS, ORANGE
from relu_book.plots.words import described
from relu_book.transition import LogNormal

SHAPES = {"power": "(1 − t)^γ, equation 3.45", "late": "1 − t^γ, its text"}
GAMMAS = (0.5, 1.0, 2.0, 4.0)


def describe_targets(start: float) -> str:
    """Alt text of ``targets``: the values at half time."""
    told = []
    for shape, words in SHAPES.items():
        half = [f"{TemperatureTarget(start, g, shape)(0.5):.2f} at γ {g:g}" for g in GAMMAS]
        told.append(f"{words}: {', '.join(half)}")
    return f"Temperatures from {start:g} bits to 0; at half time, {'; '.join(told)}."


@described(
    alt=describe_targets,
    caption="The temperature that is wanted over the progress t of a training. Left equation 3.45: "
    "the larger γ, the sooner it is cold. Right what the text says of it: the larger γ, the longer "
    "it is hot. At γ = 1 both are the same line.",
)
def targets(start: float) -> Figure:
    """Both shapes of the target, a curve for each exponent.

    Args:
        start: T_start in bits.
    """
    figure = Figure(figsize=(7.4, 3.6), layout="constrained")
    time = np.linspace(0, 1, 101)
    panels = figure.subplots(1, 2, sharey=True)
    for axes, (shape, words) in zip(panels, SHAPES.items(), strict=True):
        for gamma, colour in zip(GAMMAS, LINE_COLOURS, strict=False):
            curve = TemperatureTarget(start, gamma, shape)(time)
            axes.plot(time, curve, color=colour, label=f"γ = {gamma:g}")
        axes.set(title=words, xlabel="progress t")
        axes.grid(axis="y")
    panels[0].set_ylabel("wanted, bits")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(GAMMAS))
    return figure


def describe_steering(
    history: Sequence[dict], transitions: Sequence[tuple[float, float]], step: int
) -> str:
    """Alt text of ``draw_steering``: rate, share and fit at a step."""
    entry = history[step - 1]
    wanted = probability_of(entry["target_temperature"])
    return (
        f"Step {step}: rate {entry['learning_rate']:.3g}, wanted {wanted:.0%}, μ {entry['mu']:.2f} "
        f"where {transitions[step - 1][0]:.2f} is true."
    )


@described(
    alt=describe_steering,
    caption="Above the rate (blue) and the rate at which half of the patterns change, as it is "
    "(dashed) and as the algorithm has it (orange). In the middle the share that is wanted (line) "
    "and the shares that are measured (dots), at every eighth step. Below the transition of this "
    "step: as it is (dashed), as the algorithm has it (orange), and the rate that it takes.",
)
def draw_steering(
    history: Sequence[dict], transitions: Sequence[tuple[float, float]], step: int
) -> Figure:
    """A training with a prescribed transition, up to a step.

    Args:
        history: Of the scheduler.
        transitions: μ and σ of each step.
        step: Which, from 1.
    """
    figure = Figure(figsize=(6.8, 8.2), layout="constrained")
    above, middle, below = figure.subplots(3)
    steps, seen = np.arange(1, len(history) + 1), history[:step]
    rates, mus = ([entry[name] for entry in seen] for name in ("learning_rate", "mu"))
    above.plot(steps, np.exp([mu for mu, _ in transitions]), "--", color="0.4", label="half change")
    above.plot(steps[:step], np.exp(mus), color=ORANGE, label="as fitted")
    above.plot(steps[:step], rates, color=BLUE, label="rate")
    above.set(yscale="log", ylabel="learning rate")
    above.legend(ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1))
    wanted = [probability_of(entry["target_temperature"]) for entry in history]
    measured = {e["step"]: e["mean_share"] for e in seen if e["mean_share"] is not None}
    middle.plot(steps, wanted, color=BLUE)
    middle.plot(list(measured), list(measured.values()), ".", color=ORANGE, markersize=10)
    middle.set(xlabel="step", ylabel="share D", ylim=(-0.05, 1.05))
    for axes in (above, middle):
        axes.axvline(step, color="0.7", linewidth=1, zorder=0)
    _transition(below, history[step - 1], transitions[step - 1])
    return figure


def _transition(axes: Axes, entry: dict, truth: tuple[float, float]) -> None:
    """The curve of one step, and what is read off it."""
    rates = np.geomspace(1e-4, 1e2, 121)
    axes.plot(rates, LogNormal(*truth).probability(rates), "--", color="0.4")
    fitted = LogNormal(entry["mu"], entry["sigma"])
    axes.plot(rates, fitted.probability(rates), color=ORANGE)
    axes.axvline(entry["learning_rate"], color=BLUE)
    axes.axhline(probability_of(entry["target_temperature"]), color=BLUE, linewidth=1)
    axes.set(
        xscale="log", xlabel="learning rate of this step", ylabel="share D", ylim=(-0.05, 1.05)
    )
