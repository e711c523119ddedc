"""How gradients grow or shrink through 30 layers, with and without batch normalisation.

Thesis 2.1 says that batch normalisation solves vanishing and exploding gradients, thesis 3.2.4 that
it makes them explode at initialisation. What is measured is

    exponent = log10( |dL/dy_1| / |dL/dy_L| ),

with y_l the output of the l-th linear layer for a batch and L the loss. 0 is even, positive means
that the gradient grows on its way to the first layer. Batch normalisation divides y by its standard
deviation and so is blind to the scale of the weights.
"""

from collections.abc import Iterable

import numpy as np
import torch
from torch import nn

from relu_book.models import mlp

DEPTH, WIDTH, CLASSES = 30, 128, 10


def network(
    depth: int, batch_norm: bool, seed: int, inputs: int = WIDTH, gain: float = 2.0
) -> nn.Sequential:
    """A plain dense network of ``depth`` linear layers, 128 wide, the last one a head.

    Args:
        depth: Linear layers, the head included.
        batch_norm: Batch normalisation before each ReLU.
        seed: Of the weights.
        inputs: Size of the input.
        gain: Variance of the weights times fan-in; He's is 2, torch's default 1/3.
    """
    widths = (inputs, *(depth - 1) * (WIDTH,), CLASSES)
    model = mlp(widths, batch_norm, bias=0.0, seed=seed, dtype=torch.float64)
    with torch.no_grad():
        for layer in model:
            if isinstance(layer, nn.Linear):
                layer.weight *= (gain / 2) ** 0.5
    return model


def gradient_norms(model: nn.Sequential, x: torch.Tensor, labels: torch.Tensor) -> np.ndarray:
    """Norm of the loss gradient with respect to the output of each linear layer, (layers,)."""
    outputs = []
    for layer in model:
        x = layer(x)
        if isinstance(layer, nn.Linear):
            outputs.append(x)
    loss = nn.functional.cross_entropy(x, labels)
    return np.array([gradient.norm().item() for gradient in torch.autograd.grad(loss, outputs)])


def norms_before_training(
    depth: int = DEPTH, batch_norm: bool = False, seed: int = 0, gain: float = 2.0
) -> np.ndarray:
    """``gradient_norms`` of a new network on 128 standard normal inputs with random labels.

    Example:
        >>> norms_before_training(depth=5, batch_norm=True).shape
        (5,)
    """
    generator = torch.Generator().manual_seed(1000 + seed)
    x = torch.randn(128, WIDTH, generator=generator, dtype=torch.float64)
    labels = torch.randint(CLASSES, (128,), generator=generator)
    return gradient_norms(network(depth, batch_norm, seed, gain=gain), x, labels)


def exponent(
    depth: int = DEPTH, batch_norm: bool = False, seed: int = 0, gain: float = 2.0
) -> float:
    """Powers of ten by which the gradient at the first layer is larger than at the last hidden one.

    The head is left out: its output has another width. The arguments are those of ``network``.
    """
    norms = norms_before_training(depth, batch_norm, seed, gain)
    return float(np.log10(norms[0] / norms[-2]))


def exponents(seed: int) -> dict[str, float]:
    """Exponents from He's weights, without and with batch normalisation, and from torch's."""
    return {
        "exponent_plain": exponent(seed=seed),
        "exponent_batch_norm": exponent(seed=seed, batch_norm=True),
        "exponent_small": exponent(seed=seed, gain=1 / 3),
    }


def exponent_by_depth(depth: int, seeds: Iterable[int] = range(5)) -> dict[str, float]:
    """Mean exponent over seeds with batch normalisation, at a depth."""
    found = [exponent(depth, batch_norm=True, seed=seed) for seed in seeds]
    return {"depths": depth, "exponent_by_depth": np.mean(found)}
