"""ResNet-56 under two schedules (thesis 3.2.3, figures 3.11 to 3.14; supplement C, figure 4).

    relu-book run sensitivity/peaks --scale desk
    relu-book run sensitivity/profiles --scale desk
    relu-book run sensitivity/profiles_third --scale desk

The source trains ResNet-56 on CIFAR-10 with step decay for 200 epochs and with OneCycle for 50,
with momentum and weight decay whose values it does not print. Which schedule is hotter hangs on
their largest rates, so both are chosen among six, on images that no training of a record sees.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from relu_book.experiments.sensitivity.normality import before_training
from relu_book.experiments.sensitivity.sweeping import DEVIATIONS, SMOKE, Sweeping, a_third
from relu_book.experiments.sensitivity.sweeps import swept
from relu_book.experiments.trainings import images_for, trained
from relu_book.runs import Run, experiment
from relu_book.training import Augment, DivergenceError, accuracy

TRIED = (0.0125, 0.025, 0.05, 0.1, 0.2, 0.4)
# The best of them in the record ``peaks``; their reading says if it is another.
PEAKS = {"one_cycle": 0.2, "step_decay": 0.1}
SETUPS = {name: {"schedule": name, "learning_rate": rate} for name, rate in PEAKS.items()}


@dataclass(frozen=True)
class Settings(Sweeping):
    """What is trained, and in which states it is swept.

    Attributes:
        one_cycle_share: Steps of OneCycle over those of step decay.
    """

    setup: tuple[str, ...] = tuple(SETUPS)
    measured_images: int = 1024
    sweep_images: int = 256
    depth: int = 56
    momentum: float = 0.9
    weight_decay: float = 5e-4
    steps: int = 2000
    one_cycle_share: float = 1.0

    def of(self, changes: Mapping[str, object]) -> Sweeping:
        """As ``Sweeping.of``, OneCycle being shorter."""
        one = super().of(changes)
        if one.schedule != "one_cycle":
            return one
        return replace(one, steps=round(one.steps * self.one_cycle_share))


SCALES = {
    "smoke": Settings(**SMOKE),
    "desk": Settings(),
    # 200 epochs of step decay, 50 of OneCycle, a sweep of 4,096 images after each.
    "paper": Settings(
        batch_size=256,
        measured_images=16_384,
        sweep_images=4096,
        steps=200 * 193,
        one_cycle_share=0.25,
        every=193,
        own_every=193,
    ),
}
_DEVIATIONS = (
    "momentum 0.9, weight decay 5e-4 and peaks are not printed; one length for both schedules; "
    + DEVIATIONS.replace("128 images", "256 images")
)


@experiment(
    scales=SCALES,
    expected={
        "smoke": "5 s on one core",
        "desk": "3.4 h on 2 cores, 10 networks of 40 min each",
        "paper": "about 3 h a network on one GPU, not measured",
    },
    over=("setup",),
    deviations={
        "desk": f"2,000 steps, 5.2 epochs of 200 and 50; {_DEVIATIONS}",
        "paper": "momentum 0.9, weight decay 5e-4 and peaks are not printed; 25 rates, as in "
        "supplement C, on 4,096 images",
    },
)
def profiles(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run sensitivity/profiles --scale desk

    Expected result (thesis 3.2.3): the share of changed patterns rises smoothly with the rate, as a
    cumulative Gaussian of its logarithm, whose sigma drifts little and whose mu follows the rate.

    The result is that of ``swept`` and of ``before_training``.
    """
    found = swept(settings, SETUPS, seed, run)
    return found.merge(before_training(settings.of(SETUPS[settings.setup]), seed, run))


@experiment(
    scales=a_third(SCALES),
    expected={"smoke": "3 s on one core", "desk": "1.5 h on 2 cores, 10 networks of 18 min each"},
    over=("setup",),
    deviations={"desk": f"666 steps, 1.7 epochs of 200 and 50; {_DEVIATIONS}"},
)
def profiles_third(settings: Settings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run sensitivity/profiles_third --scale desk

    Expected result: that of ``profiles``; what this second length does not show as well is not
    refuted.

    The result is that of ``swept``.
    """
    return swept(settings, SETUPS, seed, run)


@dataclass(frozen=True)
class PeakSettings(Settings):
    """What is tried on one seed that no record has.

    Attributes:
        schedule: A job each.
        learning_rate: A job each.
        validation_images: Training images that are left out, and on which accuracy is measured.
    """

    setup: str = ""
    schedule: tuple[str, ...] = tuple(PEAKS)
    learning_rate: tuple[float, ...] = TRIED
    train_images: int = 44_416
    validation_images: int = 4992
    steps: int = 666
    seeds: tuple[int, ...] = (100,)


@experiment(
    scales={
        "smoke": PeakSettings(**SMOKE | {"train_images": 320}, validation_images=320),
        "desk": PeakSettings(),
    },
    expected={"smoke": "2 s on one core", "desk": "0.8 h on 2 cores, 12 networks of 8 min each"},
    over=("schedule", "learning_rate"),
    deviations={"desk": "666 steps; one seed; " + _DEVIATIONS},
)
def peaks(settings: PeakSettings, seed: int, run: Run) -> xr.Dataset:
    """relu-book run sensitivity/peaks --scale desk

    Expected result: the best of six largest rates for each schedule is that of ``PEAKS``.

    The result has ``accuracy``, that on the images that were left out, NaN after a divergence.
    """
    seen = settings.train_images
    both = replace(settings, train_images=seen + settings.validation_images)
    images = images_for(both, run.load, run.device)
    kept = replace(images, train=images.train[:seen], labels=images.labels[:seen])
    try:
        model, _ = trained(
            settings, seed, kept, run, augment=Augment(flip=True, padding=0), checkpoint_steps=100
        )
        right = accuracy(model, images.train[seen:], images.labels[seen:])
    except DivergenceError:
        right = np.nan
    return xr.Dataset({"accuracy": np.float32(right)})
