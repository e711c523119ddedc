"""Pictures of what a trained network dreams of (thesis 2.1, figure 2.2d)."""

from functools import lru_cache

import numpy as np
from matplotlib.figure import Figure

from relu_book.experiments.tutorial import deep_dream
from relu_book.plots.style import BLUE
from relu_book.plots.tutorial.panels import panels, small_vgg
from relu_book.plots.words import described


def describe_dream(layer: int, step: int) -> str:
    """Alt text: how far the activation has come."""
    activation = _dream(layer).activation.mean(1)
    return (
        f"Three pictures that began as grey noise, after {step} steps of ascent towards layer "
        f"{layer}: its mean activation went from {activation[0]:.2f} to {activation[step]:.2f}."
    )


@described(
    alt=describe_dream,
    caption="Three pictures that began as noise, after some steps uphill towards one layer, and "
    "the mean activation of this layer for each of them along the way: blue up to this "
    "step, grey beyond. It rises with every step; what the picture shows depends on the "
    "layer.",
)
def draw_dream(layer: int, step: int) -> Figure:
    """Three starts after a number of steps towards a layer, and the activation on the way."""
    dream = _dream(layer)
    figure = Figure(figsize=(9.6, 3.4), layout="none")
    left, right = panels(figure, (0.01, 0.62), (0.72, 0.98))
    pictures = np.pad(dream.pictures[step, :, 0].numpy(), ((0, 0), (0, 0), (0, 2)),
                      constant_values=np.nan)  # fmt: skip
    left.imshow(np.concatenate(pictures, 1), cmap="gray", vmin=0, vmax=1)
    left.set_title(f"after {step} steps towards layer {layer}")
    right.set_axis_on()
    right.set_position((0.73, 0.2, 0.25, 0.66))
    activation = dream.activation.numpy()
    right.plot(activation, color="#bbbbbb")
    right.plot(activation[: step + 1], color=BLUE)
    right.set(title="mean activation", xlabel="step", ylim=(0, None), xlim=(0, deep_dream.STEPS))
    return figure


@lru_cache(maxsize=8)
def _dream(layer: int) -> deep_dream.Dream:
    return deep_dream.ascend(small_vgg(), f"relu{layer}", deep_dream.noise(3))
