"""One training as the chapters do it: settings, images, network, optimiser, and the way through.

Networks learn from images that are shifted and scaled by mean and standard deviation of the
training images, flipped and shifted at random, with stochastic gradient descent. The thesis trains
networks of 20 layers with the settings that suit ResNet-20 best, but names none of them (3.1.3).
Ours: momentum 0.9, weight decay 1e-4 and a learning rate of 0.1 for batches of 128, 0.05 for 64.
"""

import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch
import xarray as xr
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from relu_book import datasets
from relu_book.experiments.networks import MAKERS
from relu_book.models import fixup_groups
from relu_book.runs import Run
from relu_book.training import (
    SGDW,
    WITHOUT_SCHEDULE,
    Augment,
    Checkpoint,
    History,
    make_optimizer,
    make_schedule,
    steps_per_epoch,
    train,
)

SIZED = ("vgg", "dense", "two_convolutions")  # their makers ask for the size of images
_ACTIVATIONS = {"relu": nn.ReLU, "prelu": nn.PReLU}


@dataclass(frozen=True)
class Training:
    """Everything that decides a training but its seed; each experiment adds its own.

    A field that a later experiment needs is added here with the default that all trainings before
    it had: their records stay valid.

    Attributes:
        data: Name of the data set.
        size: Height and width of the images, shrunk by averaging where the data's own are larger.
        train_images: How many images are trained on.
        measured_images: How many of these are measured, unaugmented.
        batch_size: Images an update; also those that share the statistics of batch normalisation
            while patterns are counted, as in thesis 3.1.3.
        learning_rate: The largest one.
        momentum: Of the updates.
        weight_decay: Of all parameters.
        width: Filters of ResNet's first stage; ToyNet has twice as many everywhere.
        dtype: Of weights and images.
        seeds: Of weights and batches.
        network: A name in ``relu_book.experiments.networks.MAKERS``; an experiment that trains
            several holds a tuple, a job each.
        depth: Layers with weights.
        activation: ``relu`` or ``prelu``.
        schedule: Of the learning rate, as ``relu_book.training.make_schedule`` names it, or an
            optimizer that needs none.
        steps: Updates.
        scheduled_steps: Updates of the whole schedule, where only its beginning is trained.
        batch_norm: Whether networks that can do without have it.
        decoupled: Whether the weight decay is that of SGDW, the same share a step at any rate.
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
    network: str | tuple[str, ...] = "resnet"
    depth: int = 20
    activation: str = "relu"
    schedule: str = "constant"
    steps: int = 1000
    scheduled_steps: int | None = None
    batch_norm: bool = True
    decoupled: bool = False

    @property
    def epoch(self) -> int:
        """Updates of one epoch."""
        return steps_per_epoch(self.train_images, self.batch_size)


@dataclass(frozen=True)
class Images:
    """Images that the networks see.

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


def untrained(settings: Training, seed: int, images: Images) -> nn.Module:
    """A network with the weights of a seed; ResNet and ConvNet start with equal ones."""
    return MAKERS[settings.network](
        settings.depth,
        width=settings.width,
        activation=_ACTIVATIONS[settings.activation],
        in_channels=images.train.shape[1],
        classes=images.classes,
        seed=seed,
        dtype=getattr(torch, settings.dtype),
        **({} if settings.batch_norm else {"batch_norm": False}),
        **({"size": settings.size} if settings.network in SIZED else {}),
    )


def optimizer_for(model: nn.Module, settings: Training) -> Optimizer:
    """Stochastic gradient descent; FixUp's biases and scales learn at a tenth of the rate.

    Where the settings name in place of a schedule an optimizer that needs none, that one.
    """
    rate, decay = settings.learning_rate, settings.weight_decay
    if settings.schedule in WITHOUT_SCHEDULE:
        return make_optimizer(settings.schedule, model, rate, weight_decay=decay)
    return (SGDW if settings.decoupled else torch.optim.SGD)(
        fixup_groups(model, rate) if settings.network == "fixup" else model.parameters(),
        lr=rate,
        momentum=settings.momentum,
        weight_decay=decay,
    )


def trained(
    settings: Training,
    seed: int,
    images: Images,
    run: Run,
    *,
    probes: Sequence = (),
    around: Callable[[nn.Module, Optimizer], AbstractContextManager] | None = None,
    augment: Callable[[Tensor, torch.Generator], Tensor] | None = None,
    schedule: Callable[[nn.Module, Optimizer], LRScheduler] | None = None,
    checkpoint_steps: int | None = None,
) -> tuple[nn.Module, History]:
    """Makes a network and trains it on the device of a run.

    Args:
        settings: All of the training, with a single network.
        seed: Of the weights, the order of the images and their augmentation.
        images: What it is trained on.
        run: Whose checkpoint and progress these are.
        probes: As for ``relu_book.training.train``.
        around: Called with network and optimizer; makes a further probe, a context manager that is
            entered before the training and left after it.
        augment: Instead of the usual flips and shifts.
        schedule: Makes the schedule of network and optimizer, instead of the one that the settings
            name.
        checkpoint_steps: Updates between two checkpoints; None keeps none.

    Returns:
        The network, in training mode, and what ``relu_book.training.train`` returned.
    """
    model = untrained(settings, seed, images).to(run.device)
    optimizer, every = optimizer_for(model, settings), checkpoint_steps
    if schedule is None:
        total = settings.scheduled_steps or settings.steps
        name = "constant" if settings.schedule in WITHOUT_SCHEDULE else settings.schedule
        scheduler = make_schedule(name, optimizer, total)
    else:
        scheduler = schedule(model, optimizer)
    with nullcontext() if around is None else around(model, optimizer) as surrounding:
        history = train(
            model,
            images.train,
            images.labels,
            optimizer=optimizer,
            schedule=scheduler,
            steps=settings.steps,
            batch_size=settings.batch_size,
            seed=seed,
            augment=augment or augmentation(settings),
            probes=probes if around is None else [*probes, surrounding],
            checkpoint=None if every is None else Checkpoint(run.checkpoint, every=every),
            progress=run.progress,
            channels_last=True,
        )
    return model, history


def augmentation(settings: Training) -> Augment:
    """Flips, and shifts by up to an eighth of the image: 4 of 32 pixels, as is usual."""
    return Augment(flip=True, padding=settings.size // 8)


def settings_of(record: xr.Dataset) -> dict:
    """The settings of a record, by name."""
    return json.loads(record.attrs["settings"])


def epoch_of(record: xr.Dataset) -> int:
    """Updates of an epoch of a recorded training.

    Args:
        record: A record whose settings are those of a ``Training``.
    """
    settings = settings_of(record)
    return steps_per_epoch(settings["train_images"], settings["batch_size"])


def by_size(record: xr.Dataset) -> xr.Dataset:
    """A record with a first dimension ``size``: how many images were counted, ascending.

    A record that counted several numbers of images, the smaller ones among the larger, has them
    along ``images``; one that does not say so counted as many as its settings name.

    Args:
        record: A record whose settings are those of a ``Training``.
    """
    if "images" in record.dims:
        return record.rename(images="size").transpose("size", ...)
    return record.expand_dims(size=[settings_of(record)["measured_images"]])


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
