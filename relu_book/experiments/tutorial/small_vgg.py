"""A small VGG that trains on FashionMNIST: the network of figure 2.2 (thesis 2.1).

    relu-book run tutorial/small_vgg --scale desk

The source looks into VGG-19 with the weights of ImageNet. Ours begins as VGG-11 does, at an eighth
of its width: 3 x 3 convolutions with batch normalisation, max pooling between the stages, twice the
filters after each pooling. In place of VGG's three dense layers stand the mean of each of the last
maps and one dense layer, as in Zhou et al. 2016 (arXiv:1512.04150), so that what a place adds to a
class can be read off. Pixels enter as they are, in [0, 1].

The record keeps, beside the weights after training, how their distribution moved (figure 2.2f).
With the n weights of a layer in ascending order, w_(1) <= ... <= w_(n), now and before training,
the Wasserstein distance of the two distributions is

    1/n sum_i |w_(i) - w0_(i)|.

It is 0 where the weights changed places but not their histogram. Histograms are taken in units of
the layer's standard deviation before training, so that all layers fit one axis.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr
from scipy.stats import wasserstein_distance
from torch import Tensor, nn
from torch.nn.utils import vector_to_parameters

from relu_book.datasets import Dataset
from relu_book.models.layers import Layers
from relu_book.runs import Run, experiment
from relu_book.training import Checkpoint, OneCycle, Probe, accuracy, make_optimizer, train

NAME = "tutorial/small_vgg"
EDGES = np.linspace(-6, 6, 61)
CENTRES = (EDGES[1:] + EDGES[:-1]) / 2


@dataclass(frozen=True)
class Settings:
    """The network and its training.

    Attributes:
        data: Name of the data set.
        stages: Filters of each convolution; a max pooling stands between two stages.
        steps: Updates.
        batch_size: Images an update.
        learning_rate: The highest of the one-cycle schedule.
        momentum: The highest of the schedule.
        measured: Updates after which the weights are looked at; 0 is before training.
        dtype: Of weights and images.
        seeds: Of weights and batches.
    """

    data: str = "fashion_mnist"
    stages: tuple[tuple[int, ...], ...] = ((8,), (16,), (32, 32))
    steps: int = 500
    batch_size: int = 128
    learning_rate: float = 0.1
    momentum: float = 0.9
    measured: tuple[int, ...] = (0, 1, 2, 5, 10, 20, *range(40, 501, 20))
    dtype: str = "float32"
    seeds: tuple[int, ...] = (0, 1, 2)


SMOKE = Settings(
    data="digits",
    stages=((4,), (8,), (8, 8)),
    steps=60,
    batch_size=32,
    measured=(0, 1, 2, 5, 10, 20, 40, 60),
    dtype="float64",
)


@experiment(
    scales={"smoke": SMOKE, "desk": Settings()},
    expected={"smoke": "5 s on one core", "desk": "1 min on one core, 3 networks of 15 s each"},
    deviations={
        "desk": "a VGG of four convolutions on FashionMNIST in place of VGG-19 on ImageNet"
    },
)
def small_vgg(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run tutorial/small_vgg --scale desk

    Expected time: smoke (scanned digits) 5 s on one core, desk (FashionMNIST) 1 min on one core.
    Expected result: 85 % of the test pictures are classified as they should be; the
    distribution of each layer's weights moves away from the initial one.

    Returns:
        ``training_loss`` (update,), ``test_accuracy``; ``distance`` (step, layer) and ``histogram``
        (step, layer, bin) as in ``compare``; ``weights`` (weight,), all parameters and
        statistics in one row.
    """
    data, test = (images(run.load, settings.data, split) for split in ("train", "test"))
    model = network(settings.stages, seed, getattr(torch, settings.dtype)).to(run.device)
    initial = convolutions(model)
    probe = Probe(lambda step, model: compare(model, initial), steps=settings.measured)
    optimizer = make_optimizer("sgd", model, settings.learning_rate, momentum=settings.momentum)
    history = train(
        model,
        data.images,
        data.labels,
        optimizer=optimizer,
        schedule=OneCycle(optimizer, settings.steps),
        steps=settings.steps,
        batch_size=settings.batch_size,
        seed=seed,
        probes=[probe],
        checkpoint=Checkpoint(run.checkpoint, every=100),
        progress=run.progress,
        channels_last=True,
    )
    found = [probe.results[step] for step in settings.measured]
    distance, histogram = (
        np.array([each[name] for each in found]) for name in ("distance", "histogram")
    )
    return xr.Dataset(
        {
            "training_loss": ("update", history.loss.astype(np.float32)),
            "test_accuracy": accuracy(model, test.images, test.labels),
            "distance": (("step", "layer"), distance),
            "histogram": (("step", "layer", "bin"), histogram.astype(np.int32)),
            "weights": ("weight", to_row(model)),
        },
        {"step": list(settings.measured), "layer": range(1, len(initial) + 1), "bin": CENTRES},
    )


