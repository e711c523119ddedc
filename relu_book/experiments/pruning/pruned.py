"""One round of the pruning paper's experiment: its network, and how like the unpruned one it is.

All repeats start from the same unpruned network, whose seed is 0; the seed of a repeat decides the
order, augmentation and dropout of every training after the rewinding (5.1: "each time starting from
the same unpruned network, but using a different seed for the optimizer"). Beside the rounds stand
the control, the same training again from the same epoch without pruning, and the last round with
its dense layer held at the rewound values.

A job is one round of one repeat, so that none takes long and each that is done can be committed. It
goes on from the round before, whose network lies in the folder that the jobs of a run share. Where
that is gone, as on another machine, the trainings before are done again: bit by bit the same on the
same processor and torch, else another course of the same repeat.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
import xarray as xr
from filelock import FileLock
from torch import Tensor, nn
from torch.nn.utils import prune

from relu_book.experiments.pruning.epochs import Schooling, epochs_of
from relu_book.experiments.pruning.layers import DENSE, compared, dimensions
from relu_book.experiments.pruning.problems import classes_of, with_classes
from relu_book.models import cifar_blocks
from relu_book.pruning import Round, iterative_magnitude_pruning
from relu_book.runs import Run
from relu_book.runs.settings import settings_hash
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
        round: those iterations, each a job, and at last 0, the control.
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
    round: int | tuple[int, ...] = (*range(1, 21), 0)
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


def one_round(settings: Pruning, seed: int, run: Run) -> xr.Dataset:
    """Prunes up to a round, from the last that is there, and compares with the unpruned network.

    Args:
        settings: with a single problem and round.
        seed: of the trainings after the rewinding.
        run: that of the job.

    Returns:
        ``accuracy`` in per cent of the test images, ``density_conv``, ``density_dense`` and
        ``density_all``; ``similarity`` and ``chance`` by ``layer``. Of the control also
        ``unpruned_accuracy`` and ``dimension`` by layer, of the unpruned network; of the last round
        ``frozen`` and ``frozen_chance``, of the dense layer with that layer untrained; else NaN.
    """
    pictures = pictures_of(settings, run)
    number, rewind = settings.round, settings.rewind_epoch
    last = number == settings.rounds
    finished, trainings = 0, 1 + (number == 1) + last

    def tell(_: int) -> None:
        nonlocal finished
        finished += 1
        run.progress(finished, trainings * settings.epochs)

    how = (settings, *pictures.train)
    plain = epochs_of(*how, UNPRUNED_SEED, pictures.validation, tell)
    again = epochs_of(*how, seed, pictures.validation, tell)

    def train(model: nn.Module, first_epoch: int) -> Iterator[int]:
        return (again if prune.is_pruned(model) else plain)(model, first_epoch)

    def measured(model: nn.Module) -> xr.Dataset:
        beside = compared(unpruned, model, pictures.compared, seed)
        return beside.assign(accuracy=100 * evaluate(model, *pictures.test).accuracy)

    before = run.shared(f"{settings_hash('', replace(settings, round=0))[:12]}-seed={seed}")
    with FileLock(before / "lock"):
        for each in iterative_magnitude_pruning(  # noqa: B007
            network(settings, pictures, run),
            train,
            rounds=max(number, 1),  # the control starts where the first round does
            rates={"conv": settings.rate_conv, "fc": settings.rate_dense},
            rewind_epoch=rewind,
            checkpoint=before / "checkpoint",
        ):
            pass
    unpruned = network(settings, pictures, run, each.unpruned)
    if number:
        found = measured(network(settings, pictures, run, each.state)).assign(shares(each))
    else:
        control = network(settings, pictures, run, each.start)
        list(again(control, rewind))
        found = measured(control).assign(dict.fromkeys(shares(each), 1.0))
    nothing = xr.full_like(found["similarity"], np.nan)
    found = found.assign(
        unpruned_accuracy=np.nan, dimension=nothing, frozen=np.nan, frozen_chance=np.nan
    )
    if not number:
        dimension = dimensions(unpruned, pictures.compared, settings.compared_images, seed)
        found["unpruned_accuracy"] = 100 * evaluate(unpruned, *pictures.test).accuracy
        found["dimension"] = dimension
    if last:
        frozen = held(network(settings, pictures, run, each.start), each)
        list(again(frozen, rewind))
        dense = compared(unpruned, frozen, pictures.compared, seed).sel(layer=DENSE, drop=True)
        found = found.assign(frozen=dense["similarity"], frozen_chance=dense["chance"])
    return found.astype(np.float32)


def by_round(results: xr.Dataset) -> xr.Dataset:
    """The record of all rounds: what is said once a repeat stands beside them.

    Args:
        results: what ``one_round`` gives, by ``round`` and ``seed``, and perhaps ``problem``.

    Returns:
        ``accuracy`` and the densities by ``seed`` and ``round`` (from 1 on), ``similarity`` and
        ``chance`` by ``layer``, too; ``unpruned_accuracy``, ``control_accuracy``, ``frozen`` and
        ``frozen_chance`` by seed; ``control``, ``control_chance`` and ``dimension`` by layer, too.
    """
    once = ["unpruned_accuracy", "dimension", "frozen", "frozen_chance"]
    rounds = results.drop_vars(once).sel(round=results["round"] > 0).sortby("round")
    control = results.sel(round=0, drop=True)
    last = results.sel(round=int(results["round"].max()), drop=True)
    made = rounds.assign(
        unpruned_accuracy=control["unpruned_accuracy"],
        control_accuracy=control["accuracy"],
        control=control["similarity"],
        control_chance=control["chance"],
        frozen=last["frozen"],
        frozen_chance=last["frozen_chance"],
        dimension=control["dimension"],
    )
    return made.transpose("problem", "seed", "round", "layer", missing_dims="ignore")


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
    """The settings of both scales, with all rounds."""
    scales = {"smoke": replace(Pruning(), **SMOKE | (smoke or {})), "desk": Pruning(**desk)}
    return {
        name: replace(one, round=(*range(1, one.rounds + 1), 0)) for name, one in scales.items()
    }
