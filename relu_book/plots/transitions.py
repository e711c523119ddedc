"""Models of the transition on measured shares of changed patterns (thesis 3.2.3).

``draw_fit`` moves hypothesis 2 through its points; ``three_models`` compares what the thesis
compares, equations 3.40 to 3.42, and ``four_models`` a curve that is not in the thesis as well.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from relu_book.plots.style import BLUE, LINE_COLOURS, ORANGE
from relu_book.plots.words import described
from relu_book.transition import ArctanPower, ErfPower, LogNormal, Lomax, Transition

MODELS = {
    "LogNormal": LogNormal,
    "ErfPower": ErfPower,
    "ArctanPower": ArctanPower,
    "Lomax": Lomax,
}
THESIS = ("LogNormal", "ErfPower", "ArctanPower")


def residual(model: Transition, rates: Sequence[float], shares: Sequence[float]) -> float:
    """Root mean square of what a model leaves, over the shares strictly between 0 and 1."""
    rates, shares = np.asarray(rates), np.asarray(shares)
    between = (shares > 0) & (shares < 1)
    left = model.probability(rates[between]) - shares[between]
    return float(np.sqrt(np.mean(left**2)))


def _moved(half: float, sigma: float) -> LogNormal:
    return LogNormal(mu=float(np.log(half)), sigma=sigma)


def describe_fit(rates, shares, half: float, sigma: float) -> str:
    """Alt text of ``draw_fit``."""
    left = residual(_moved(half, sigma), rates, shares)
    return (
        f"Measured shares and the log-normal curve with half of the change at the rate {half:.3g} "
        f"and σ = {sigma:.3g}: it leaves a root mean square of {left:.3f}."
    )


@described(
    alt=describe_fit,
    caption="Measured shares of changed patterns (dots), mean over the layers, a log-normal curve, "
    "and what it leaves at each rate (orange). The residual above is the root mean square of that.",
)
def draw_fit(rates, shares, half: float, sigma: float) -> Figure:
    """The log-normal curve through its points, with what it leaves.

    Args:
        rates: (n,), positive.
        shares: (n,), measured.
        half: The rate e^μ at which half of the patterns change.
        sigma: Width in ln η.
    """
    model = _moved(half, sigma)
    fine = np.geomspace(min(rates), max(rates), 300)
    figure = Figure(figsize=(6.8, 4.2))
    axes = figure.subplots()
    axes.vlines(rates, shares, model.probability(rates), color=ORANGE, linewidth=3)
    axes.plot(fine, model.probability(fine), color=BLUE)
    axes.plot(rates, shares, "o", color="black", markersize=5)
    left = residual(model, rates, shares)
    axes.set(
        title=f"μ = ln {half:.3g} = {model.mu:.2f}, σ = {sigma:.2f}: residual {left:.3f}",
        xscale="log", xlabel="learning rate", ylabel="share D of changed patterns",
        ylim=(-0.02, 1.02),
    )  # fmt: skip
    axes.grid(axis="y")
    return figure


def describe_models(rates, shares, models: Sequence[str] = tuple(MODELS)) -> str:
    """Alt text of ``four_models`` and ``three_models``: what each of them leaves."""
    told = [f"{name} {MODELS[name].fit(rates, shares).residual:.4f}" for name in models]
    number = {3: "Three", 4: "Four"}[len(models)]
    return f"{number} fitted curves over the learning rate; they leave {', '.join(told)}."


def describe_three(rates, shares) -> str:
    """Alt text of ``three_models``."""
    return describe_models(rates, shares, THESIS)


_CAPTION = (
    "models with two numbers each, fitted to the same shares: above, the curves; below, what they "
    "leave. The legend names the root mean square of that."
)


@described(alt=describe_models, caption=f"Four {_CAPTION}")
def four_models(rates, shares) -> Figure:
    """The curves of four models and what they leave.

    Args:
        rates: (n,), positive.
        shares: (n,), measured.
    """
    return _compared(rates, shares, MODELS)


@described(alt=describe_three, caption=f"Three {_CAPTION}")
def three_models(rates, shares) -> Figure:
    """The curves of the thesis's three models and what they leave.

    Args:
        rates: (n,), positive.
        shares: (n,), measured.
    """
    return _compared(rates, shares, THESIS)


def _compared(rates, shares, models: Sequence[str]) -> Figure:
    fine = np.geomspace(min(rates), max(rates), 300)
    figure = Figure(figsize=(6.8, 5.6))
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
    dashes = ("-", "--", "-.", ":")
    for colour, line, name in zip(LINE_COLOURS, dashes, models, strict=False):
        found = MODELS[name].fit(rates, shares)
        label = f"{name}: {found.residual:.4f}"
        above.plot(fine, found.probability(fine), line, color=colour, label=label)
        below.plot(rates, found.probability(rates) - shares, line, color=colour)
    above.plot(rates, shares, "o", color="black", markersize=5)
    above.set(xscale="log", ylabel="share D", ylim=(-0.02, 1.02))
    above.legend(loc="upper left")
    below.axhline(0, color="0.6", linewidth=1)
    below.set(xlabel="learning rate", ylabel="model − share")
    return figure
