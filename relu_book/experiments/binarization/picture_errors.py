"""Where in a picture drawn weights err, in low and in high layers (thesis 4.2.5, figure 4.4).

    relu-book run binarization/picture_errors --scale desk

SqueezeNet with 32 samples (psb5) is compared with itself in float, for many drawings. At a pixel of
a layer's output

    absolute error = mean over filters of |drawn - float|,  averaged over drawings,
    relative error = absolute error / mean over filters of |float|.

Brightness is the mean of the colours, flatness minus their deviation within 9 x 9 pixels, both as
large as the layer. The source points at a cat's tail and face; here the object is the quarter of
the places whose score for the picture's class is highest in float.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import torch
import xarray as xr
from scipy.stats import spearmanr
from torch import Tensor, nn
from torch.nn import functional as F

from relu_book.binarization import binarize, class_scores
from relu_book.experiments.binarization.published import PUBLISHED, prepared, published
from relu_book.runs import Run, experiment

_WINDOW = 9


@dataclass(frozen=True)
class Settings:
    """What is drawn, and where it is looked at.

    Attributes:
        network: Name of a published network.
        layers: Names of three convolutions: the first, one of the middle, and the last.
        images: Of the test set, evenly.
        samples: Number of samples n.
        repeats: Drawings that are averaged.
        shown: Pictures whose maps are kept.
        seeds: Of the drawings.
    """

    network: str = "squeezenet"
    layers: tuple[str, ...] = ("features.0", "features.7.expand3x3", "classifier.1")
    images: int = 50
    samples: int = 32
    repeats: int = 100
    shown: int = 4
    seeds: tuple[int, ...] = (0,)


SCALES = {
    "smoke": Settings(
        "untrained", ("conv1", "layer2.0.conv2", "layer3.0.conv2"), images=6, repeats=3, shown=1
    ),
    "desk": Settings(),
}


@experiment(
    scales=SCALES,
    expected={"smoke": "5 s on one core", "desk": "6 min on one core"},
    deviations={
        "desk": "SqueezeNet 1.1 and 50 pictures of ImageNet instead of ResNet-18 and one picture; "
        "its first, a middle and its last convolution instead of layers 0, 8 and 16; the object is "
        "told by the class scores in float"
    },
)
def picture_errors(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run binarization/picture_errors --scale desk

    Expected result (thesis 4.2.5): low layers err most in flat or bright areas, the last one where
    the class is told; relative errors have nothing to do with the picture.

    Returns:
        By ``picture`` and ``layer`` (0 to 2) the rank correlations ``absolute_brightness``,
        ``absolute_flatness``, ``relative_brightness``, ``relative_object``, and the ``ratio`` of
        absolute errors inside and outside the object; by ``picture`` ``first_last``, the rank
        correlation of the absolute errors of the first and last layer, where the last has its
        pixels; and for the pictures ``shown`` both maps of each layer.
    """
    model = published(settings.network)
    images, labels = prepared(settings.network, run.load, settings.images)
    absolute, relative, scores = _errors(settings, model, images, seed, run)
    found: dict[str, list] = {name: [] for name in (*_measures(), "first_last")}
    for picture in range(len(images)):
        here = [maps[picture] for maps in absolute]
        there = [maps[picture] for maps in relative]
        score = scores[picture, labels[picture]]
        each = [_compared(images[picture], *both, score) for both in zip(here, there, strict=True)]
        for name in _measures():
            found[name].append([one[name] for one in each])
        found["first_last"].append(_rank(_sized(here[0], here[-1]), here[-1]))
    result = {name: (("picture", "layer"), found[name]) for name in _measures()}
    result["first_last"] = ("picture", found["first_last"])
    for layer, both in enumerate(zip(absolute, relative, strict=True)):
        for name, maps in zip(("absolute", "relative"), both, strict=True):
            dims = ("shown", f"row{layer}", f"column{layer}")
            result[f"{name}{layer}"] = (dims, maps[: settings.shown].numpy())
    return xr.Dataset(result)


