"""Principal components of a layer over the places of one picture (thesis 2.1, figure 2.2e).

A layer of K filters gives every place of a picture K numbers. The first components are the
directions in these K dimensions along which the places differ most; drawn at its place, each
component is a picture of as many pixels as the map has places.
"""

from typing import NamedTuple

import numpy as np
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn

from relu_book.experiments.tutorial.activation_maps import last_activations
from relu_book.experiments.tutorial.canvases import Canvases, to_canvas


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
        >>> import torch
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


def separation(component: np.ndarray, inside: np.ndarray) -> float:
    """Area under the ROC curve of a component, of free sign, for pixels inside against outside."""
    area = roc_auc_score(inside.ravel(), component.ravel())
    return max(area, 1 - area)


def objects_against_background(model: nn.Module, test: Canvases) -> dict[str, np.ndarray]:
    """fig-2.2.e: variance explained by three components, and what the first one tells apart."""
    explained, separations = [], []
    for picture, boxes in zip(test.images, test.boxes, strict=True):
        found = components(last_activations(model, picture))
        explained.append(found.shares.sum())
        separations.append(separation(to_canvas(found.pictures[0]), boxes.any(0)))
    return {"explained": np.array(explained), "separation": np.array(separations)}
