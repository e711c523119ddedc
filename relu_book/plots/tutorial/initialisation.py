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


NETWORKS = {
    "He": {},
    "torch's default": {"gain": 1 / 3},
    "batch normalisation": {"batch_norm": True},
}


@lru_cache(maxsize=8)
def _norms(name: str, seed: int) -> np.ndarray:
    """Gradient norms by layer before training, relative to the last hidden layer."""
    norms = norms_before_training(seed=seed, **NETWORKS[name])[:-1]
    return norms / norms[-1]


def describe_gradients(seed: int = 0) -> str:
    """Alt text of ``gradient_curves``: how much each curve rises towards the first layer."""
    rises = [f"{name} {round(np.log10(_norms(name, seed)[0])):+d}" for name in NETWORKS]
    return (
        "Gradient norm by layer on a logarithmic axis. From the last hidden layer to layer 1 it "
        f"changes by so many powers of ten: {', '.join(rises)}."
    )


@described(
    alt=describe_gradients,
    caption="Norm of the gradient at each layer of one network before training, relative to the "
    "last hidden layer; logarithmic axis. Read it from right to left, as the gradient "
    "goes: straight lines are exponential decay (torch's default) and exponential growth "
    "(batch normalisation).",
)
def gradient_curves(seed: int = 0) -> Figure:
    """Gradient norms by layer before training, relative to the last hidden layer."""
    figure = Figure(figsize=(6.4, 4.6))
    axes = figure.subplots()
    for name, colour in zip(NETWORKS, (BLUE, PURPLE, ORANGE), strict=True):
        norms = _norms(name, seed)
        axes.semilogy(np.arange(1, len(norms) + 1), norms, "o-", color=colour,
                      markersize=4, label=name)  # fmt: skip
    axes.set(xlabel="layer", ylabel="gradient norm, last hidden layer = 1")
    axes.legend()
    axes.grid(True, alpha=0.5)
    return figure


def describe_exponents(depths, exponents) -> str:
    """Alt text of ``exponent_curve``: its ends, and the slope of the line."""
    slope = np.polyfit(depths, exponents, 1)[0]
    return (
        "Powers of ten by which the gradient is larger at the first layer, against depth: "
        f"{len(depths)} points from {exponents[0]:.1f} at {depths[0]} layers to "
        f"{exponents[-1]:.1f} at {depths[-1]}, and a line that rises by {slope:.2f} a layer."
    )


@described(
    alt=describe_exponents,
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
