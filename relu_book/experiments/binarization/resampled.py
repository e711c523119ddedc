"""One drawing of all weights, seen by as many images as one likes.

A binarized network draws a filter for each pass (thesis 4.2.1), so what repeats is the drawing,
not the image. A test set takes several passes, which here have the same weights: the random
numbers of a pass are a function of seed and number of the pass, and both are set. So the accuracy
with one drawing is that of one network, and its spread over drawings that of the method.

Drawings of one seed are coupled: 32 samples of a weight are its 16 and 16 more, and so differences
between sample numbers, bits or pruned shares are paired.
"""

import math
from collections.abc import Callable, Hashable

import torch
from torch import Tensor

from relu_book.binarization import Binarized, binarize
from relu_book.experiments.binarization.published import PUBLISHED, prepared, published
from relu_book.runs import Run

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
        key: Of all that it depends on besides the function that measures; what was measured under
            another one is forgotten.
        measure: Called if it was not yet.

    Example:
        >>> remembered("pi", lambda: 3), remembered("pi", lambda: 4)
        (3, 3)
    """
    key = measure.__module__, measure.__qualname__, key
    if key not in _known:
        _known.clear()
        _known[key] = measure()
    return _known[key]


class Drawn:
    """A published network whose weights are those of one drawing, and its test images.

    Args:
        settings: With ``network``, a single name, and ``images``, their number.
        seed: Of the drawing.
        run: Loads the images and is told how far it is.
        passes: How often all images will be classified.

    Attributes:
        name: Of the network.
        model: In float.
        images, labels: What it is tested on.
    """

    def __init__(self, settings: object, seed: int, run: Run, passes: int) -> None:
        self.name, self.seed = settings.network, seed
        self.model = published(self.name)
        self.images, self.labels = prepared(self.name, run.load, settings.images)
        self._run, self._done, self._passes = run, 0, passes

    def network(self, samples: float, pruned: float = 0.0, **options) -> Binarized:
        """It, binarized with 16 bits for what it computes."""
        bits = PUBLISHED[self.name].fraction_bits
        network = binarize(self.model, samples, **{"fraction_bits": bits, **options})
        network.pruned = pruned
        return network

    def outputs(self, samples: float, pruned: float = 0.0, **options) -> Tensor:
        """What it gives for all images."""
        network = self.network(samples, pruned, **options)
        found = drawn_outputs(network, self.images, self.seed, PUBLISHED[self.name].batch)
        self._done += 1
        self._run.progress(self._done, self._passes)
        return found

    def accuracy(self, samples: float, pruned: float = 0.0, **options) -> float:
        """How many of the images are classified rightly, in per cent."""
        return share(self.outputs(samples, pruned, **options).argmax(1) == self.labels)


def classified(drawn: Drawn, settings: object) -> dict[str, tuple]:
    """What ``cifar_resnets`` and ``pictures`` both measure, as variables of a data set.

    Args:
        drawn: The network.
        settings: With ``samples``, numbers of samples; ``pruned``, shares of the weights, which
            are left out with ``psb`` samples.

    Returns:
        ``float_accuracy`` in per cent; ``rounded_accuracy`` with exact weights and 16 bits for what
        is computed; ``float_pruned_accuracy`` and ``pruned_accuracy`` by ``pruned``; by ``samples``
        ``accuracy``, ``kept`` (per cent of float's predictions that stay) and ``kept_right`` (of
        its right ones).
    """
    labels = drawn.labels

    def in_float() -> tuple[Tensor, list[float], float]:
        exact = drawn.outputs(math.inf, activation_bits=None).argmax(1)
        pruned = [drawn.accuracy(math.inf, p, activation_bits=None) for p in settings.pruned]
        return exact, pruned, drawn.accuracy(math.inf)

    key = drawn.name, len(labels), settings.pruned
    exact, pruned_in_float, rounded = remembered(key, in_float)
    predictions = [drawn.outputs(n).argmax(1) for n in settings.samples]
    right = exact == labels
    return {
        "float_accuracy": ((), share(right)),
        "rounded_accuracy": ((), rounded),
        "float_pruned_accuracy": ("pruned", pruned_in_float),
        "accuracy": ("samples", [share(each == labels) for each in predictions]),
        "kept": ("samples", [share(each == exact) for each in predictions]),
        "kept_right": ("samples", [share((each == exact)[right]) for each in predictions]),
        "pruned_accuracy": ("pruned", [drawn.accuracy(settings.psb, p) for p in settings.pruned]),
    }
