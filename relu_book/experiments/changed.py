"""Which patterns differ between two states of one network, on any batch.

A step that a training has taken is two sets of weights. So what it changes can be measured on
images that it was not computed from, and its direction carried on to other rates: stochastic
gradient descent with momentum keeps it as its buffer, and goes along it in proportion to the rate.
"""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from relu_book.patterns import Site, pack, watch
from relu_book.undisturbed import model_as_it_was

Weights = Mapping[str, Tensor]


def weights_of(model: nn.Module) -> dict[str, Tensor]:
    """A copy of the weights, by name."""
    return {name: weight.detach().clone() for name, weight in model.named_parameters()}


def direction_of(model: nn.Module, optimizer: Optimizer) -> dict[str, Tensor]:
    """What the step just taken adds to the weights at rate 1, by name.

    Args:
        model: Whose weights they are.
        optimizer: SGD with momentum; further groups keep their ratio to the first.
    """
    groups = optimizer.param_groups
    ratio = {p: group["lr"] / groups[0]["lr"] for group in groups for p in group["params"]}
    return {
        name: -ratio[weight] * optimizer.state[weight]["momentum_buffer"]
        for name, weight in model.named_parameters()
    }


def at_rate(before: Weights, direction: Weights, rate: float) -> dict[str, Tensor]:
    """The weights where a step of this direction ends at a rate."""
    return {name: weight + rate * direction[name] for name, weight in before.items()}


def changed_evaluations(
    model: nn.Module, before: Weights, images: Tensor, after: Weights | None = None
) -> list[np.ndarray]:
    """Whether each pattern differs between two states of a network, layer by layer.

    Args:
        model: The network, which stays as it is; batch norms take the statistics of the batch.
        before: The weights of one state, by name.
        images: A batch.
        after: The weights of the other; by default those that the model has.

    Returns:
        Booleans by image and position, an array a layer.

    Cost: two forward passes.
    """
    words: dict[str, Tensor] = {}
    changed: list[np.ndarray] = []

    def keep(site: Site) -> None:
        words[site.name] = pack(site.pre_activation > 0, site.channel_dim)

    def compare(site: Site) -> None:
        # Not site.pack(), which refuses NaN: a step may have been one too far.
        now = pack(site.pre_activation > 0, site.channel_dim)
        rows = (now != words.pop(site.name)).any(1)
        changed.append(rows.reshape(len(images), -1).cpu().numpy())

    with model_as_it_was(model), torch.no_grad():
        model.train()
        for weights, consumer in ((before, keep), (after or {}, compare)):
            with watch(model, consumer):
                torch.func.functional_call(model, dict(weights), images)
    return changed


def shares(changed: list[np.ndarray]) -> np.ndarray:
    """The share of patterns that differ, by layer."""
    return np.array([layer.mean() for layer in changed])
