"""How far a training has moved its weights: what runs away before the patterns show it.

Behind batch norm only the direction of a weight matters. Each step makes it longer, a longer one
needs a larger rate for the same change of patterns, and a larger rate makes it longer still. So a
policy may ask for two numbers of the weights with two dimensions or more, the largest over them:

    growth          |w| / max(|w_0|, |u|)
    relative step   |w' - w| / max(|w|, |u|)

where u is a weight as torch draws it, |u|² = outputs/3: for those that start at 0.
"""

from collections.abc import Iterable
from math import sqrt

import torch
from torch import Tensor
from torch.optim import Optimizer


class WeightWatch:
    """Measures growth and relative step of an optimizer's weights.

    Args:
        optimizer: whose weights.

    Attributes:
        start: the norms before the first step, one a weight; a checkpoint holds them.

    Example:
        >>> weight = torch.nn.Parameter(torch.ones(2, 2))
        >>> optimizer = torch.optim.SGD([weight], lr=0.5)
        >>> watch = WeightWatch(optimizer)
        >>> watch.before()
        >>> weight.grad = -torch.ones(2, 2)
        >>> optimizer.step()
        >>> watch.after()
        (1.5, 0.5)
    """

    def __init__(self, optimizer: Optimizer) -> None:
        self._optimizer = optimizer
        self._copies: list[Tensor] = []
        self.start: list[float] = []

    def before(self) -> None:
        """To be called before the step; copies the weights."""
        weights = self._weights()
        if not self.start:
            self.start = _norms(weights)
        self._copies = [weight.detach().clone() for weight in weights]

    def after(self) -> tuple[float, float]:
        """Growth and relative step, to be asked after the step."""
        weights = self._weights()
        least = [sqrt(len(weight) / 3) for weight in weights]
        before, copies = _norms(self._copies), self._copies
        moved = _norms(w.detach() - copy for w, copy in zip(weights, copies, strict=False))
        self._copies = []
        grown = [
            norm / max(first, u)
            for norm, first, u in zip(_norms(weights), self.start, least, strict=False)
        ]
        relative = [way / max(b, u) for way, b, u in zip(moved, before, least, strict=False)]
        return max(grown, default=1.0), max(relative, default=0.0)

    def _weights(self) -> list[Tensor]:
        groups = self._optimizer.param_groups
        return [p for group in groups for p in group["params"] if p.dim() > 1 and len(p)]


def _norms(tensors: Iterable[Tensor]) -> list[float]:
    norms = [torch.linalg.vector_norm(tensor.detach(), dtype=torch.float64) for tensor in tensors]
    return torch.stack([norm.cpu() for norm in norms]).tolist() if norms else []
