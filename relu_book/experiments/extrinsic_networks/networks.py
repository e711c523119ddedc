"""The extrinsic network for the board: its start, its training, and what is measured on it.

Layers of definition 10 on the plane, without an added coordinate, and a read-out (thesis A.3.2).
With z the point and A(z) = diag(1[zW > 0]),

    z ← z + z W (A − I) diag(s) Wᵀ diag(s')

The source prints neither the scale of W nor that of s. The map depends on s W Wᵀ alone, its
training on both, so that two numbers span the starts: the entries of W have ``weight`` times the
standard deviation of He, √(2/n), and s = ``shift`` · n/(2 m ``weight``²), with which a layer moves
points ``shift`` times as far as the projection by W⁺ does. With ``weight`` √(n/(2m)) the matrix
W Wᵀ is about the identity, and s is ``shift``.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from relu_book.datasets import Dataset
from relu_book.extrinsic import ExtrinsicReLU
from relu_book.models import mlp
from relu_book.patterns import count_patterns
from relu_book.runs import Run
from relu_book.training import DivergenceError, accuracy, make_optimizer, steps_per_epoch, train


@dataclass(frozen=True)
class Board:
    """The training of thesis A.2.2, which A.3.2 takes over.

    Attributes:
        points: Of training and test each, drawn anew for each seed.
        batch_size: Points a step.
        epochs: Of training, by plain SGD without momentum or decay.
        learning_rate: Of all steps.
        filters: Of each extrinsic layer.
        hidden: Filters of each layer of the ordinary network.
        seeds: Of weights, points and batches.
    """

    points: int = 50_000
    batch_size: int = 250
    epochs: int = 10
    learning_rate: float = 0.1
    filters: int = 600
    hidden: int = 50
    seeds: tuple[int, ...] = tuple(range(20))

    def points_of(self, run: Run, split: str, seed: int, layout: str = "D") -> Dataset:
        """The points of a seed, on a board of ``CHECKBOARD_LAYOUTS``."""
        return run.load("checkboard", split, layout=layout, samples=self.points, seed=seed)


def extrinsic(
    layers: int,
    filters: int,
    *,
    weight: float,
    shift: float,
    seed: int,
    size: int = 2,
    classes: int = 4,
    grow: bool = False,
) -> nn.Sequential:
    """An extrinsic network with a read-out.

    Args:
        layers: Of definition 10.
        filters: m, of each.
        weight: Standard deviation of the entries of W, as a multiple of that of He.
        shift: Of the entries of s, as a multiple of n/(2 m ``weight``²).
        seed: Of the weights.
        size: Numbers in a point.
        classes: Outputs.
        grow: Whether the first layer appends a coordinate of ones, with which n is one more.

    Returns:
        A network from ``(points, size)`` to ``(points, classes)``.

    Example:
        >>> model = extrinsic(3, 600, weight=1.0, shift=1.0, seed=0)
        >>> sum(p.numel() for p in model.parameters())
        5418
    """
    generator = torch.Generator().manual_seed(seed)
    made = [ExtrinsicReLU(size, filters, grow=grow)]
    size += grow
    made += [ExtrinsicReLU(size, filters, grow=False) for _ in range(layers - 1)]
    with torch.no_grad():
        for layer in made:
            layer.weight.normal_(0, weight * (2 / size) ** 0.5, generator=generator)
            layer.inner_shift.mul_(shift / weight**2)
    return nn.Sequential(*made, *mlp((size, classes), seed=seed))


def layers_of(model: nn.Module) -> list[ExtrinsicReLU]:
    """The extrinsic layers, from the input."""
    return [layer for layer in model if isinstance(layer, ExtrinsicReLU)]


def ordinary(widths: tuple[int, ...], *, weight: float, seed: int) -> nn.Sequential:
    """The ordinary network, its weights ``weight`` times those of He, its biases as they are."""
    model = mlp(widths, seed=seed)
    with torch.no_grad():
        for layer in model:
            if isinstance(layer, nn.Linear):
                layer.weight.mul_(weight)
    return model


@torch.no_grad()
def make_rows_orthonormal(model: nn.Module, weight: float) -> None:
    """Moves each W, in place, to the nearest matrix with W Wᵀ = (2 m ``weight``²/n) I.

    That is U Vᵀ of its singular value decomposition, times a number that keeps the size of its
    entries. With ``weight`` √(n/(2m)) it is the one with W Wᵀ = I.

    Example:
        >>> model = extrinsic(1, 50, weight=0.2, shift=1.0, seed=0)
        >>> make_rows_orthonormal(model, 0.2)
        >>> (model[0].weight @ model[0].weight.T).round(decimals=4).tolist()
        [[2.0, 0.0], [0.0, 2.0]]
    """
    for layer in layers_of(model):
        left, _, right = torch.linalg.svd(layer.weight, full_matrices=False)
        size, filters = layer.weight.shape
        layer.weight.copy_(left @ right * (2 * filters / size) ** 0.5 * weight)


def trained(
    model: nn.Module,
    settings: Board,
    seed: int,
    data: Dataset,
    test: Dataset,
    *,
    after_epoch: Callable[[nn.Module], None] = lambda model: None,
) -> np.ndarray:
    """Trains a network, in place, epoch by epoch.

    Args:
        model: Ordinary or extrinsic.
        settings: Of the training.
        seed: Of the order of points.
        data: Points to learn from.
        test: Points to be measured on.
        after_epoch: Called with the model after each epoch, before it is measured.

    Returns:
        Test accuracy in per cent after each epoch, ``(epochs,)``; NaN from a divergence on.
    """
    optimizer = make_optimizer("sgd", model, settings.learning_rate)
    steps = steps_per_epoch(len(data), settings.batch_size)
    found = np.full(settings.epochs, np.nan)
    for epoch in range(settings.epochs):
        try:
            train(
                model,
                data.images,
                data.labels,
                optimizer=optimizer,
                steps=steps,
                batch_size=settings.batch_size,
                seed=1000 * seed + epoch,
            )
        except DivergenceError:
            break
        after_epoch(model)
        found[epoch] = 100 * accuracy(model, test.images, test.labels)
    return found


def determinants(model: nn.Sequential, points: Tensor) -> np.ndarray:
    """Of the Jacobian of the extrinsic layers, a map of the plane, at each point; float64.

    Example:
        >>> model = extrinsic(3, 20, weight=1.0, shift=0.0, seed=0)
        >>> determinants(model, torch.randn(4, 2)).tolist()
        [1.0, 1.0, 1.0, 1.0]
    """
    twin = nn.Sequential(*layers_of(model))
    weights = {name: value.detach().double() for name, value in twin.state_dict().items()}
    x = points.double().requires_grad_()
    moved = torch.func.functional_call(twin, weights, (x,))
    rows = [torch.autograd.grad(column.sum(), x, retain_graph=True)[0] for column in moved.T]
    return torch.linalg.det(torch.stack(rows, 1)).numpy()


def folded(model: nn.Sequential, points: Tensor) -> float:
    """Share in per cent of points with the determinant's rarer sign, or with 0 if that is more."""
    found = determinants(model, points)
    signs = [float(np.mean(np.sign(found) == sign)) for sign in (-1, 0, 1)]
    return 100 * max(min(signs[0], signs[2]), signs[1])


def patterns_by_layer(model: nn.Module, points: Tensor) -> list[int]:
    """Distinct patterns of the points at each ReLU, from the input."""
    batches = points.split(2500)
    return [counts.distinct for counts in count_patterns(model, batches).values()]
