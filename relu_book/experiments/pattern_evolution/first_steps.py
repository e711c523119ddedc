"""Figure 3.1 at the size of its images and networks (thesis 3.1.4; article 3.2).

    relu-book run pattern_evolution/first_steps --scale desk
    relu-book run pattern_evolution/first_steps_all_images --scale desk
    relu-book run pattern_evolution/first_steps_tiny_imagenet --scale desk

ToyNet-20, ConvNet-20 and ResNet-20 at full width learn from all 50,000 images of CIFAR-10 at
32 x 32 pixels, 3,000 steps as in the source, at a constant rate. The weights of about a dozen steps
are kept, and the patterns of all 19 layers are counted in each of these states: on nested numbers
of images with three seeds, and on all 50,000 with one. On Tiny ImageNet an image has four times as
many pixels, and a quarter of the images as many evaluations.
"""

import copy
from dataclasses import dataclass, replace

import xarray as xr

from relu_book.experiments.pattern_evolution.nested_counts import nested_counts
from relu_book.experiments.pattern_evolution.scales import NETWORKS, PAPER, SMOKE, UNNAMED
from relu_book.experiments.trainings import Training, images_for, trained
from relu_book.runs import Run, experiment
from relu_book.training import Probe

CHECKPOINT_STEPS = 500
_CHOSEN = f"batches of 128, a constant rate of 0.1, {UNNAMED}"
SPARSE = (0, 1, 2, 5, 10, 40, 100, 200, 500, 1000, 2000, 3000)
# More often at first and, later, with the step that follows, whose change is that of a single step;
# a hundred steps after some of them, and shortly before the end.
_PAIRS = (10, 20, 40, 50, 100, 150, 200, 500, 1000, 2000)
OFTEN = tuple(sorted({*range(6), *_PAIRS, *(step + 1 for step in _PAIRS), 1100, 2100, 2900, 3000}))


@dataclass(frozen=True)
class Settings(Training):
    """How long the networks are trained, and when and on how many images they are counted.

    Attributes:
        network: The three networks; a job each.
        counted: Numbers of images that are counted, each holding those before.
        measured: The steps after which patterns are counted.
    """

    network: tuple[str, ...] = NETWORKS
    counted: tuple[int, ...] = (2560, 5120, 10_240)
    measured: tuple[int, ...] = OFTEN


_SIZE = {**PAPER, "measured_images": 10_240, "steps": 3000}
SCALES = {
    "smoke": Settings(
        **SMOKE,
        train_images=600,
        measured_images=128,
        seeds=(0,),
        depth=8,
        steps=6,
        counted=(64, 128),
        measured=(0, 1, 2, 6),
    ),
    "desk": Settings(**_SIZE, seeds=(0, 1, 2)),
}


@experiment(
    scales=SCALES,
    expected={"smoke": "3 s on one core", "desk": "2 h on 2 cores, 9 networks of 25 min each"},
    over=("network",),
    deviations={"desk": f"10,240 of 50,000 images counted, at 30 of 3,000 steps; {_CHOSEN}"},
)
def first_steps(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run pattern_evolution/first_steps --scale desk

    Expected time: smoke (scanned digits) 3 s on one core, desk (CIFAR-10 at 32 x 32 pixels, three
    seeds, 10,240 images counted) 2 h on 2 cores. Expected result (thesis 3.1.4): patterns get fewer
    at first, then more; they change most in the first steps, and least in ResNet.

    The result has what ``nested_counts`` gives, and ``loss`` by update.
    """
    images = images_for(settings, run.load, run.device)
    states = Probe(lambda step, model: dict(model.state_dict()), steps=settings.measured)
    first_part = copy.copy(run)
    first_part.progress = lambda done, total: run.progress(done, 2 * total)
    model, history = trained(
        settings, seed, images, first_part, probes=[states], checkpoint_steps=CHECKPOINT_STEPS
    )
    found = nested_counts(
        model,
        states.results,
        images.measured,
        settings.counted,
        settings.depth - 1,
        kept=run.folder / "checkpoint_counts",
        progress=lambda done, total: run.progress(total + done, 2 * total),
    )
    return found.assign(loss=("update", history.loss.astype("float32")))


_ALL_IMAGES = replace(
    SCALES["desk"],
    seeds=(0,),
    measured_images=50_000,
    counted=(10_240, 50_000),
    measured=SPARSE,
)


@experiment(
    scales={"smoke": replace(SCALES["smoke"], measured=(0, 6)), "desk": _ALL_IMAGES},
    expected={"smoke": "3 s on one core", "desk": "1.5 h on 2 cores, 3 networks of 50 min each"},
    over=("network",),
    deviations={"desk": f"counted at 12 of 3,000 steps; {_CHOSEN}"},
)
def first_steps_all_images(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run pattern_evolution/first_steps_all_images --scale desk

    Expected time: smoke (scanned digits) 3 s on one core, desk (CIFAR-10 at 32 x 32 pixels, one
    seed, all 50,000 images counted) 1.5 h on 2 cores with 6 GB for each of two networks. Expected
    result (thesis 3.1.4): up to 41 million patterns in a layer of ToyNet.

    The result is that of ``first_steps``.
    """
    return first_steps(settings, seed, run)


_TINY_IMAGENET = replace(
    SCALES["desk"],
    seeds=(0,),
    data="tiny_imagenet",
    size=64,
    train_images=8000,
    measured_images=2560,
    counted=(640, 1280, 2560),
    steps=1000,
    measured=tuple(step for step in OFTEN if step <= 1000),
)


@experiment(
    scales={"smoke": SCALES["smoke"], "desk": _TINY_IMAGENET},
    expected={"smoke": "3 s on one core", "desk": "1 h on 2 cores, 3 networks of 40 min each"},
    over=("network",),
    deviations={
        "desk": "8,000 of 100,000 images, 2,560 of them counted, at 23 steps; 1,000 of 3,000 steps "
        f"trained; {_CHOSEN}"
    },
)
def first_steps_tiny_imagenet(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run pattern_evolution/first_steps_tiny_imagenet --scale desk

    Expected time: smoke (scanned digits) 3 s on one core, desk (8,000 images of Tiny ImageNet at 64
    x 64 pixels, one seed, 2,560 images counted) 1 h on 2 cores. Expected result (thesis 3.1.4):
    what CIFAR-10 shows.

    The result is that of ``first_steps``.
    """
    return first_steps(settings, seed, run)
