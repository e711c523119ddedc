"""What a layer answers at every place of one picture (thesis 2.1, figures 2.2a, b, c and e).

A convolution asks each of its filters at every place how well the picture fits there; the answers
of one filter, drawn as a picture, are its map. Where the map is above zero, the ReLU passes it on.

Class activation maps (Zhou et al. 2016, arXiv:1512.04150) say which places speak for a class. Where
a network takes the mean of each map A_k of its last convolution and then one dense layer with
weights v, the output for class c is a mean over places,

    output_c = bias_c + mean_p M_c(p),        M_c(p) = sum_k v_ck A_k(p),

so M_c(p) is what the place p adds to class c; positive values speak for it, negative ones against.

Principal components are the directions in the space of the K filters along which the places differ
most; drawn at its place, each component is a picture of as many pixels as the map has places.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from relu_book.patterns import watch


@torch.no_grad()
def pre_activations(model: nn.Module, picture: Tensor) -> dict[str, Tensor]:
    """Maps of one picture, layer by layer.

    Args:
        model: A network in evaluation mode.
        picture: (1, h, w).

    Returns:
        By name of the site, in the order of execution: (filters, h, w) of that layer.

    Example:
        >>> from relu_book.experiments.tutorial.small_vgg import network
        >>> maps = pre_activations(network([(3,), (5,)], seed=0).eval(), torch.zeros(1, 8, 8))
        >>> {name: tuple(each.shape) for name, each in maps.items()}
        {'relu1': (3, 8, 8), 'relu2': (5, 4, 4)}
    """
    with watch(model) as watched:
        model(picture[None])
    return {name: site.pre_activation[0] for name, site in watched.sites.items()}


def last_activations(model: nn.Module, picture: Tensor) -> Tensor:
    """(filters, h, w): what the last convolution passes on, after its ReLU."""
    *_, last = pre_activations(model, picture).values()
    return last.relu()


@torch.no_grad()
def class_maps(model: nn.Sequential, picture: Tensor) -> np.ndarray:
    """What each place of a picture adds to each class.

    Args:
        model: A network whose last parts are a mean over places and the dense layer ``classes``.
        picture: (1, h, w).

    Returns:
        (classes, h, w) of the last convolution.

    Example:
        >>> from relu_book.experiments.tutorial.small_vgg import network
        >>> model = network([(4,), (8,)], seed=0, dtype=torch.float64).eval()
        >>> picture = torch.rand(1, 8, 8, dtype=torch.float64)
        >>> outputs = class_maps(model, picture).mean((1, 2)) + model.classes.bias.detach().numpy()
        >>> np.allclose(outputs, model(picture[None])[0].detach().numpy())
        True
    """
    activations = last_activations(model, picture)
    return torch.einsum("ck,khw->chw", model.classes.weight, activations).numpy()


class Components(NamedTuple):
    """Pictures (number, h, w) of the first components, and the share of variance of each."""

    pictures: np.ndarray
    shares: np.ndarray


def components(maps: Tensor, number: int = 3) -> Components:
    """The first principal components of maps (filters, h, w).

    The sign of a component means nothing; here its largest value is positive.

    Raises:
        ValueError: More components are asked for than there are filters or places.

    Example:
        >>> slope = torch.arange(12.0).view(1, 3, 4)
        >>> found = components(torch.cat([slope, -2 * slope]), 2)
        >>> found.pictures.shape, found.shares.round(6).tolist()
        ((2, 3, 4), [1.0, 0.0])
    """
    places = maps.flatten(1).T.double().numpy()
    if not 1 <= number <= min(places.shape):
        raise ValueError(
            f"{places.shape[1]} filters at {places.shape[0]} places have 1 to {min(places.shape)} "
            f"components, but number is {number}"
        )
    places = places - places.mean(0)
    left, sizes, _ = np.linalg.svd(places, full_matrices=False)
    scores = left[:, :number] * sizes[:number]
    scores = scores * np.sign(scores[np.abs(scores).argmax(0), range(number)])
    variance = sizes**2
    # Where all places are alike nothing varies, and no component has a share.
    shares = variance[:number] / max(variance.sum(), np.finfo(float).tiny)
    return Components(scores.T.reshape(number, *maps.shape[1:]), shares)
