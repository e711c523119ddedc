"""Short words for the invented series of numbers."""

import numpy as np

SMALL = [1e-13] * 100
LARGE = [*SMALL, 0.5]
ZEROS = [0] * 100
ONES = [1] * 100
FIVE = np.array([10.0, 11, 12, 11, 10])
NETWORKS = ("toynet", "convnet", "resnet")


def seeds(values, number=5, scatter=1e-3):
    """One row a seed: the given value or row of values, a little more or less each time."""
    offsets = np.linspace(-scatter, scatter, number)
    return np.asarray(values, dtype=float) + offsets.reshape(-1, *[1] * np.ndim(values))


def networks(prefix, *values):
    """Seeds for ToyNet, ConvNet and ResNet under names with this prefix."""
    return {prefix + name: seeds(row) for name, row in zip(NETWORKS, values, strict=True)}


def full(printed, tolerance, name="accuracy"):
    """Three runs whose mean is within the tolerance of a printed value, and three beyond."""
    within = [printed - 0.9 * tolerance, printed, printed + tolerance]
    return {name: within}, {name: [printed + 1.1 * tolerance] * 3}
