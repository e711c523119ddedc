"""Deep dream: ascent on a picture until a layer answers more strongly (thesis 2.1, figure 2.2d).

The weights stay, the picture x moves along the gradient of an activation A (Mordvintsev et al.
2015), each step of the same length and back into the range of pixels:

    x <- clip(x + length * g / |g|, 0, 1),        g = dA / dx.

A is the mean activation of a layer after its ReLU.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

# Black and white pictures of 28 x 28 pixels are 28 apart: 50 steps of length 1 lead anywhere.
STEPS, LENGTH = 50, 1.0


class Dream(NamedTuple):
    """Pictures (steps + 1, n, 1, h, w) from the first to the last, and A (steps + 1, n)."""

    pictures: Tensor
    activation: Tensor


def noise(starts: int, size: int = 28, seed: int = 0) -> Tensor:
    """(starts, 1, size, size) grey pictures with a little noise, where ascents start."""
    drawn = np.random.default_rng(seed).uniform(0.4, 0.6, (starts, 1, size, size))
    return torch.from_numpy(drawn)


def ascend(
    model: nn.Sequential,
    layer: str,
    start: Tensor,
    steps: int = STEPS,
    length: float = LENGTH,
) -> Dream:
    """Moves every picture on its own towards a stronger activation.

    Args:
        model: A network in evaluation mode.
        layer: Name of the ReLU whose answer shall grow, such as ``"relu4"``.
        start: Pictures (n, 1, h, w) with pixels in [0, 1].
        steps: Number of steps.
        length: Euclidean length of a step, before pixels are cut to their range.

    Raises:
        ValueError: The network has no such layer.

    Cost: a forward and a backward pass a step; 10 pictures of 28 x 28 take 1 s in float64.

    Example:
        >>> from relu_book.experiments.tutorial.small_vgg import network
        >>> model = network([(2,), (4,)], seed=0, dtype=torch.float64).eval()
        >>> dream = ascend(model, "relu2", noise(3, size=8), steps=5)
        >>> dream.pictures.shape, bool((dream.activation[-1] > dream.activation[0]).all())
        (torch.Size([6, 3, 1, 8, 8]), True)
    """
    before = _parts_before(model, layer)
    picture, pictures, activations = start.clone(), [], []
    for step in range(steps + 1):
        picture.requires_grad_()
        activation = before(picture).relu().flatten(1).mean(1)
        pictures.append(picture.detach())
        activations.append(activation.detach())
        if step < steps:
            (gradient,) = torch.autograd.grad(activation.sum(), picture)
            norms = gradient.flatten(1).norm(dim=1).view(-1, 1, 1, 1)
            # Where no filter answers there is no direction to go: the picture stays.
            direction = gradient / norms.clamp_min(torch.finfo(norms.dtype).tiny)
            picture = (picture.detach() + length * direction).clamp(0, 1)
    return Dream(torch.stack(pictures), torch.stack(activations))


def growth(model: nn.Sequential, starts: int = 3, length: float = LENGTH) -> dict[str, np.ndarray]:
    """How far ascents towards each ReLU of a network come, from the same starts (fig-2.2.d).

    Returns:
        ``smoothed`` (ascents, windows), see ``rise``; ``first`` and ``last`` (ascents,); layer
        after layer, ``starts`` ascents each.
    """
    layers = [name for name, part in model.named_children() if isinstance(part, nn.ReLU)]
    found = [rise(ascend(model, layer, noise(starts), length=length)) for layer in layers]
    return {name: np.concatenate([each[name] for each in found]) for name in found[0]}


def rise(dream: Dream, window: int = 5) -> dict[str, np.ndarray]:
    """Moving mean of the activation by start and step, first and last activation."""
    activation = dream.activation.T.numpy()
    windows = np.lib.stride_tricks.sliding_window_view(activation, window, axis=1)
    return {"smoothed": windows.mean(2), "first": activation[:, 0], "last": activation[:, -1]}


def _parts_before(model: nn.Sequential, layer: str) -> nn.Sequential:
    """What a picture passes on its way to a layer; the rest need not be computed."""
    names = [name for name, _ in model.named_children()]
    if layer not in names:
        raise ValueError(f"the network has no layer {layer!r}, but {', '.join(names)}")
    return model[: names.index(layer)]
