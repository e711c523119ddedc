"""The six activation functions of figure 2.1, and a network without any (thesis 2 and 2.1).

ELU       x above 0, alpha (exp(x) - 1) below       Sigmoid   1 / (1 + exp(-x))
PReLU     x above 0, a x below                      swish     x / (1 + exp(-x))
ReLU      max(x, 0)                                 Softplus  log(1 + exp(x))
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from relu_book.experiments.random_cases import distance, normals

ACTIVATIONS: dict[str, Callable[[Tensor, float], Tensor]] = {
    "ELU": lambda x, alpha=1.0: functional.elu(x, alpha),
    "PReLU": lambda x, a=0.25: functional.leaky_relu(x, a),
    "Sigmoid": lambda x, steepness=1.0: torch.sigmoid(steepness * x),
    "swish": lambda x, steepness=1.0: x * torch.sigmoid(steepness * x),
    "ReLU": lambda x, unused=0.0: torch.relu(x),
    "Softplus": lambda x, steepness=1.0: functional.softplus(x, steepness),
}
"""The functions by name, each of a tensor and, optionally, its one parameter."""

WITH_KINK = ("PReLU", "ReLU")
SMOOTH = ("ELU", "Sigmoid", "swish", "Softplus")


def slope_jump(function: Callable[[Tensor], Tensor], step: float = 1e-4) -> float:
    """Jump of the slope at 0, by difference quotients to the right and to the left.

    Args:
        function: A function of a tensor, value by value.
        step: Width of both quotients, 1e-4 or more.

    Returns:
        Right slope minus left slope: 0 for a kink-free function, up to about ``step`` times its
        second derivative.

    Example:
        >>> round(slope_jump(torch.relu), 6)
        1.0
    """
    left, middle, right = function(_points(-step, 0.0, step)).tolist()
    # Values are right to about 1e-16, quotients to 1e-12; what lies below is noise of the CPU.
    return round((right - middle) / step - (middle - left) / step, 10)


def slope_jumps() -> dict[str, list[float]]:
    """Jumps of the slope at 0 of the functions with a kink and of those without."""
    return {
        "jump_with_kink": [slope_jump(ACTIVATIONS[name]) for name in WITH_KINK],
        "jump_without_kink": [slope_jump(ACTIVATIONS[name]) for name in SMOOTH],
    }


def limits(far: float = 30.0) -> dict[str, object]:
    """Distances of the functions from their limits, or from the identity, at -30 and 30."""
    left, right = (
        {name: function(_points(x)).item() for name, function in ACTIVATIONS.items()}
        for x in (-far, far)
    )
    to_zero = [left[name] for name in ("ReLU", "swish", "Softplus", "Sigmoid")]
    to_identity = [right[name] - far for name in ACTIVATIONS if name != "Sigmoid"]
    return {
        "left_deviation": np.round([*to_zero, left["ELU"] + 1], 10),
        "prelu_deviation": left["PReLU"] + 0.25 * far,
        "right_deviation": np.round(to_identity, 10),
        "sigmoid_deviation": abs(right["Sigmoid"] - far),
    }


def smoothed_relu(name: str) -> dict[str, object]:
    """Distances of a function from ReLU far out and at the worst place; its slope's jump at 0."""
    function = ACTIVATIONS[name]
    far, window = _points(-10.0, 10.0), torch.linspace(-10, 10, 20_001, dtype=torch.float64)
    return {
        "far_deviation": (function(far) - torch.relu(far)).abs().tolist(),
        "largest_deviation": distance(function(window), torch.relu(window)),
        "jump": slope_jump(function),
    }


def larger_of_both(x: Tensor, a: float) -> Tensor:
    """PReLU as it is printed: the larger of x and a x."""
    return torch.maximum(x, a * x)


def prelu_deviations(cases: int = 100, seed: int = 0) -> dict[str, list[float]]:
    """Largest differences of the printed PReLU from torch's, 50 normal numbers a case."""
    normal, slopes = normals(seed), (-1.0, 0.0, 0.25, 1.0)
    inputs = [normal(50) for _ in range(cases)]

    def deviation(x: Tensor, a: float) -> float:
        return distance(larger_of_both(x, a), functional.prelu(x, _points(a)))

    return {
        "deviation_up_to_1": [deviation(x, slopes[case % 4]) for case, x in enumerate(inputs)],
        "deviation_at_2": [deviation(x, 2.0) for x in inputs],
    }


def _points(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)
