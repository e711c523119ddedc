"""The pre-activations of every filter at every place of one picture (thesis 2.1, figure 2.2).

A convolution asks each of its filters at every place how well the picture fits there; the answers
of one filter, drawn as a picture, are its map. Where the map is above zero, the ReLU passes it on.
"""

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
