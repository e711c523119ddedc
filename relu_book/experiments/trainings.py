"""What the trainings of the chapter share: networks, images, optimiser (thesis 3.1.3).

The source trains networks of 20 layers on CIFAR-10 and Tiny ImageNet with the settings that suit
ResNet-20 best, but names none of them. Ours: stochastic gradient descent with momentum 0.9, weight
decay 1e-4 and a learning rate of 0.1 for batches of 128 (0.05 for 64), images shifted and scaled by
mean and standard deviation of the training images, flipped and shifted at random.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
import xarray as xr
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import Optimizer

from relu_book import datasets
from relu_book.models import cifar_resnet, convnet, fixup_groups, fixup_resnet, pyramidnet, toynet
from relu_book.runs.job import Run
from relu_book.training import (
    Augment,
    Checkpoint,
    History,
    make_schedule,
    steps_per_epoch,
    train,
)

NETWORKS = ("toynet", "convnet", "resnet")
# What the source changes for Tiny ImageNet: larger images and more of them, fewer epochs.
TINY_IMAGENET = {"size": 64, "train_images": 100_000, "measured_images": 100_000}
TINY_IMAGENET_STEPS = 80 * steps_per_epoch(100_000, 128)
_MAKERS = {
    "toynet": toynet,
    "convnet": convnet,
    "resnet": cifar_resnet,
    "pyramidnet": pyramidnet,
    "fixup": fixup_resnet,
}
_ACTIVATIONS = {"relu": nn.ReLU, "prelu": nn.PReLU}


@dataclass(frozen=True)
class Training:
    """Images, batches and optimiser; each experiment adds its own.

    Attributes:
        data: Name of the data set.
        size: Height and width of the images, shrunk by averaging.
        train_images: How many images are trained on.
        measured_images: How many of these are counted, unaugmented.
        batch_size: Images an update; also those that share the statistics of batch normalisation
            while patterns are counted, as in thesis 3.1.3.
        learning_rate: The largest one.
        momentum: Of the updates.
        weight_decay: Of all parameters.
        width: Filters of ResNet's first stage; ToyNet has twice as many everywhere.
        dtype: Of weights and images.
        seeds: Of weights and batches.
    """

    data: str = "cifar10"
    size: int = 16
    train_images: int = 5000
    measured_images: int = 256
    batch_size: int = 64
    learning_rate: float = 0.05
    momentum: float = 0.9
    weight_decay: float = 1e-4
    width: int = 16
    dtype: str = "float32"
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)


@dataclass(frozen=True)
class Images:
    """Images that networks of the chapter see.

    Attributes:
        train: Shape (n, c, size, size), standardised.
        labels: Their classes.
        measured: The first of them, whose patterns are counted, in batches.
        test: Test images, standardised alike.
        test_labels: Their classes.
        classes: Number of classes.
    """

    train: Tensor
    labels: Tensor
    measured: list[Tensor]
    test: Tensor
    test_labels: Tensor
    classes: int


def images_for(
    settings: Training,
    load: Callable[..., datasets.Dataset],
    device: torch.device,
    test_images: int = 0,
) -> Images:
    """Loads, draws, shrinks and standardises; all seeds see the same images.

    Args:
        settings: Which images, and how many.
        load: ``datasets.load``, or that of a run.
        device: Where the measured images are kept.
        test_images: How many test images to draw.

    Raises:
        ValueError: The data set has fewer images than are asked for.
    """
    train, labels, classes = _drawn(settings, load, "train", settings.train_images)
    mean, deviation = train.mean((0, 2, 3), keepdim=True), train.std((0, 2, 3), keepdim=True)
    dtype = getattr(torch, settings.dtype)

    def standardised(images: Tensor) -> Tensor:
        return ((images - mean) / deviation).to(dtype)

    test, test_labels = train[:0], labels[:0]
    if test_images:
        test, test_labels, _ = _drawn(settings, load, "test", test_images)
    train = standardised(train)
    measured = train[: settings.measured_images].to(device).split(settings.batch_size)
    return Images(train, labels, list(measured), standardised(test), test_labels, classes)


def untrained(
    name: str, settings: Training, seed: int, images: Images, depth: int = 20, prelu: bool = False
) -> nn.Module:
    """A network with the weights of a seed; ResNet and ConvNet start with equal ones."""
    return _MAKERS[name](
        depth,
        width=2 * settings.width if name == "toynet" else settings.width,
        activation=_ACTIVATIONS["prelu" if prelu else "relu"],
        in_channels=images.train.shape[1],
        classes=images.classes,
        seed=seed,
        dtype=getattr(torch, settings.dtype),
    )


def optimizer_for(name: str, model: nn.Module, settings: Training) -> Optimizer:
    """Stochastic gradient descent; FixUp's biases and scales learn at a tenth of the rate."""
    rate = settings.learning_rate
    return torch.optim.SGD(
        fixup_groups(model, rate) if name == "fixup" else model.parameters(),
        lr=rate,
        momentum=settings.momentum,
        weight_decay=settings.weight_decay,
    )


