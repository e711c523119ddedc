"""One repeat of the pruning paper's experiment: a network, its rounds, and how alike they are.

All repeats start from the same unpruned network, whose seed is 0; the seed of a repeat decides the
order, augmentation and dropout of every training after the rewinding (5.1: "each time starting from
the same unpruned network, but using a different seed for the optimizer"). Beside the rounds stand
the control, the same training again from the same epoch without pruning, and the last round with
its dense layer held at the rewound values.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
import xarray as xr
from torch import Tensor, nn
from torch.nn.utils import prune

from relu_book.experiments.pruning.epochs import Schooling, epochs_of
from relu_book.experiments.pruning.layers import DENSE, compared, dimensions
from relu_book.experiments.pruning.problems import classes_of, with_classes
from relu_book.models import cifar_blocks
from relu_book.pruning import Round, iterative_magnitude_pruning
from relu_book.runs import Run
from relu_book.training import evaluate


@dataclass(frozen=True)
class Pruning(Schooling):
    """What is trained, pruned and compared.

    Attributes:
        data: name of the data set.
        network: row of table 2, by its number of classes.
        problem: number of classes, the first ones of table 1; of another data set its first ones.
        width: factor for the filters of all hidden layers.
        images: how many training images there are at most, of all classes; None takes all.
        rounds: iterations of pruning.
        rate_conv: share of the convolutions' parameters that goes in each.
        rate_dense: share of the dense layer's.
        rewind_epoch: where each starts again.
        dropout: of the dense layer.
        validation: share of the training images held out for early stopping; 0 stops never.
        compared_images: training images on which layers are compared.
        dtype: of weights and images.
        seeds: of the repeats.
    """

    epochs: int = 50
    data: str = "cifar10"
    network: int = 2
    problem: int | tuple[int, ...] = 2
    width: float = 1.0
    images: int | None = None
    rounds: int = 20
    rate_conv: float = 0.1
    rate_dense: float = 0.2
    rewind_epoch: int = 3
    dropout: float = 0.5
    validation: float = 0.0
    compared_images: int = 5000
    dtype: str = "float32"
    seeds: tuple[int, ...] = (1, 2, 3, 4, 5)


UNPRUNED_SEED = 0
SMOKE = {
    "epochs": 2,
    "data": "digits",
    "network": 4,
    "width": 0.25,
    "images": 96,
    "rounds": 2,
    "rewind_epoch": 1,
    "batch_size": 32,
    "padding": 1,
    "compared_images": 80,
    "dtype": "float64",
    "seeds": (1, 2),
}
CHOICES = (
    "5 repeats instead of 20; not printed and chosen: dropout 0.5, crops after padding by 4, "
    "rotations up to 10 degrees, translations up to a tenth, layers read behind their activation, "
    "the optimizer anew after each rewinding"
)


@dataclass(frozen=True)
class Pictures:
    """Standardised images of a problem: (images, labels) of each part, and those compared on."""

    train: tuple[Tensor, Tensor]
    validation: tuple[Tensor, Tensor] | None
    test: tuple[Tensor, Tensor]
    compared: Tensor
    classes: int


def repeat(settings: Pruning, seed: int, run: Run) -> xr.Dataset:
    """Prunes round by round and compares each with the unpruned network.

    Args:
        settings: with a single problem.
        seed: of the trainings after the rewinding.
        run: that of the job.

    Returns:
        ``unpruned_accuracy`` and ``control_accuracy`` in per cent of the test images;
        ``accuracy``, ``density_conv``, ``density_dense`` and ``density_all`` by ``round``;
        ``similarity`` and ``chance`` by ``round`` and ``layer``; ``control`` and
        ``control_chance`` by layer; ``frozen`` and ``frozen_chance``, of the dense layer at the
        last round with that layer untrained; ``dimension`` by layer, of the unpruned network.
    """
    pictures = pictures_of(settings, run)
    total, done = (settings.rounds + 3) * settings.epochs, 0

    def tell(epoch: int) -> None:
        run.progress(done * settings.epochs + epoch, total)

    how = (settings, *pictures.train)
    plain = epochs_of(*how, UNPRUNED_SEED, pictures.validation, tell)
    again = epochs_of(*how, seed, pictures.validation, tell)

    def train(model: nn.Module, first_epoch: int) -> Iterator[int]:
        return (again if prune.is_pruned(model) else plain)(model, first_epoch)

    def accuracy(model: nn.Module) -> float:
        return 100 * evaluate(model, *pictures.test).accuracy

    unpruned, found, each = network(settings, pictures, run), [], None
    for each in iterative_magnitude_pruning(
        network(settings, pictures, run),
        train,
        rounds=settings.rounds,
        rates={"conv": settings.rate_conv, "fc": settings.rate_dense},
        rewind_epoch=settings.rewind_epoch,
        checkpoint=run.checkpoint,
    ):
        done = each.number + 1
        pruned = network(settings, pictures, run, each.state)
        unpruned.load_state_dict(each.unpruned)
        beside = compared(unpruned, pruned, pictures.compared, seed)
        found.append(beside.assign(accuracy=accuracy(pruned), **shares(each)))
        tell(0)
    control = network(settings, pictures, run, each.start)
    list(again(control, settings.rewind_epoch))
    done += 1
    frozen = held(network(settings, pictures, run, each.start), each)
    list(again(frozen, settings.rewind_epoch))
    beside = compared(unpruned, control, pictures.compared, seed)
    at_dense = compared(unpruned, frozen, pictures.compared, seed).sel(layer=DENSE, drop=True)
    numbers = {"unpruned_accuracy": accuracy(unpruned), "control_accuracy": accuracy(control)}
    rounds = xr.concat(found, "round").assign_coords(round=np.arange(1, settings.rounds + 1))
    return rounds.assign(
        control=beside["similarity"],
        control_chance=beside["chance"],
        frozen=at_dense["similarity"],
        frozen_chance=at_dense["chance"],
        dimension=dimensions(unpruned, pictures.compared, settings.compared_images, seed),
        **numbers,
    ).astype(np.float32)


def shares(each: Round) -> dict[str, float]:
    """Of a round, what is left of both pools and of all parameters."""
    masked = sum(mask.numel() - int(mask.sum()) for mask in each.masks.values())
    buffers = ("running_mean", "running_var", "num_batches_tracked")
    learned = sum(v.numel() for name, v in each.state.items() if not name.endswith(buffers))
    return {
        "density_conv": each.densities["conv"],
        "density_dense": each.densities["fc"],
        "density_all": 1 - masked / learned,
    }


def held(model: nn.Module, each: Round) -> nn.Module:
    """The network with a round's masks, whose dense layer is not trained."""
    for name, mask in each.masks.items():
        layer, _, own = name.rpartition(".")
        prune.custom_from_mask(model.get_submodule(layer), own, mask)
    for parameter in model.classifier[:-1].parameters():
        parameter.requires_grad_(False)
    return model


