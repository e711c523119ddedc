"""Pictures of activation functions (thesis 2, figure 2.1) and of what a network does without."""

import numpy as np
import torch
from matplotlib.figure import Figure

from relu_book.datasets import checkboard_class
from relu_book.experiments.tutorial import without_activations
from relu_book.experiments.tutorial.activations import ACTIVATIONS, larger_of_both
from relu_book.plots.errata import CLASS_COLOURS
from relu_book.plots.style import BLUE, GREEN, ORANGE
from relu_book.plots.words import described

PARAMETERS = {
    "ELU": "α",
    "PReLU": "a",
    "Sigmoid": "steepness",
    "swish": "steepness",
    "ReLU": "unused parameter",
    "Softplus": "steepness",
}
_X = np.linspace(-4, 4, 401)


@described(
    alt="Six panels: ELU, PReLU, Sigmoid, swish, ReLU and Softplus, each with its slope as a "
    "dashed line. The slopes of PReLU and ReLU jump at 0, the other four are continuous.",
    caption="Figure 2.1 of the thesis, rebuilt: six activation functions (blue) and their slopes "
    "(orange, dashed) over ReLU (grey). Look at 0: the slopes of PReLU and ReLU jump "
    "there, the other four do not.",
)
def activation_panels() -> Figure:
    """Figure 2.1: the six functions, each over ReLU in grey, and their slopes."""
    figure = Figure(figsize=(10, 6))
    for axes, name in zip(figure.subplots(2, 3, sharex=True).ravel(), ACTIVATIONS, strict=True):
        axes.plot(_X, np.maximum(_X, 0), color="#bbbbbb", linewidth=5)
        axes.plot(_X, _values(name), color=BLUE, label="value")
        axes.plot(_X, _slopes(name), "--", color=ORANGE, label="slope")
        axes.set(title=name, ylim=(-1.7, 4.2), xlim=(-4, 4))
        axes.grid(True, alpha=0.5)
    figure.axes[0].legend(loc="upper left")
    for axes in figure.axes[3:]:
        axes.set_xlabel("x")
    return figure


def describe_activation(function: str, parameter: float) -> str:
    """Alt text: the values at -2 and 2."""
    x = torch.tensor([-2.0, 2.0], dtype=torch.float64)
    left, right = ACTIVATIONS[function](x, parameter).tolist()
    other = ""
    if function == "PReLU":
        low, high = larger_of_both(x, parameter).tolist()
        other = f" The larger of x and a x is {low:.2f} and {high:.2f} there."
    return (
        f"{function}, {PARAMETERS[function]} {parameter:g}: {left:.2f} at -2 and {right:.2f} at 2."
        f"{other}"
    )


@described(
    alt=describe_activation,
    caption="An activation function (blue) and its slope (orange, dashed) over ReLU (grey). A "
    "larger steepness brings swish and Softplus closer to ReLU; for PReLU the dotted "
    "line is the printed formula, max(x, a x), which is another function where a is "
    "above 1.",
)
def draw_activation(function: str, parameter: float) -> Figure:
    """One function with its parameter, and its slope; for PReLU also the printed formula."""
    figure = Figure(figsize=(6.4, 4.6))
    axes = figure.subplots()
    axes.plot(_X, np.maximum(_X, 0), color="#bbbbbb", linewidth=5, label="ReLU")
    axes.plot(_X, _values(function, parameter), color=BLUE, label=function)
    axes.plot(_X, _slopes(function, parameter), "--", color=ORANGE, label="its slope")
    if function == "PReLU":
        printed = larger_of_both(torch.tensor(_X), parameter)
        axes.plot(_X, printed, ":", color=GREEN, linewidth=4, label="max(x, a x)")
    axes.set(title=f"{function}, {PARAMETERS[function]} = {parameter:g}", xlabel="x",
             xlim=(-4, 4), ylim=(-4.2, 4.2))  # fmt: skip
    axes.legend(loc="upper left")
    axes.grid(True, alpha=0.5)
    return figure


@described(
    alt="Three squares: a checkerboard of four colours; the straight sectors into which a "
    "network without activations cuts the plane; the bent regions of a network with "
    "ReLU, which follow the board.",
    caption="A checkerboard of four classes, and the class that two networks with the same "
    "weights at the start give to each place after the same training. The percentages "
    "say how much of the square is right: without activation functions all borders are "
    "straight.",
)
def decision_maps(seed: int) -> Figure:
    """The checkerboard, and the classes that networks without and with ReLU give to its places."""
    edge = without_activations.EDGE
    ticks = torch.linspace(-edge, edge, 100, dtype=torch.float64)
    points = torch.stack(torch.meshgrid(ticks, ticks, indexing="xy"), -1).reshape(-1, 2)
    true = checkboard_class(points).reshape(100, 100).numpy()
    maps = {
        "the task": true,
        "without activations": without_activations.decisions(relu=False, seed=seed),
        "with ReLU": without_activations.decisions(relu=True, seed=seed),
    }
    figure = Figure(figsize=(10.2, 3.8))
    for axes, (title, classes) in zip(figure.subplots(1, 3), maps.items(), strict=True):
        axes.imshow(classes, origin="lower", cmap=CLASS_COLOURS, vmin=0, vmax=3,
                    extent=(-edge, edge, -edge, edge))  # fmt: skip
        right = (classes == true).mean()
        axes.set(
            title=title if classes is true else f"{title}: {right:.0%}", xlabel="x", ylabel="y"
        )
    return figure


def _values(name: str, *parameter: float) -> np.ndarray:
    return ACTIVATIONS[name](torch.tensor(_X), *parameter).numpy()


def _slopes(name: str, *parameter: float) -> np.ndarray:
    x = torch.tensor(_X, requires_grad=True)
    (slopes,) = torch.autograd.grad(ACTIVATIONS[name](x, *parameter).sum(), x)
    return slopes.numpy()
