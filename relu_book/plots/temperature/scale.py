"""The scale of the temperature: from shares of changed patterns to bits (definition 6)."""

import numpy as np
from matplotlib.figure import Figure

from relu_book.plots.style import BLUE, ORANGE
from relu_book.plots.words import described
from relu_book.temperature import temperature


@described(
    alt="The temperature over the share of changed patterns: 0 at 0, 1 bit at a half, 3.17 bits at "
    "0.89, and steeply up to infinity at 1. In a natural logarithm it is lower by a third.",
    caption="The temperature T = −log₂(1 − D) in bits over the share D of changed patterns. One "
    "bit: every second pattern is another one; each further bit halves what is left unchanged. The "
    "point is the thesis's 3.17 for 89 %, which lies on the curve of base 2 only.",
)
def temperature_scale() -> Figure:
    """T over D in base 2 and base e, and the point that decides between them."""
    share = np.linspace(0, 0.99, 200)
    figure = Figure(figsize=(6.4, 3.8))
    axes = figure.subplots()
    axes.plot(share, temperature(share), color=BLUE, label="base 2, in bits")
    axes.plot(share, -np.log(1 - share), "--", color=ORANGE, label="base e")
    axes.plot(0.89, 3.17, "o", color="black")
    axes.annotate("thesis: 3.17 at 89 %", (0.89, 3.17), (0.42, 3.9))
    axes.set(xlabel="share D of changed patterns", ylabel="temperature T", xlim=(0, 1), ylim=(0, 7))
    axes.grid(axis="y")
    axes.legend(loc="upper left")
    return figure
