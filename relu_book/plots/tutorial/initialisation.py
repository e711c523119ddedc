"""Pictures of signals and gradients through the layers (thesis 2.1)."""

from functools import lru_cache

import numpy as np
from matplotlib.figure import Figure

from relu_book.experiments.tutorial.gradients import norms_before_training
from relu_book.experiments.tutorial.initialisation import mean_squares
from relu_book.plots.style import BLUE, ORANGE, PURPLE
from relu_book.plots.words import described

LAYERS = np.arange(1, 31)


def describe_initialisation(gain: float, width: int) -> str:
    signal = np.exp(np.log(_curves(gain, width)["signal"]).mean(0))
    return (
        f"Weights of variance {gain:g} over fan-in, width {width}: the mean square of the signal "
        f"goes from {signal[0]:.1g} in layer 1 to {signal[-1]:.1g} in layer 30."
    )


@described(
    alt=describe_initialisation,
    caption="Mean square of the signal, on its way from layer 1 to 30, and of the gradient, on "
    "its way back; logarithmic axis, geometric means of five networks, bands from the "
    "smallest to the largest. At variance 2 / fan-in the curves are level; in narrow "
    "layers the networks drift apart even there.",
)
def draw_initialisation(gain: float, width: int) -> Figure:
    """Mean squares of signals and gradients in 30 layers, over 5 seeds."""
    figure = Figure(figsize=(6.4, 4.6))
    axes = figure.subplots()
    for what, colour in (("signal", BLUE), ("gradient", ORANGE)):
        curves = _curves(gain, width)[what]
        axes.fill_between(LAYERS, curves.min(0), curves.max(0), color=colour, alpha=0.25)
        axes.semilogy(LAYERS, np.exp(np.log(curves).mean(0)), color=colour, label=what)
    axes.set(title=f"variance {gain:g} / fan-in, width {width}", xlabel="layer",
             ylabel="mean square", ylim=(1e-10, 1e7))  # fmt: skip
    axes.legend()
    axes.grid(True, alpha=0.5)
    return figure


@lru_cache(maxsize=64)
def _curves(gain: float, width: int) -> dict[str, np.ndarray]:
    found = [mean_squares(seed, gain, width=width, samples=32) for seed in range(5)]
    return {what: np.array([curves[what] for curves in found]) for what in found[0]}


@described(
    alt="Gradient norm by layer on a logarithmic axis. With He's weights it stays level; "
    "with torch's default weights it falls by eleven powers of ten towards layer 1; with "
    "batch normalisation it rises by two.",
    caption="Norm of the gradient at each layer of one network before training, relative to the "
    "last hidden layer; logarithmic axis. Read it from right to left, as the gradient "
    "goes: straight lines are exponential decay (torch's default) and exponential growth "
    "(batch normalisation).",
)
def gradient_curves(seed: int = 0) -> Figure:
    """Gradient norms by layer before training, relative to the last hidden layer."""
    kinds = {
        "He": ({}, BLUE),
        "torch's default": ({"gain": 1 / 3}, PURPLE),
        "batch normalisation": ({"batch_norm": True}, ORANGE),
    }
    figure = Figure(figsize=(6.4, 4.6))
    axes = figure.subplots()
    for name, (settings, colour) in kinds.items():
        norms = norms_before_training(seed=seed, **settings)[:-1]
        axes.semilogy(np.arange(1, len(norms) + 1), norms / norms[-1], "o-", color=colour,
                      markersize=4, label=name)  # fmt: skip
    axes.set(xlabel="layer", ylabel="gradient norm, last hidden layer = 1")
    axes.legend()
    axes.grid(True, alpha=0.5)
    return figure


@described(
    alt="Powers of ten by which the gradient is larger at the first layer, against depth: "
    "ten points on a rising straight line, from 0 at 5 layers to almost 4 at 50.",
    caption="With batch normalisation, before training: by how many powers of ten the gradient "
    "is larger at the first layer than at the last, against the number of layers, with "
    "the straight line that fits best (grey). The slope of the line is what each layer "
    "adds.",
)
def exponent_curve(depths, exponents) -> Figure:
    """The exponent of the gradient ratio with batch normalisation against the depth."""
    figure = Figure(figsize=(6.4, 4.2))
    axes = figure.subplots()
    axes.plot(depths, np.polyval(np.polyfit(depths, exponents, 1), depths), color="#bbbbbb")
    axes.plot(depths, exponents, "o", color=ORANGE)
    axes.set(xlabel="layers", ylabel="log10 of first over last gradient norm")
    axes.grid(True, alpha=0.5)
    return figure
