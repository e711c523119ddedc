"""The settings of a training under a named schedule, and of its smallest scale and second length.

Supplement E keeps 1 % of the training images for validation, flips them and takes batches of 256
(CIFAR-10) or 64 (FashionMNIST); thesis 3.3.2 takes a large constant momentum and no weight decay.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from relu_book.experiments.trainings import Training

# What a set-up does not change where all are small.
SIZES = {
    "data", "size", "train_images", "validation_images", "test_images", "batch_size", "width",
    "depth", "steps", "scheduled_steps", "epochs", "points", "network",
}  # fmt: skip


@dataclass(frozen=True)
class Scheduling(Training):
    """A training and its schedule.

    Attributes:
        setup: Names of what the experiment trains; a job each.
        learning_rate: The largest one of a fixed schedule, and the one that ActCooLR is given.
        schedule: ``"actcoolr"``, ``"step_lr"`` (PyTorch's MNIST example), as
            ``relu_book.training.make_schedule`` names it, or an optimizer that needs none.
        validation_images: Training images that are held out.
        test_images: How many images the error in the end is measured on.
        epochs: Length of the training, in place of ``steps``.
        start_temperature: As for ``ActCooLR``, like the next five.
        gamma: See there.
        shape: See there.
        probing_step_size: See there.
        policy: A name in ``relu_book.actcoolr.POLICIES``.
        mean: Which mean over the layers the policy steers; that of section 3.3.2.
        options: Further ones of the policy, pairs of name and value.
        peak: Share of the run at which OneCycle is highest.
        checks: How many times the validation error is measured, evenly, besides the start.
        points: In how many parts of equal length the curves of a run are recorded.
        watched_every: Every k-th step is measured layer by layer by a probe of its own.
        divided: Steps are divided by it, for a second length.
        small: Whether a set-up changes neither data, networks, sizes nor lengths: for tests.
    """

    setup: str | tuple[str, ...] = ()
    size: int = 32
    train_images: int = 48_000
    batch_size: int = 128
    learning_rate: float = 0.1
    weight_decay: float = 0.0
    depth: int = 32
    schedule: str = "actcoolr"
    validation_images: int = 2000
    test_images: int = 10_000
    epochs: float | None = None
    start_temperature: float = 3.17
    gamma: float = 1.0
    shape: str = "power"
    probing_step_size: int = 8
    policy: str = "thesis"
    mean: str = "temperature"
    options: tuple[tuple[str, str | float], ...] = ()
    peak: float = 0.3
    checks: int = 20
    points: int = 500
    watched_every: int = 25
    divided: int = 1
    small: bool = False

    def of(self, changes: Mapping[str, object]) -> "Scheduling":
        """What one set-up trains: with its changes, and as long as is asked for."""
        kept = {key: value for key, value in changes.items() if not self.small or key not in SIZES}
        one = replace(self, **kept)
        steps = one.steps if one.epochs is None else round(one.epochs * one.epoch)
        whole = one.scheduled_steps and max(one.scheduled_steps // one.divided, 1)
        return replace(one, steps=max(steps // one.divided, 1), scheduled_steps=whole, divided=1)

    @property
    def length(self) -> int:
        """Steps of the whole schedule, of which only the beginning may be trained."""
        return self.scheduled_steps or self.steps

    @property
    def checked(self) -> tuple[int, ...]:
        """After how many steps the validation error is measured."""
        return tuple(int(s) for s in np.linspace(0, self.steps, self.checks + 1).round())

    @property
    def watched(self) -> tuple[int, ...]:
        """The steps, counted from 1, that are measured layer by layer."""
        return tuple(range(self.watched_every, self.steps + 1, self.watched_every))


SMOKE = {
    "data": "digits",
    "size": 8,
    "network": "convnet",
    "width": 4,
    "depth": 8,
    "dtype": "float64",
    "train_images": 320,
    "validation_images": 64,
    "test_images": 64,
    "batch_size": 32,
    "steps": 20,
    "checks": 2,
    "points": 10,
    "watched_every": 5,
    "seeds": (0,),
    "small": True,
}
DEVIATIONS = "of the momentum only that it is large is printed, here 0.9"


def a_third(scales: Mapping[str, Scheduling], **changes: object) -> dict[str, Scheduling]:
    """The scales of a second length: a third of the steps at desk, a half at smoke.

    Args:
        scales: Those of the first length.
        **changes: What else differs at desk.
    """
    return {
        "smoke": replace(scales["smoke"], divided=2),
        "desk": replace(scales["desk"], divided=3, **changes),
    }
