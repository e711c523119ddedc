"""What the tutorial on deep learning measures (thesis 2.1), one module a theme."""

from relu_book.experiments.tutorial import (
    activations,
    convolution,
    gradients,
    initialisation,
    normalisation,
    optimisation,
    residual,
)

__all__ = [
    "activations",
    "convolution",
    "gradients",
    "initialisation",
    "normalisation",
    "optimisation",
    "residual",
]
