"""Many dense networks of equal widths trained at once, each on points of its own (thesis A.2.2).

With a network s a row of the batch, layer l is

    y_s = x_s W_ls + b_ls,        W_ls ← W_ls − η ∂L_s/∂W_ls,        b_ls ← b_ls − η ∂L_s/∂b_ls

plain gradient descent at a constant rate η on the cross-entropy L_s of network s alone: the sum of
all L_s has just these gradients. A network of two filters takes as long as its calls take, so that
fifty of them cost little more than one.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from relu_book.models import mlp

BIASES = {"zero": 0.0, "default": "default"}


@dataclass(frozen=True)
class Board:
    """What all networks on the board have in common (thesis A.2.2).

    Attributes:
        layout: Letters of ``CHECKBOARD_LAYOUTS``; with bias a job each.
        bias: Names of ``BIASES``.
        batches: An epoch.
        batch_size: Points in each.
        rate: Of the descent.
    """

    layout: tuple[str, ...] = ("D", "F")
    bias: tuple[str, ...] = ("zero", "default")
    batches: int = 200
    batch_size: int = 250
    rate: float = 0.1


# Weights (networks, inputs, outputs) and biases (networks, 1, outputs), layer by layer.
Parameters = list[Tensor]


def networks(widths: Sequence[int], bias: str, seeds: Iterable[int]) -> Parameters:
    """The networks ``mlp(widths, seed=…)`` of all seeds, in float64.

    Args:
        widths: Number of inputs, then the width of each layer.
        bias: Name of ``BIASES``.
        seeds: Of the weights, one a network.
    """
    made = [
        [
            # A layer of torch holds the transpose, and its bias without a dimension of points.
            each.detach().T if each.ndim == 2 else each.detach()[None]
            for each in mlp(widths, bias=BIASES[bias], seed=seed, dtype=torch.float64).parameters()
        ]
        for seed in seeds
    ]
    return [torch.stack(same) for same in zip(*made, strict=True)]


def network(parameters: Parameters, number: int = 0) -> nn.Sequential:
    """One of the networks as a module."""
    weights, biases = parameters[::2], parameters[1::2]
    widths = [weights[0].shape[1], *(each.shape[2] for each in weights)]
    model = mlp(widths, dtype=weights[0].dtype)
    with torch.no_grad():
        for part, weight, bias in zip(model[::2], weights, biases, strict=True):
            part.weight.copy_(weight[number].T)
            part.bias.copy_(bias[number, 0])
    return model


def outputs(
    parameters: Parameters, points: Float[Tensor, "networks n inputs"]
) -> list[Float[Tensor, "networks n width"]]:
    """What each layer gives: hidden ones behind their ReLU, the last one as it is."""
    found = [points]
    for weight, bias in zip(parameters[::2], parameters[1::2], strict=True):
        given = found[-1] if len(found) == 1 else found[-1].relu()
        found.append(torch.baddbmm(bias, given, weight))
    return [each.relu() for each in found[1:-1]] + found[-1:]


def trained(
    parameters: Parameters,
    points: Float[Tensor, "networks batches size inputs"],
    labels: Int64[Tensor, "networks batches size"],
    rate: float,
    shown: Collection[int],
) -> Iterator[tuple[int, Parameters]]:
    """The networks at the steps that are shown, up to the last of these.

    Args:
        parameters: Before training; they stay as they are.
        points: The batches of each network, taken in order, again and again.
        labels: Their classes.
        rate: Of the descent.
        shown: Numbers of steps, 0 is before training.

    Yields:
        Step and parameters.

    Cost: 1 ms a step for 50 networks of two layers of two filters and batches of 250.

    Example:
        >>> points = torch.rand(3, 1, 8, 2, dtype=torch.float64)
        >>> labels = torch.zeros(3, 1, 8, dtype=torch.long)
        >>> start = networks((2, 2, 4), "zero", range(3))
        >>> [step for step, _ in trained(start, points, labels, 0.1, (0, 5))]
        [0, 5]
    """
    parameters = [each.clone().requires_grad_() for each in parameters]
    size = points.shape[2]
    for step in range(max(shown) + 1):
        if step in shown:
            yield step, [each.detach().clone() for each in parameters]
        batch = step % points.shape[1]
        found = outputs(parameters, points[:, batch])[-1]
        loss = cross_entropy(found.flatten(0, 1), labels[:, batch].flatten(), reduction="sum")
        gradients = torch.autograd.grad(loss / size, parameters)
        with torch.no_grad():
            torch._foreach_add_(parameters, gradients, alpha=-rate)
