"""What the layers of a network have that does not change while it trains: width, block, place.

Layers are numbered from 1, at the input; those that a network has fewer than others are NaN, so
that networks of several depths stand in one array.
"""

from collections.abc import Sequence

import numpy as np
import torch
import xarray as xr
from torch import Tensor, nn

from relu_book.patterns import watch


def layout(model: nn.Module, batches: Sequence[Tensor], layers: int) -> xr.Dataset:
    """What does not change while a network trains, layer by layer.

    Args:
        model: The network.
        batches: Images whose patterns are counted.
        layers: Layers of the result; those that the network lacks are NaN.

    Returns:
        ``width`` (filters), ``evaluations`` (patterns counted), ``block`` (1 to 3, by the size of
        the picture) and ``after`` (1 where the layer directly follows a skip addition, or stands in
        its place in a network without skips).
    """
    training = model.training
    model.eval()
    with watch(model) as watched, torch.no_grad():
        model(batches[0][:1])
    model.train(training)
    sites = list(watched.sites.values())
    pixels = [site.pre_activation[0, 0].numel() for site in sites]
    sizes = sorted(set(pixels), reverse=True)
    images = sum(len(batch) for batch in batches)
    found = {
        "width": [site.width for site in sites],
        "evaluations": [images * number for number in pixels],
        "block": [1 + sizes.index(number) for number in pixels],
        "after": [site.name.endswith("relu_after") for site in sites],
    }
    return xr.Dataset(
        {
            key: ("layer", filled(np.array(values, np.float32), layers))
            for key, values in found.items()
        },
        {"layer": np.arange(1, layers + 1)},
    )


def sides_of_additions(record: xr.Dataset, values: xr.DataArray) -> xr.DataArray:
    """Mean over the layers directly after skip additions less that of the others but the first."""
    after = record["after"] == 1
    others = (record["after"] == 0) & (record["layer"] > 1)
    return values.where(after).mean("layer") - values.where(others).mean("layer")


def filled(values: np.ndarray, layers: int) -> np.ndarray:
    """Values along the last axis, filled up with NaN to a number of layers."""
    width = [(0, 0)] * (values.ndim - 1) + [(0, layers - values.shape[-1])]
    return np.pad(values, width, constant_values=np.nan)
