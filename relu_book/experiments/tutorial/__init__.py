"""What the tutorial on deep learning measures (thesis 2.1), one module a theme."""

from relu_book.experiments.tutorial import (
    activations,
    convolution,
    data_sets,
    gradients,
    initialisation,
    networks,
    normalisation,
    optimisation,
    rates,
    residual,
    skips,
    without_activations,
)

__all__ = [
    "activations",
    "convolution",
    "data_sets",
    "gradients",
    "initialisation",
    "networks",
    "normalisation",
    "optimisation",
    "rates",
    "residual",
    "skips",
    "without_activations",
]
