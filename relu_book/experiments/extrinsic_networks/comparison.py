"""Extrinsic networks against ordinary ones of equal size, with entropy and without (thesis A.3.3).

    export MALLOC_TRIM_THRESHOLD_=268435456 MALLOC_MMAP_THRESHOLD_=268435456
    relu-book run extrinsic_networks/comparison_tuning --scale desk
    relu-book promote extrinsic_networks/comparison_tuning --scale desk
    relu-book run extrinsic_networks/comparison --scale desk

The thesis leaves open whether extrinsic networks represent data in less or in more detail than
ordinary ones, and names the entropy of A.1 as the next step. Three hidden layers and a read-out,
the coordinate of ones appended at the input, are trained by Adam on the board, on digits and on
FashionMNIST. Each kind has six candidates, tried on other seeds: six rates, or three rates by two
weights λ of the entropy in ``loss − λ H``. Nothing is judged.
"""

from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr
from torch import Tensor, nn
from torch.nn import functional

from relu_book.entropy import EntropyRegularizer
from relu_book.experiments.extrinsic_networks.networks import extrinsic, patterns_by_layer
from relu_book.models import mlp
from relu_book.patterns import count, pack, watch
from relu_book.records import load
from relu_book.runs import Run, experiment
from relu_book.training import (
    DivergenceError,
    accuracy,
    make_optimizer,
    steps_per_epoch,
    train,
)

TUNING = "extrinsic_networks/comparison_tuning"
LAYERS = 3
HELD_OUT = 0.1  # of the training samples, on which the candidates are tried
EPOCHS = {"checkboard": 5, "digits": 30, "fashion_mnist": 5}
HIDDEN = {"checkboard": 50, "digits": 50, "fashion_mnist": 100}
RATES = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2)
CANDIDATES = {
    "ordinary": [(rate, 0.0) for rate in RATES],
    "extrinsic": [(rate, 0.0) for rate in RATES],
    "entropy": [(rate, weight) for rate in RATES[2:5] for weight in (0.01, 0.1)],
}
_DEVIATIONS = "a comparison of this book, which the source asks for and does not make"


@dataclass(frozen=True)
class Settings:
    """What is trained and measured.

    Attributes:
        data: Names of the data sets; a job each.
        network: Kinds in ``CANDIDATES``; a job each.
        train_samples: How many are trained on, at most.
        measured: Test samples whose patterns are counted, at most.
        batch_size: Samples a step.
        epochs: At most; fewer where ``EPOCHS`` says so.
        shift: Scale of s at the start, as ``networks.extrinsic`` takes it; that of W is half way
            between W Wᵀ ≈ I and He.
        seeds: Of weights, order, and points of the board.
    """

    data: tuple[str, ...] = tuple(EPOCHS)
    network: tuple[str, ...] = tuple(CANDIDATES)
    train_samples: int = 20_000
    measured: int = 10_000
    batch_size: int = 100
    epochs: int = 30
    shift: float = 0.3
    seeds: tuple[int, ...] = tuple(range(10))


_SMALL = Settings(
    data=("checkboard", "digits"), train_samples=300, measured=200, epochs=1, seeds=(0,)
)


