"""What the tutorial on deep learning measures (thesis 2.1): live claims, one module a theme, and
what its records say.

The chapter takes more lines a claim than others, because it draws, trains and looks into networks
more than it judges: a class activation map is a claim's evidence, but first of all a thing to see.
"""

from relu_book.experiments.tutorial import (
    activations,
    checkpoint,
    convolution,
    data_sets,
    deep_dream,
    drawings,
    gradients,
    initialisation,
    loss_landscape,
    maps,
    networks,
    normalisation,
    optimisation,
    residual,
    small_vgg,
    two_objects,
    without_activations,
)
from relu_book.experiments.tutorial.dense_by_rate_reading import dense_by_rate_reading
from relu_book.experiments.tutorial.loss_landscape_reading import loss_landscape_reading
from relu_book.experiments.tutorial.skip_connections_reading import skip_connections_reading
from relu_book.experiments.tutorial.small_vgg_reading import small_vgg_reading
from relu_book.experiments.tutorial.two_objects_reading import two_objects_reading

__all__ = [
    "activations", "checkpoint", "convolution", "data_sets", "deep_dream", "dense_by_rate_reading",
    "drawings", "gradients", "initialisation", "loss_landscape", "loss_landscape_reading", "maps",
    "networks", "normalisation", "optimisation", "residual", "skip_connections_reading",
    "small_vgg", "small_vgg_reading", "two_objects", "two_objects_reading", "without_activations",
]  # fmt: skip
