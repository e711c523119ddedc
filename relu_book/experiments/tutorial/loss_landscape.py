"""The loss on a plane of two random directions through the trained weights (thesis 2.1, fig. 2.2g).

    relu-book run tutorial/loss_landscape --scale desk

Li et al. 2018 (arXiv:1712.09913): two directions d, e are drawn from the normal distribution and
each filter of a direction is made as long as the network's own,

    d_i <- d_i |w_i| / |d_i|,        loss(a, b) = L(w + a d + b e),        |a|, |b| <= radius.

A filter is what makes one channel: a window of weights of a convolution, a row of a dense layer.
Biases and the parameters of batch normalisation stay, and so do its running statistics: the
network is in evaluation mode, as theirs is.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional

from relu_book.experiments.tutorial import small_vgg
from relu_book.records import load
from relu_book.runs import Run, experiment


@dataclass(frozen=True)
class Settings:
    """The plane and the pictures whose loss is taken.

    Attributes:
        data: Name of the data set that the network was trained on.
        radius: Half the edge of the square; 1 moves every filter by up to its own length along
            either direction.
        images: Number of training pictures, the first ones.
        points: Grid points a side, an odd number, so that the trained network is one of them.
        dtype: Of weights and images.
        seeds: Of the two directions.
    """

    data: str = "fashion_mnist"
    radius: float = 1.0
    images: int = 128
    points: int = 21
    dtype: str = "float32"
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)


SMOKE = Settings(data="digits", images=32, points=7, dtype="float64", seeds=(0, 1))


@experiment(
    scales={"smoke": SMOKE, "desk": Settings()},
    expected={"smoke": "2 s on one core", "desk": "40 s on one core, 5 planes of 8 s each"},
    deviations={
        "desk": "a VGG of four convolutions on FashionMNIST in place of VGG-19 on ImageNet"
    },
)
def loss_landscape(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run tutorial/loss_landscape --scale desk

    Expected time: smoke (scanned digits) 2 s on one core, desk (FashionMNIST) 40 s on one core.
    Expected result: the loss is lowest near the trained network, seed 0 of ``tutorial/small_vgg``
    at the same scale, and rises towards the border of each of the planes.

    Returns:
        ``loss`` (b, a), mean cross entropy; ``a`` and ``b`` count in radii.
    """
    dtype = getattr(torch, settings.dtype)
    model = small_vgg.of_record(load(small_vgg.NAME, run.scale), dtype=dtype).to(run.device)
    data = small_vgg.images(run.load, settings.data)
    images = data.images[: settings.images].to(run.device, dtype)
    labels = data.labels[: settings.images].to(run.device)
    plane = [filter_normalised(model, 2 * seed + k) for k in (0, 1)]
    ticks, losses = np.linspace(-1, 1, settings.points), []
    for row, b in enumerate(ticks, 1):
        steps = [(settings.radius * a, settings.radius * b) for a in ticks]
        losses.append([loss_at(model, plane, step, images, labels) for step in steps])
        run.progress(row, settings.points)
    return xr.Dataset({"loss": (("b", "a"), losses)}, {"a": ticks, "b": ticks})


def filter_normalised(model: nn.Module, seed: int) -> dict[str, Tensor]:
    """A random direction in the space of weights, each filter as long as the network's own.

    Args:
        model: The network.
        seed: Of the direction.

    Returns:
        One tensor for each parameter with filters, by name.

    Example:
        >>> layer = nn.Linear(5, 3)
        >>> direction = filter_normalised(layer, seed=0)
        >>> list(direction)
        ['weight']
        >>> torch.allclose(direction["weight"].norm(dim=1), layer.weight.norm(dim=1))
        True
    """
    generator = torch.Generator().manual_seed(seed)
    direction = {}
    for name, weight in model.named_parameters():
        if weight.dim() > 1:
            drawn = torch.randn(weight.shape, generator=generator, dtype=torch.float64).to(weight)
            lengths = weight.detach().flatten(1).norm(dim=1) / drawn.flatten(1).norm(dim=1)
            direction[name] = drawn * lengths.view(-1, *[1] * (weight.dim() - 1))
    return direction


@torch.no_grad()
def loss_at(
    model: nn.Module,
    plane: list[Mapping[str, Tensor]],
    steps: tuple[float, float],
    images: Tensor,
    labels: Tensor,
) -> float:
    """Mean cross entropy of the network moved by ``steps`` along the directions of a plane."""
    moved = dict(model.named_parameters())
    for step, direction in zip(steps, plane, strict=True):
        moved |= {name: moved[name] + step * part for name, part in direction.items()}
    return functional.cross_entropy(functional_call(model, moved, (images,)), labels).item()
