"""The six activation functions of figure 2.1, and a network without any (thesis 2 and 2.1).

ELU       x above 0, alpha (exp(x) - 1) below       Sigmoid   1 / (1 + exp(-x))
PReLU     x above 0, a x below                      swish     x / (1 + exp(-x))
ReLU      max(x, 0)                                 Softplus  log(1 + exp(x))
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional

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
    jumps = {name: slope_jump(function) for name, function in ACTIVATIONS.items()}
    return {
        "jump_with_kink": [jumps[name] for name in WITH_KINK],
        "jump_without_kink": [jumps[name] for name in SMOOTH],
    }


def limits(far: float = 30.0) -> dict[str, object]:
    """Distances of the functions from their limits, or from the identity, at -30 and 30."""
    left = {name: function(_points(-far)).item() for name, function in ACTIVATIONS.items()}
    right = {name: function(_points(far)).item() for name, function in ACTIVATIONS.items()}
    return {
        "left_deviation": [
            *(round(left[name], 10) for name in ("ReLU", "swish", "Softplus", "Sigmoid")),
            round(left["ELU"] + 1, 10),
        ],
        "prelu_deviation": left["PReLU"] + 0.25 * far,
        "right_deviation": [
            round(right[name] - far, 10) for name in ACTIVATIONS if name != "Sigmoid"
        ],
        "sigmoid_deviation": abs(right["Sigmoid"] - far),
    }


def smoothed_relus(names: Sequence[str] = ("swish", "Softplus")) -> dict[str, list]:
    """Distances from ReLU far out and at the worst place, and the jump of the slope at 0."""
    far, window = _points(-10.0, 10.0), torch.linspace(-10, 10, 20_001, dtype=torch.float64)

    def distance(name: str, x: Tensor) -> Tensor:
        return (ACTIVATIONS[name](x) - torch.relu(x)).abs()

    return {
        "far_deviation": [distance(name, far).tolist() for name in names],
        "largest_deviation": [distance(name, window).max().item() for name in names],
        "jump": [slope_jump(ACTIVATIONS[name]) for name in names],
    }


def larger_of_both(x: Tensor, a: float) -> Tensor:
    """PReLU as it is printed: the larger of x and a x."""
    return torch.maximum(x, a * x)


def prelu_deviations(cases: int = 100, seed: int = 0) -> dict[str, list[float]]:
    """Largest differences of the printed PReLU from torch's, 50 normal numbers a case."""
    generator = torch.Generator().manual_seed(seed)
    found: dict[str, list[float]] = {"deviation_up_to_1": [], "deviation_at_2": []}
    for case in range(cases):
        x = torch.randn(50, generator=generator, dtype=torch.float64)
        for name, a in (
            ("deviation_up_to_1", (-1.0, 0.0, 0.25, 1.0)[case % 4]),
            ("deviation_at_2", 2.0),
        ):
            library = functional.prelu(x, torch.tensor([a], dtype=torch.float64))
            found[name].append((larger_of_both(x, a) - library).abs().max().item())
    return found


def _points(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)
