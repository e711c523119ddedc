"""A network whose transition is prescribed, so that every rate and every share is known beforehand.

One filter with the weights (1, 0) looks at the inputs (r, 1). The loss is the second weight, so a
step of gradient descent with the rate η leads from the pre-activations r > 0 to r - η: the pattern
of an input changes exactly if η is at least its r, its *critical rate*. With the quantiles of a
log-normal distribution as critical rates, the share of changed patterns is equation 3.17,

    P(η) = ½ (1 + erf((ln η - μ)/(σ√2))),

to within half an input. Other inputs at each step let μ and σ drift and jump.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from scipy.special import ndtri
from torch import Tensor, nn

from relu_book.actcoolr import ActCooLR, Policy


def critical_rates(mu: float, sigma: float, inputs: int = 4096) -> np.ndarray:
    """The rates (inputs,), rising, from which on each input has another pattern.

    Example:
        >>> critical_rates(0.0, 1.0, 3).round(2).tolist()
        [0.38, 1.0, 2.63]
    """
    return np.exp(mu + sigma * ndtri((np.arange(inputs) + 0.5) / inputs))


def share_changed(rates: np.ndarray, rate: float) -> float:
    """P, the share of inputs whose pattern a step with this rate changes.

    Example:
        >>> share_changed(critical_rates(0.0, 1.0, 4), 1.0)
        0.5
    """
    return float(np.searchsorted(rates, rate, side="right")) / len(rates)


class Synthetic(nn.Module):
    """The network; ``critical`` are the inputs' critical rates, to be set before each step."""

    def __init__(self) -> None:
        super().__init__()
        self.filter = nn.Linear(2, 1, bias=False, dtype=torch.float64)

    def forward(self, critical: Tensor) -> Tensor:
        """ReLU of the filter, (inputs, 1)."""
        inputs = torch.stack((critical, torch.ones_like(critical)), dim=1)
        return nn.functional.relu(self.filter(inputs))


def train(
    transitions: Sequence[tuple[float, float]],
    after: Callable[[ActCooLR, np.ndarray], object] = lambda scheduler, critical: None,
    inputs: int = 4096,
    policy: str | Policy = "thesis",
    **options,
) -> ActCooLR:
    """Trains the network under ActCooLR, by default by algorithm 6, a step for each pair (μ, σ).

    Args:
        transitions: the pairs, one a step.
        after: called after each ``scheduler.step()``, with the scheduler and the critical rates of
            the step.
        inputs: how many.
        policy: of :class:`ActCooLR`.
        **options: others of it.

    Returns:
        The scheduler.

    Example:
        >>> scheduler = train([(-3.0, 1.0)] * 8, start_temperature=1.0)
        >>> first = scheduler.history[0]
        >>> round(first["mean_share"], 2), round(first["learning_rate"], 3)  # e^-3
        (0.5, 0.05)
    """
    model = Synthetic()
    weights = model.filter.weight
    optimizer = torch.optim.SGD([weights], lr=0.1)
    scheduler = ActCooLR(optimizer, model, len(transitions), policy=policy, **options)
    for mu, sigma in transitions:
        critical = critical_rates(mu, sigma, inputs)
        with torch.no_grad():
            weights.copy_(torch.tensor([[1.0, 0.0]]))
        model(torch.from_numpy(critical))
        optimizer.zero_grad()
        weights[0, 1].backward()
        optimizer.step()
        scheduler.step()
        after(scheduler, critical)
    return scheduler