@experiment(
    scales={"smoke": _SMALL, "desk": Settings(seeds=(100, 101))},
    expected={"smoke": "10 s on one core", "desk": "4 min on 2 cores, 18 jobs of 5 s to 1 min"},
    over=("data", "network"),
    deviations={"desk": _DEVIATIONS},
)
def comparison_tuning(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run extrinsic_networks/comparison_tuning --scale desk

    Expected result: a rate for each network and data set, on seeds that ``comparison`` has not.

    Returns:
        ``validation_accuracy`` in per cent by ``candidate``, NaN after a divergence.
    """
    data, validation = (samples(settings, run, split, seed) for split in ("train", "validation"))
    found = []
    for number, candidate in enumerate(CANDIDATES[settings.network]):
        model = learned(settings, data, seed, *candidate)
        found.append(np.nan if model is None else 100 * accuracy(model, *validation))
        run.progress(number + 1, len(CANDIDATES[settings.network]))
    return xr.Dataset({"validation_accuracy": ("candidate", found)})


@experiment(
    scales={"smoke": _SMALL, "desk": Settings()},
    expected={"smoke": "10 s on one core", "desk": "3 min on 2 cores, 90 jobs of 1 to 10 s"},
    over=("data", "network"),
    deviations={"desk": _DEVIATIONS},
)
def comparison(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run extrinsic_networks/comparison --scale desk

    Expected result: none; the thesis asks.

    Returns:
        ``accuracy`` of the test samples in per cent; ``patterns`` by ``layer``; ``joint_patterns``
        of all layers together, the linear maps in use; ``measured`` samples; ``parameters``,
        ``filters``; ``learning_rate`` and ``entropy_weight``. NaN after a divergence.
    """
    data, test = (samples(settings, run, split, seed) for split in ("train", "test"))
    rate, weight = _best(settings, run)
    model = learned(settings, data, seed, rate, weight)
    points = test[0][: settings.measured]
    shape = network(settings, data[0], seed)
    found = {"accuracy": np.nan, "joint_patterns": np.nan, "patterns": np.full(LAYERS, np.nan)}
    if model is not None:
        found = {
            "accuracy": 100 * accuracy(model, *test),
            "joint_patterns": float(joint_patterns(model, points)),
            "patterns": np.array(patterns_by_layer(model, points), float),
        }
    filters = shape[0].filters if settings.network != "ordinary" else shape[0].out_features
    return xr.Dataset(
        {
            **found,
            "patterns": ("layer", found["patterns"]),
            "measured": len(points),
            "parameters": sum(each.numel() for each in shape.parameters()),
            "filters": filters,
            "learning_rate": rate,
            "entropy_weight": weight,
        },
        {"layer": np.arange(1, LAYERS + 1)},
    )


def _best(settings: Settings, run: Run) -> tuple[float, float]:
    """Rate and weight of the entropy: the candidate with the highest accuracy on other seeds."""
    candidates = CANDIDATES[settings.network]
    if run.scale == "smoke":
        return candidates[2]
    record = load(TUNING, "desk").sel(data=settings.data, network=settings.network)
    mean = record["validation_accuracy"].fillna(0).mean("seed")
    return candidates[int(mean.argmax("candidate"))]


def samples(settings: Settings, run: Run, split: str, seed: int) -> tuple[Tensor, Tensor]:
    """Rows of numbers with the mean and deviation of the training samples taken out, and labels."""
    if settings.data == "checkboard":
        found = run.load("checkboard", split, samples=settings.train_samples, seed=seed)
        return found.images, found.labels
    train = run.load(settings.data, "train", validation=HELD_OUT)
    held_out = {"validation": HELD_OUT} if split == "validation" else {}
    whole = train if split == "train" else run.load(settings.data, split, **held_out)
    inputs = train.images
    order = torch.randperm(len(whole), generator=torch.Generator().manual_seed(0))
    images, labels = whole[order[: settings.train_samples]]
    return ((images - inputs.mean()) / inputs.std()).flatten(1), labels


def network(settings: Settings, inputs: Tensor, seed: int) -> nn.Sequential:
    """The ordinary network, or the extrinsic one with about as many parameters.

    With n = ``size`` + 1 coordinates it has LAYERS (n m + m + n) of them, and a read-out.
    """
    size, classes = inputs.shape[1], 4 if settings.data == "checkboard" else 10
    ordinary = mlp((size, *LAYERS * (HIDDEN[settings.data],), classes), seed=seed)
    if settings.network == "ordinary":
        return ordinary
    n, wanted = size + 1, sum(each.numel() for each in ordinary.parameters())
    filters = round((wanted - (n + 1) * classes - LAYERS * n) / (LAYERS * (n + 1)))
    return extrinsic(
        LAYERS,
        filters,
        weight=(n / (2 * filters)) ** 0.25,
        shift=settings.shift,
        seed=seed,
        size=size,
        classes=classes,
        grow=True,
    )


def learned(
    settings: Settings, data: tuple[Tensor, Tensor], seed: int, rate: float, weight: float
) -> nn.Sequential | None:
    """The trained network, or None if it diverged."""
    model = network(settings, data[0], seed)
    epochs = min(settings.epochs, EPOCHS[settings.data])
    with ExitStack() as stack:
        loss = functional.cross_entropy
        if weight:
            entropy = stack.enter_context(EntropyRegularizer(model))

            def loss(outputs: Tensor, labels: Tensor) -> Tensor:
                return functional.cross_entropy(outputs, labels) - weight * entropy.entropy

        try:
            train(
                model,
                *data,
                optimizer=make_optimizer("adam", model, rate),
                steps=epochs * steps_per_epoch(len(data[0]), settings.batch_size),
                batch_size=settings.batch_size,
                loss_function=loss,
                seed=seed,
            )
        except DivergenceError:
            return None
    return model


@torch.no_grad()
def joint_patterns(model: nn.Module, points: Tensor) -> int:
    """Distinct patterns of all ReLUs together, that is linear maps that the points use."""
    packed = []
    for batch in points.split(1000):
        with watch(model) as seen:
            model(batch)
        patterns = torch.cat([site.pre_activation for site in seen.sites.values()], 1)
        packed.append(pack(patterns))
    return count(torch.cat(packed), patterns.shape[1]).distinct