def _measures() -> tuple[str, ...]:
    return (
        *("absolute_brightness", "absolute_flatness"),
        *("relative_brightness", "relative_object", "ratio"),
    )


@torch.inference_mode()
def _errors(
    settings: Settings, model: nn.Module, images: Tensor, seed: int, run: Run
) -> tuple[list[Tensor], list[Tensor], Tensor]:
    """Maps (n, height, width) of absolute and relative errors of each layer, and class scores."""
    known = PUBLISHED[settings.network]
    network = binarize(model, settings.samples, fraction_bits=known.fraction_bits)
    parts, scores = [], []
    for part in images.split(known.batch):
        with _watching(model, settings.layers) as seen:
            scores.append(class_scores(model, part)[1])
            exact = [seen[name] for name in settings.layers]
        total = [torch.zeros_like(each[:, 0]) for each in exact]
        for number in range(settings.repeats):
            network.stream.seed, network.stream.passes = seed * settings.repeats + number, 0
            with _watching(network.network, settings.layers) as seen:
                network(part)
            for sum_, name, float_ in zip(total, settings.layers, exact, strict=True):
                sum_ += (seen[name] - float_).abs().mean(1)
        means = [sum_ / settings.repeats for sum_ in total]
        # Where nothing is computed in float there is no relative error.
        sizes = [each.abs().mean(1).clamp(min=1e-12) for each in exact]
        parts.append((means, [a / b for a, b in zip(means, sizes, strict=True)]))
        run.progress(len(scores), -(-len(images) // known.batch))
    absolute, relative = (
        [torch.cat(maps) for maps in zip(*each, strict=True)] for each in zip(*parts, strict=True)
    )
    return absolute, relative, torch.cat(scores)


@contextmanager
def _watching(model: nn.Module, layers: tuple[str, ...]) -> Iterator[dict[str, Tensor]]:
    """What the layers give, copied before an activation writes over it."""
    seen: dict[str, Tensor] = {}
    with ExitStack() as stack:
        for name in layers:

            def see(layer: nn.Module, given: object, output: Tensor, name: str = name) -> None:
                seen[name] = output.clone()

            stack.enter_context(model.get_submodule(name).register_forward_hook(see))
        yield seen


def _compared(image: Tensor, absolute: Tensor, relative: Tensor, score: Tensor) -> dict[str, float]:
    """What the error maps of one picture and layer have to do with what it shows."""
    grey = image.mean(0)
    brightness, flatness = _sized(grey, absolute), _sized(-_contrast(grey), absolute)
    inside = F.interpolate(score[None, None], size=absolute.shape)[0, 0]
    inside = inside >= inside.quantile(0.75)
    outside = absolute[~inside] if not inside.all() else absolute
    return {
        "absolute_brightness": _rank(absolute, brightness),
        "absolute_flatness": _rank(absolute, flatness),
        "relative_brightness": _rank(relative, brightness),
        "relative_object": _rank(relative, inside),
        "ratio": (absolute[inside].mean() / outside.mean()).item(),
    }


def _contrast(grey: Tensor) -> Tensor:
    """The deviation of the grey levels around each pixel."""
    both = torch.stack([grey, grey.square()])[:, None]
    around = {"stride": 1, "padding": _WINDOW // 2, "count_include_pad": False}
    mean, square = F.avg_pool2d(both, _WINDOW, **around)[:, 0]
    return (square - mean.square()).clamp(min=0).sqrt()


def _sized(values: Tensor, like: Tensor) -> Tensor:
    """Means of the values, in as many pixels as another map has."""
    return F.adaptive_avg_pool2d(values[None, None], like.shape)[0, 0]


def _rank(first: Tensor, second: Tensor) -> float:
    """Spearman's correlation; 0 where one of both is the same everywhere, and tells nothing."""
    if first.unique().numel() < 2 or second.unique().numel() < 2:
        return 0.0
    return float(spearmanr(first.flatten(), second.flatten()).statistic)