def images(load: Callable[..., Dataset], data: str, split: str = "train") -> Dataset:
    """A split of a data set: digits at twice their size, of which two poolings leave little.

    A tenth of the other training sets is held out.
    """
    return load(data, split, **({"size": 16} if data == "digits" else {"validation": 0.1}))


def network(
    stages: Sequence[Sequence[int]],
    seed: int | None = None,
    dtype: torch.dtype | None = None,
    classes: int = 10,
) -> nn.Sequential:
    """Convolutions, poolings, a mean over places and a dense layer, for grey pictures of any size.

    Args:
        stages: Filters of each 3 x 3 convolution, stage by stage; a 2 x 2 max pooling stands
            between two stages.
        seed: Of the weights, drawn as for all networks of ``relu_book.models``.
        dtype: Of the weights.
        classes: Number of outputs.

    Returns:
        ``(n, 1, height, width)`` to ``(n, classes)``; sites ``relu1``, ``relu2``, ...

    Example:
        >>> model = network([(4, 4), (8,)], seed=0)
        >>> [name for name, _ in model.named_children()][-5:]
        ['norm3', 'relu3', 'mean', 'flatten', 'classes']
        >>> model(torch.zeros(2, 1, 12, 20)).shape
        torch.Size([2, 10])
    """
    layers = Layers(nn.ReLU, seed=seed, dtype=dtype)
    parts = nn.Sequential()
    channels, number = 1, 0
    for stage, widths in enumerate(stages):
        if stage:
            parts.add_module(f"pool{stage}", nn.MaxPool2d(2))
        for filters in widths:
            number += 1
            parts.add_module(f"convolution{number}", layers.convolution(channels, filters))
            parts.add_module(f"norm{number}", layers.normalisation(filters))
            parts.add_module(f"relu{number}", layers.relu())
            channels = filters
    parts.add_module("mean", nn.AdaptiveAvgPool2d(1))
    parts.add_module("flatten", nn.Flatten())
    parts.add_module("classes", layers.linear(channels, classes))
    return parts


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
    pairs = list(zip(convolutions(model), initial, strict=True))
    scaled = [np.clip(now / before.std(), EDGES[0], EDGES[-1]) for now, before in pairs]
    return {
        "distance": np.array([wasserstein_distance(now, before) for now, before in pairs]),
        "histogram": np.array([np.histogram(weights, EDGES)[0] for weights in scaled]),
    }


def to_row(model: nn.Module) -> np.ndarray:
    """All parameters and statistics of a network in one row."""
    return torch.cat([tensor.detach().flatten() for tensor in _learned(model)]).cpu().numpy()


def from_row(model: nn.Sequential, row: np.ndarray) -> nn.Sequential:
    """The network with the parameters and statistics of a row, in evaluation mode.

    Raises:
        ValueError: The row belongs to a network of another size.

    Example:
        >>> trained = network([(2,)], seed=1)
        >>> again = from_row(network([(2,)], seed=0), to_row(trained))
        >>> torch.equal(again.classes.weight, trained.classes.weight)
        True
    """
    learned = _learned(model)
    total = sum(tensor.numel() for tensor in learned)
    if len(row) != total:
        raise ValueError(f"the network has {total} weights, but the row has {len(row)}")
    vector_to_parameters(torch.from_numpy(row).to(learned[0]), learned)
    return model.eval()


def of_record(
    record: xr.Dataset, seed: int = 0, dtype: torch.dtype = torch.float64
) -> nn.Sequential:
    """The network of a seed whose ``weights`` a record holds, in evaluation mode.

    Float64 makes what is computed from it the same on every CPU, to the digits that are printed.
    """
    stages = json.loads(record.attrs["settings"])["stages"]
    return from_row(network(stages, dtype=dtype), record.weights.sel(seed=seed).values)


def _learned(model: nn.Module) -> list[Tensor]:
    """What a network has learned; the counters of batches are no part of it."""
    state = model.state_dict(keep_vars=True).values()
    return [tensor for tensor in state if tensor.is_floating_point()]
