"""Pictures of gradient steps, momentum and weight decay (thesis 2.1)."""

import numpy as np
from matplotlib.figure import Figure

from relu_book.experiments.tutorial.optimisation import losses_on_quadratic
from relu_book.plots.style import BLUE, GREEN, ORANGE, PURPLE
from relu_book.plots.words import described

START, STEPS, SEEN = (-1.0, 0.12), 200, 60


def describe_momentum(beta: float, rate: float) -> str:
    _, losses = losses_on_quadratic(rate, beta, START, STEPS)
    return (
        f"Momentum {beta:g}, learning rate {rate:g}: a path from the green square towards the star "
        f"in a narrow valley, and its loss, {_outcome(losses)}."
    )


@described(
    alt=describe_momentum,
    caption="Gradient descent with momentum β and learning rate η in a valley that is a hundred "
    "times as steep across as along. Left: the first 60 steps, from the green square "
    "towards the minimum (star). Right: the loss over 200 steps, logarithmic; above it "
    "the step from which it stays below the grey line, a millionth.",
)
def draw_momentum(beta: float, rate: float) -> Figure:
    """The way of SGD with momentum down a valley of condition number 100, and its loss."""
    weights, losses = losses_on_quadratic(rate, beta, START, STEPS)
    figure = Figure(figsize=(9.6, 4.2))
    valley, curve = figure.subplots(1, 2)
    x, y = np.meshgrid(np.linspace(-1.2, 1.2, 200), np.linspace(-0.2, 0.2, 200))
    levels = np.geomspace(1e-3, 3, 9)
    valley.contour(x, y, (x**2 + 100 * y**2) / 2, levels, colors="#bbbbbb", linewidths=1)
    path = np.clip(weights[: SEEN + 1], -9, 9)
    valley.plot(path[:, 0], path[:, 1], "o-", color=BLUE, markersize=4, linewidth=1)
    valley.plot(*START, "s", color=GREEN, markersize=9)
    valley.plot(0, 0, "*", color=ORANGE, markersize=15)
    valley.set(title=f"β = {beta:g}, η = {rate:g}, {SEEN} steps", xlabel="$w_1$ (shallow)",
               ylabel="$w_2$ (steep)", xlim=(-1.2, 1.2), ylim=(-0.2, 0.2))  # fmt: skip
    curve.axhline(1e-6, color="#bbbbbb")
    curve.semilogy(np.clip(losses, 1e-12, 1e3), color=BLUE)
    curve.set(title=_outcome(losses), xlabel="step", ylabel="loss", ylim=(1e-10, 1e2))
    curve.grid(True, alpha=0.5)
    return figure


def _outcome(losses: np.ndarray) -> str:
    if losses[-1] > losses[0]:
        return "diverges"
    above = np.flatnonzero(losses > 1e-6)
    if above[-1] == STEPS:
        return f"above 1e-6 after {STEPS} steps"
    return f"below 1e-6 from step {above[-1] + 1}"


@described(
    alt="Share of a weight that is left over 100 steps. The usual rules take off next to "
    "nothing; the printed L2 rule has halved the weight after seven steps, the printed "
    "decoupled rule has erased it after one.",
    caption="What weight decay alone leaves of a weight, as a share, when the loss is flat. The "
    "two usual rules (solid) stay near 1; as printed (dashed) the one halves the weight "
    "within seven steps, and the other erases it in the first.",
)
def decay_curves(rate: float = 0.1, strength: float = 5e-4, steps: int = 100) -> Figure:
    """What four rules of weight decay leave of a weight when the loss is flat."""
    step = np.arange(steps + 1)
    rules = {
        "L2, usual: η λ": (1 - rate * strength, "-", BLUE),
        "decoupled, usual: λ": (1 - strength, "-", GREEN),
        "L2, printed: η (1 − λ)": (1 - rate * (1 - strength), "--", ORANGE),
        "decoupled, printed: 1 − λ": (strength, "--", PURPLE),
    }
    figure = Figure(figsize=(6.4, 4.6))
    axes = figure.subplots()
    for name, (factor, line, colour) in rules.items():
        axes.plot(step, factor**step, line, color=colour, label=name)
    axes.set(title=f"flat loss, η = {rate:g}, λ = {strength:g}", xlabel="step",
             ylabel="share of the weight left", ylim=(-0.03, 1.05))  # fmt: skip
    axes.legend(loc="center right")
    axes.grid(True, alpha=0.5)
    return figure
