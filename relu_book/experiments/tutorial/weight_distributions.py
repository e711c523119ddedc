"""How the distribution of a layer's weights moves while a network trains (thesis 2.1, figure 2.2f).

With the n weights of a layer in ascending order, w_(1) <= ... <= w_(n), now and before training,
the Wasserstein distance of the two distributions is

    1/n sum_i |w_(i) - w0_(i)|.

It is 0 where the weights changed places but not their histogram. Histograms are taken in units of
the layer's standard deviation before training, so that all layers fit one axis.
"""

import numpy as np
import xarray as xr
from scipy.stats import wasserstein_distance
from torch import nn

EDGES = np.linspace(-6, 6, 61)
CENTRES = (EDGES[1:] + EDGES[:-1]) / 2


def convolutions(model: nn.Module) -> list[np.ndarray]:
    """The weights of each convolution, flat, in float64."""
    return [
        part.weight.detach().cpu().double().numpy().flatten()
        for part in model.modules()
        if isinstance(part, nn.Conv2d)
    ]


def compare(model: nn.Module, initial: list[np.ndarray]) -> dict[str, np.ndarray]:
    """The weights of each convolution against what they were.

    Args:
        model: The network now.
        initial: What ``convolutions`` gave before training.

    Returns:
        ``distance`` (layers,), Wasserstein distance to the initial weights, in units of weights;
        ``histogram`` (layers, 60), how many weights lie in each bin between ``EDGES``, in units of
        the initial standard deviation; weights beyond the ends are in the outer bins.

    Example:
        >>> layer = nn.Sequential(nn.Conv2d(1, 2, 3))
        >>> before = convolutions(layer)
        >>> layer[0].weight.data += 0.5
        >>> found = compare(layer, before)
        >>> found["distance"].round(6).tolist(), found["histogram"].sum().item()
        ([0.5], 18)
    """
    now = convolutions(model)
    scaled = [
        np.clip(weights / before.std(), EDGES[0], EDGES[-1])
        for weights, before in zip(now, initial, strict=True)
    ]
    pairs = zip(now, initial, strict=True)
    return {
        "distance": np.array([wasserstein_distance(weights, before) for weights, before in pairs]),
        "histogram": np.array([np.histogram(weights, EDGES)[0] for weights in scaled]),
    }


def distances(record: xr.Dataset, layer: int = -1) -> dict[str, np.ndarray]:
    """fig-2.2.f: steps, and the distance of a layer, the last by default, by seed and step."""
    one = record.distance.isel(layer=layer).transpose("seed", "step")
    return {"step": record.step.values, "distance": one.values}
