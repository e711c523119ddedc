"""Layers of two networks beside each other: similarity, its value by chance, intrinsic dimension.

Pruning paper 4.4: SVCCA (99 % of the variance) of each convolution, pooling and dense layer with
its counterpart, on 5,000 training images without augmentation, a row for each place of each image.
Layers are read behind their activation, in evaluation mode; where they are read is not printed.
Chance is the same with the images of one network in random order, all places of an image together:
places of one image are alike, so that single rows in any order would take apart what belongs to the
image and call unrelated layers similar. What all images have in common at a place is chance, too.
"""

from collections.abc import Iterator

import numpy as np
import torch
import xarray as xr
from sklearn.neighbors import NearestNeighbors
from torch import Tensor, nn

from relu_book.similarity import as_rows, permutation_null, svcca
from relu_book.undisturbed import modes_as_they_were

DENSE = "dense"


def places(model: nn.Module) -> dict[str, nn.Module]:
    """The modules whose outputs are compared, by name: conv1, conv2, pool1, …, dense.

    Args:
        model: as ``relu_book.models.cifar_blocks`` makes it.
    """
    found: dict[str, nn.Module] = {}
    for part in model.features:
        kind = {nn.ReLU: "conv", nn.MaxPool2d: "pool"}.get(type(part))
        if kind is not None:
            number = sum(name.startswith(kind) for name in found) + 1
            found[f"{kind}{number}"] = part
    (found[DENSE],) = [part for part in model.classifier if isinstance(part, nn.ReLU)]
    return found


@torch.no_grad()
def walked(model: nn.Module, images: Tensor, batch: int = 512) -> Iterator[tuple[str, Tensor]]:
    """Layer by layer, what a network makes of all images, in evaluation mode.

    Only the maps that are looked at are held, and each layer is computed once.

    Args:
        model: as ``cifar_blocks`` makes it.
        images: shape (n, c, h, w), on the device of the network.
        batch: images a pass.

    Yields:
        The name of a place and its matrix, a row for each place of each image, a column a filter.
    """
    names = {id(part): name for name, part in places(model).items()}
    maps = images
    with modes_as_they_were(model):
        model.eval()
        for part in (*model.features, nn.Flatten(), *model.classifier):
            maps = torch.cat([part(some) for some in maps.split(batch)])
            if id(part) in names:
                yield names[id(part)], as_rows(maps)


def compared(first: nn.Module, second: nn.Module, images: Tensor, seed: int) -> xr.Dataset:
    """Similarity of each layer of two networks with its counterpart, and its value by chance.

    Args:
        first: a network as ``cifar_blocks`` makes it.
        second: another of the same layers.
        images: shape (n, c, h, w), standardised.
        seed: of the random order of the images.

    Returns:
        ``similarity`` and ``chance`` by ``layer``; NaN where all filters of a layer are dead.
    """
    pairs = zip(walked(first, images), walked(second, images), strict=True)
    found = {name: _both(x, y, len(x) // len(images), seed) for (name, x), (_, y) in pairs}
    similarity, chance = np.transpose(list(found.values()))
    return xr.Dataset(
        {"similarity": ("layer", similarity), "chance": ("layer", chance)},
        coords={"layer": list(found)},
    )


def _both(x: Tensor, y: Tensor, places: int, seed: int) -> tuple[float, float]:
    if any(bool((rows == rows[0]).all()) for rows in (x, y)):
        return np.nan, np.nan
    # One order is enough: of 1,500 images already its values spread by less than 0.01.
    chance = permutation_null(svcca, x, y, permutations=1, rows_per_sample=places, seed=seed)
    return svcca(x, y), float(chance)


def dimensions(model: nn.Module, images: Tensor, rows: int, seed: int) -> xr.DataArray:
    """The intrinsic dimension of each layer, from as many of its rows.

    Returns:
        By ``layer``; NaN where a layer has fewer than ten different rows.
    """
    found = {}
    for name, given in walked(model, images):
        order = torch.randperm(len(given), generator=torch.Generator().manual_seed(seed))
        found[name] = two_nearest(given[order[:rows]].double().cpu().numpy())
    return xr.DataArray(list(found.values()), {"layer": list(found)}, "layer")


def two_nearest(points: np.ndarray, kept: float = 0.9) -> float:
    """Intrinsic dimension by the two nearest neighbours (Facco et al., Sci. Rep. 7, 2017).

    With μ the distance of the second neighbour over that of the first, -ln(1 - F(μ)) = d ln μ: d is
    the slope through the origin, over the smallest 90 % of μ. Equal points are counted once.

    Args:
        points: shape (n, features).
        kept: share of the ratios that is fitted.

    Example:
        >>> plane = np.random.default_rng(0).random((2000, 2)) @ [[1.0, 2, 3], [0, 1, 5]]
        >>> round(two_nearest(plane))
        2
    """
    points = np.unique(points, axis=0)
    if len(points) < 10:
        return np.nan
    distances, _ = NearestNeighbors(n_neighbors=3).fit(points).kneighbors(points)
    ratios = np.sort(np.log(distances[:, 2] / distances[:, 1]))
    used = int(kept * len(ratios))
    cumulative = -np.log1p(-np.arange(1, used + 1) / len(ratios))
    return float(ratios[:used] @ cumulative / (ratios[:used] @ ratios[:used]))
