"""Entropy as a regulariser beside batch normalisation and in its place (thesis A.1).

    relu-book run entropy_gradient/regulariser_tuning --scale desk
    relu-book promote entropy_gradient/regulariser_tuning --scale desk
    relu-book run entropy_gradient/regulariser --scale desk
    relu-book run entropy_gradient/regulariser_third --scale desk

The source says of its regulariser only that networks did not get better. Here a ConvNet of 8 layers
minimises the cross entropy less λ times the mean entropy of its seven ReLUs, each counted over the
batch. They are chosen on seeds and images of their own: one of six pairs of strength and rate with
the regulariser, one of six rates for batch normalisation alone. A network with neither shows what
the regulariser does to the entropy.
"""

from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from torch import Tensor, nn

from relu_book.experiments.entropy_gradient.raised import raised
from relu_book.experiments.layers import layout
from relu_book.experiments.trainings import (
    Images,
    Training,
    augmentation,
    images_for,
    optimizer_for,
    untrained,
)
from relu_book.patterns import count_patterns
from relu_book.records import load
from relu_book.runs import Run, experiment
from relu_book.training import (
    Checkpoint,
    accuracy,
    make_schedule,
)

CHECKPOINT_STEPS = 100
POINTS = 10  # of the curve of the loss
STRENGTHS, RATES = (0.1, 1.0, 10.0), (0.1, 0.03)
TUNING, TUNING_SEEDS = "entropy_gradient/regulariser_tuning", (100, 101, 102, 103, 104)


def _candidates(
    kind: str, batch_norm: bool, strengths: tuple[float, ...], rates: tuple[float, ...] = RATES
) -> dict[str, dict]:
    return {
        f"{kind}_{strength:g}_{rate:g}": {
            "batch_norm": batch_norm, "strength": strength, "learning_rate": rate,
        }
        for strength in strengths
        for rate in rates
    }  # fmt: skip


CANDIDATES = {
    # As many as with the regulariser.
    "batch_norm": _candidates("batch_norm", True, (0.0,), (*RATES, 0.05, 0.2, 0.3, 0.5)),
    "beside": _candidates("beside", True, STRENGTHS),
    "instead": _candidates("instead", False, STRENGTHS),
}
TRIED = {name: one for group in CANDIDATES.values() for name, one in group.items()}
# What differs is told by the first; "neither" trains at the rate of "instead", without its term.
KINDS = (*CANDIDATES, "neither")


@dataclass(frozen=True)
class Settings(Training):
    """What is trained, and how long.

    Attributes:
        setup: Names of what is trained; a job each.
        validation_images: Training images that are held out.
        test_images: How many test images are classified in the end.
        strength: λ, of the mean entropy of the layers in bits.
    """

    setup: str | tuple[str, ...] = KINDS
    network: str = "convnet"
    depth: int = 8
    width: int = 8
    size: int = 32
    train_images: int = 45_000
    validation_images: int = 5000
    test_images: int = 10_000
    measured_images: int = 512
    batch_size: int = 128
    learning_rate: float = 0.1
    schedule: str = "cosine"
    steps: int = 1760
    strength: float = 0.0
    seeds: tuple[int, ...] = tuple(range(10))


SCALES = {
    "smoke": Settings(
        data="digits",
        size=8,
        width=4,
        dtype="float64",
        train_images=320,
        validation_images=64,
        test_images=64,
        measured_images=64,
        batch_size=32,
        steps=20,
        seeds=(0,),
    ),
    "desk": Settings(),
}
_DEVIATIONS = (
    "the source names no network, data, strength or length: a ConvNet of 8 layers with 8 to 32 "
    "filters, 45,000 images of CIFAR-10 in batches of 128, momentum 0.9, weight decay 1e-4, cosine"
)


