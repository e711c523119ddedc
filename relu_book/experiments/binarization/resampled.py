"""One drawing of all weights, seen by as many images as one likes.

A binarized network draws a filter for each pass (thesis 4.2.1), so what repeats is the drawing,
not the image. A test set takes several passes, which here have the same weights: the random
numbers of a pass are a function of seed and number of the pass, and both are set. So the accuracy
with one drawing is that of one network, and its spread over drawings that of the method.

Drawings of one seed are coupled: 32 samples of a weight are its 16 and 16 more, and so differences
between sample numbers, bits or pruned shares are paired.
"""

from collections.abc import Callable, Hashable

import torch
from torch import Tensor

from relu_book.binarization import Binarized

_known: dict[Hashable, object] = {}


def drawn_outputs(network: Binarized, images: Tensor, seed: int, batch: int = 50) -> Tensor:
    """What a network gives with the weights of one drawing.

    Args:
        network: A binarized network; its stream is left at this drawing.
        images: (n, channels, height, width).
        seed: Of the drawing.
        batch: Images a pass; small ones stay in the processor's cache.

    Returns:
        (n, classes).

    Example:
        >>> from relu_book.binarization import binarize
        >>> from relu_book.models import cifar_resnet
        >>> network = binarize(cifar_resnet(8, 1, width=4, seed=0), 2)
        >>> images = torch.rand(6, 3, 8, 8)
        >>> whole, parts = (drawn_outputs(network, images, 3, size) for size in (6, 2))
        >>> torch.allclose(whole, parts, atol=1e-2)
        True
    """
    found = []
    with torch.inference_mode():
        for part in images.split(batch):
            network.stream.seed, network.stream.passes = seed, 0
            found.append(network(part))
    return torch.cat(found)


def share(right: Tensor) -> float:
    """Per cent of what is true.

    Example:
        >>> share(torch.tensor([True, False, True, True]))
        75.0
    """
    return 100 * right.double().mean().item()


def remembered(key: Hashable, measure: Callable[[], object]) -> object:
    """What does not depend on the drawing, measured once a process.

    Args:
        key: Of all that it depends on; what was measured under another one is forgotten.
        measure: Called if it was not yet.

    Example:
        >>> remembered("pi", lambda: 3), remembered("pi", lambda: 4)
        (3, 3)
    """
    if key not in _known:
        _known.clear()
        _known[key] = measure()
    return _known[key]
