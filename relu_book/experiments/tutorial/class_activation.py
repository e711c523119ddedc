"""Class activation maps: which places speak for a class (thesis 2.1, figures 2.2b and 2.2c).

Zhou et al. 2016 (arXiv:1512.04150). Where a network takes the mean of each map A_k of its last
convolution and then one dense layer with weights v, the output for class c is a mean over places,

    output_c = bias_c + mean_p M_c(p),        M_c(p) = sum_k v_ck A_k(p),

so M_c(p) is what the place p adds to class c; positive values speak for it, negative ones against.
"""

import numpy as np
import torch
from torch import Tensor, nn

from relu_book.experiments.tutorial.activation_maps import last_activations
from relu_book.experiments.tutorial.canvases import Canvases, to_canvas


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


def places_of_objects(model: nn.Sequential, test: Canvases) -> dict[str, np.ndarray]:
    """How much of each map lies on its object.

    Returns:
        ``mass_share``, ``area_share`` (images, 2): share of the map's positive part, and of the
        canvas, that the object's box holds; ``correlation`` (images,) of the two maps over the
        pixels. A map without positive part has mass share 0.
    """
    mass, correlation = [], []
    for picture, labels, boxes in zip(*test, strict=True):
        maps = to_canvas(class_maps(model, picture)[labels])
        positive = np.maximum(maps, 0)
        inside = (positive * boxes).sum((1, 2))
        mass.append(inside / np.maximum(positive.sum((1, 2)), np.finfo(float).tiny))
        correlation.append(np.corrcoef(maps.reshape(2, -1))[0, 1])
    return {
        "mass_share": np.array(mass),
        "area_share": test.boxes.mean((2, 3)),
        "correlation": np.array(correlation),
    }