def trained(
    name: str,
    model: nn.Module,
    settings: Training,
    seed: int,
    images: Images,
    run: Run,
    *,
    probes: Sequence = (),
    schedule: str = "constant",
    checkpoint_steps: int | None = None,
    augment: Callable[[Tensor, torch.Generator], Tensor] | None = None,
) -> History:
    """Trains a network as the chapter does, for ``settings.steps`` updates, in place.

    Args:
        name: Of the network.
        model: The network.
        settings: Batches, optimiser and, beside those of every training, ``steps``.
        seed: Of the order of the images and their augmentation.
        images: What it is trained on.
        run: Whose checkpoint and progress these are.
        probes: As for ``relu_book.training.train``.
        schedule: Of the learning rate, by name.
        checkpoint_steps: Updates between two checkpoints; None keeps none.
        augment: Instead of the usual flips and shifts.
    """
    optimizer = optimizer_for(name, model, settings)
    every = checkpoint_steps
    return train(
        model,
        images.train,
        images.labels,
        optimizer=optimizer,
        schedule=make_schedule(schedule, optimizer, settings.steps),
        steps=settings.steps,
        batch_size=settings.batch_size,
        seed=seed,
        augment=augment or augmentation(settings),
        probes=probes,
        checkpoint=None if every is None else Checkpoint(run.checkpoint, every=every),
        progress=run.progress,
        channels_last=True,
    )


def augmentation(settings: Training) -> Augment:
    """Flips, and shifts by up to an eighth of the image: 4 of 32 pixels, as is usual."""
    return Augment(flip=True, padding=settings.size // 8)


def scales_on(data: str, scales: dict, **paper: Any) -> dict:
    """The settings of each scale on a data set; the smoke test stays with its digits.

    Args:
        data: Name of the data set.
        scales: Settings by scale.
        **paper: What else differs at the scale ``paper``.
    """
    return {
        "smoke": scales["smoke"],
        "desk": replace(scales["desk"], data=data),
        "paper": replace(scales["paper"], data=data, **paper),
    }


def epoch_of(record: xr.Dataset) -> int:
    """Updates of an epoch of a recorded training.

    Args:
        record: A record whose settings are those of a ``Training``.
    """
    settings = json.loads(record.attrs["settings"])
    return steps_per_epoch(settings["train_images"], settings["batch_size"])


def shrunk(images: Tensor, size: int) -> Tensor:
    """Images at ``size`` x ``size`` pixels: zeros around them up to a multiple, then averages.

    Raises:
        ValueError: The images are smaller than that.

    Example:
        >>> shrunk(torch.ones(1, 1, 28, 28), 16)[0, 0, :2, :3]
        tensor([[0., 0., 0.],
                [0., 1., 1.]])
    """
    height, width = images.shape[2:]
    if min(height, width) < size:
        raise ValueError(f"images of {height} x {width} pixels cannot be shrunk to {size}")
    factor = -(-max(height, width) // size)
    rows, columns = factor * size - height, factor * size - width
    around = (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2)
    return F.avg_pool2d(F.pad(images, around), factor) if factor > 1 else images


def _drawn(
    settings: Training, load: Callable[..., datasets.Dataset], split: str, number: int
) -> tuple[Tensor, Tensor, int]:
    """The first images of a fixed random order, shrunk, with their labels."""
    data = (
        load(settings.data, split, validation=0) if split == "train" else load(settings.data, split)
    )
    if number > len(data):
        raise ValueError(f"{settings.data} has {len(data)} {split} images, not {number}")
    order = torch.randperm(len(data), generator=torch.Generator().manual_seed(0))[:number]
    images, labels = data[order]
    return shrunk(images, settings.size), labels, len(data.classes)