@experiment(
    scales={
        "smoke": replace(SCALES["smoke"], setup=tuple(TRIED)),
        "desk": replace(SCALES["desk"], setup=tuple(TRIED), seeds=TUNING_SEEDS),
    },
    expected={"smoke": "10 s on one core", "desk": "1.6 h on 2 cores, 90 networks of 1 to 3 min"},
    over=("setup",),
    deviations={"desk": f"5 epochs; {_DEVIATIONS}"},
)
def regulariser_tuning(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run entropy_gradient/regulariser_tuning --scale desk

    Expected result: a rate for batch normalisation and pairs of strength and rate for the
    regulariser, on seeds that ``regulariser`` has not; nothing is judged.

    The result is that of ``regularised``.
    """
    return regularised(replace(settings, **TRIED[settings.setup]), seed, run)


@experiment(
    scales=SCALES,
    expected={"smoke": "5 s on one core", "desk": "0.7 h on 2 cores, 40 networks of 1 to 4 min"},
    over=("setup",),
    deviations={"desk": f"5 epochs; {_DEVIATIONS}"},
)
def regulariser(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run entropy_gradient/regulariser --scale desk

    Expected result (thesis A.1): the regulariser in place of batch normalisation raises the entropy
    and does not make the network better.

    The result is that of ``regularised``, with the ``candidate`` that was taken.
    """
    candidate, changes = tuned(settings.setup, run)
    return regularised(replace(settings, **changes), seed, run).assign(candidate=candidate)


@experiment(
    scales={"smoke": replace(SCALES["smoke"], steps=10), "desk": Settings(steps=587)},
    expected={"smoke": "5 s on one core", "desk": "0.3 h on 2 cores, 40 networks of 1 min each"},
    over=("setup",),
    deviations={"desk": f"1.7 epochs, strengths and rates of 5; {_DEVIATIONS}"},
)
def regulariser_third(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run entropy_gradient/regulariser_third --scale desk

    Expected result: that of ``regulariser``, with whose seeds, strengths and rates it is trained;
    what this second length does not show as well is not refuted.

    The result is that of ``regulariser``.
    """
    return regulariser(settings, seed, run)


def tuned(kind: str, run: Run) -> tuple[str, dict]:
    """The name of the candidate that is best on the seeds of the tuning, and what it changes.

    Args:
        kind: One of ``KINDS``.
        run: Of the job; at the scale ``smoke`` the first candidate is taken.

    Raises:
        FileNotFoundError: The record is not there; the message has the command that makes it.
    """
    group = CANDIDATES["instead" if kind == "neither" else kind]
    name = next(iter(group)) if run.scale == "smoke" else best(load(TUNING, "desk"), tuple(group))
    return name, group[name] | ({"strength": 0.0} if kind == "neither" else {})


def best(record: xr.Dataset, candidates: tuple[str, ...]) -> str:
    """The candidate with the largest mean accuracy on held-out images, one of chance if diverged.

    Args:
        record: As ``regulariser_tuning`` measures it.
        candidates: Their names along ``setup``; of equal ones the first counts.

    Example:
        >>> values = {"validation_accuracy": (("setup", "seed"), [[50.0, 60], [70, np.nan]])}
        >>> best(xr.Dataset(values, {"setup": ["a", "b"]}), ("a", "b"))
        'a'
    """
    found = record["validation_accuracy"].sel(setup=list(candidates)).fillna(10.0).mean("seed")
    return str(found.idxmax("setup").item())


def regularised(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """Trains a network on cross entropy less ``strength`` times its entropy.

    Args:
        settings: Of one training.
        seed: Of weights, batches, flips and shifts.
        run: Of the job.

    Returns:
        ``validation_accuracy`` and ``test_accuracy`` in per cent, by layer the ``entropy`` (bits)
        and the number of ``distinct`` patterns in the end and ``start_entropy`` before, the mean
        ``loss`` (the term of the entropy included) in each of 10 parts, what ``layout`` gives, and
        ``trained``, the steps taken. After a divergence all that the end would tell is NaN.
    """
    images, held_out = _images(settings, run)
    model = untrained(settings, seed, images).to(run.device)
    optimizer = optimizer_for(model, settings)
    fixed = layout(model, images.measured, settings.depth - 1)
    start = _counted(model, images)["entropy"]
    losses, taken = raised(
        model,
        images.train,
        images.labels,
        run,
        strength=settings.strength,
        steps=settings.steps,
        optimizer=optimizer,
        schedule=make_schedule(settings.schedule, optimizer, settings.steps),
        batch_size=settings.batch_size,
        seed=seed,
        augment=augmentation(settings),
        checkpoint=Checkpoint(run.checkpoint, every=CHECKPOINT_STEPS),
        channels_last=True,
    )
    if taken == settings.steps:
        end = _counted(model, images)
        tests = held_out, (images.test, images.test_labels)
        accuracies = [100 * accuracy(model, *each) for each in tests]
    else:
        end = {name: np.full_like(start, np.nan) for name in ("entropy", "distinct")}
        accuracies = [np.nan, np.nan]
    return fixed.assign(
        {
            "start_entropy": ("layer", start),
            **{name: ("layer", values) for name, values in end.items()},
            "loss": ("point", [part.mean() for part in np.array_split(losses, POINTS)]),
            "validation_accuracy": accuracies[0],
            "test_accuracy": accuracies[1],
            "trained": float(taken),
        }
    ).astype(np.float32)


def _images(settings: Settings, run: Run) -> tuple[Images, tuple[Tensor, Tensor]]:
    """The images to learn from and to test on, and those held out, with their labels."""
    number = settings.train_images
    more = replace(settings, train_images=number + settings.validation_images)
    images = images_for(more, run.load, run.device, settings.test_images)
    held_out = images.train[number:], images.labels[number:]
    return replace(images, train=images.train[:number], labels=images.labels[:number]), held_out


def _counted(model: nn.Module, images: Images) -> dict[str, np.ndarray]:
    """Entropies in bits and distinct patterns by layer, on measured images."""
    counts = count_patterns(model, images.measured).values()
    return {
        name: np.array([getattr(each, name) for each in counts], np.float32)
        for name in ("entropy", "distinct")
    }