def network(
    settings: Pruning, pictures: Pictures, run: Run, state: dict[str, Tensor] | None = None
) -> nn.Module:
    """The network before any training, or in a given state, on the device of the run."""
    images = pictures.train[0]
    model = cifar_blocks(
        settings.network,
        classes=pictures.classes,
        width=settings.width,
        in_channels=images.shape[1],
        size=images.shape[2],
        dropout=settings.dropout,
        seed=UNPRUNED_SEED,
        dtype=images.dtype,
    ).to(run.device)
    if state is not None:
        model.load_state_dict(state)
    return model


def pictures_of(settings: Pruning, run: Run) -> Pictures:
    """Loads and standardises the images of a problem; all repeats see the same."""
    load: Callable = run.load
    whole = load(settings.data, "train", validation=settings.validation)
    names = classes_of(settings.problem)
    names = names if set(names) <= set(whole.classes) else whole.classes[: settings.problem]
    train = with_classes(whole, names)
    mean = train.images.mean((0, 2, 3), keepdim=True)
    deviation = train.images.std((0, 2, 3), keepdim=True)

    def part(data) -> tuple[Tensor, Tensor]:
        images = ((data.images - mean) / deviation).to(getattr(torch, settings.dtype))
        return images[: settings.images], data.labels[: settings.images]

    validation = None
    if settings.validation:
        given = load(settings.data, "validation", validation=settings.validation)
        validation = part(with_classes(given, names))
    images, labels = part(train)
    test = part(with_classes(load(settings.data, "test"), names))
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    chosen = images[order[: settings.compared_images]].to(run.device)
    return Pictures((images, labels), validation, test, chosen, len(names))


def scales_of(smoke: dict | None = None, **desk: object) -> dict[str, Pruning]:
    """The settings of both scales."""
    return {"smoke": replace(Pruning(), **SMOKE | (smoke or {})), "desk": Pruning(**desk)}
