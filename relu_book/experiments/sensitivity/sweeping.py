"""The settings of a training that is swept: what is trained, and in which states it is looked at.

A state is told by the number of updates before it. All rates are tried in the states 0, 1, 10, 50
and 100, then after every hundredth update or so, and in the last; every second rate in those around
a drop of the learning rate and, where asked for, in rows of five early in the first two epochs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from relu_book.experiments.trainings import Training

FIRST = (0, 1, 10, 50, 100)
# Where five states in a row are swept, in each of the first two epochs.
EARLY = (1, 10, 50, 100)
DEVIATIONS = (
    "batches of 128 instead of 256, flips only; 25 rates instead of 50, in some states instead of "
    "after each epoch, on 128 images"
)
# What a set-up does not change where all are small.
SIZES = {
    "data", "size", "train_images", "measured_images", "sweep_images", "batch_size", "width",
    "steps", "every", "own_every",
}  # fmt: skip


@dataclass(frozen=True)
class Sweeping(Training):
    """A training and the states in which it is swept.

    Attributes:
        setup: Names of what the experiment trains; a job each.
        train_images: Of CIFAR-10's 50,000 supplement E keeps 99 %; 193 batches of 256 are the next
            number below that of which all batches of 64, 128 and 256 are whole.
        measured_images: How many training images, unaugmented, batches to measure on are made of.
        sweep_images: How many are in such a batch. All states are swept on the first, one on all.
        every: A state is swept after every so many updates, besides the first ones and the last.
        around: Up to so many updates before and after a drop of the rate every fifth is swept.
        row: So many updates before and after a drop are averaged to tell a jump.
        early: From each of these updates of the first two epochs on five states in a row are swept,
            and where these epochs begin.
        own_every: The training's own step is measured on its own batch at every k-th, and at the
            first.
        divided: Steps are divided by it, for a second length.
        small: Whether a set-up changes neither data, sizes nor lengths: for tests.
    """

    setup: str | tuple[str, ...] = ()
    size: int = 32
    train_images: int = 49_408
    measured_images: int = 512
    sweep_images: int = 128
    batch_size: int = 128
    learning_rate: float = 0.1
    momentum: float = 0.0
    weight_decay: float = 0.0
    schedule: str = "step_decay"
    every: int = 100
    around: int = 20
    row: int = 20
    early: tuple[int, ...] = ()
    own_every: int = 10
    divided: int = 1
    small: bool = False

    def of(self, changes: Mapping[str, object]) -> "Sweeping":
        """What one set-up trains: with its changes, and as long as is asked for."""
        kept = {key: value for key, value in changes.items() if not self.small or key not in SIZES}
        one = replace(self, **kept)
        return replace(one, steps=one.steps // one.divided, divided=1)

    @property
    def drops(self) -> tuple[int, ...]:
        """After how many updates the rate falls by a factor of ten."""
        if self.schedule != "step_decay":
            return ()
        return tuple(round(share * self.steps) for share in (0.5, 0.75))

    @property
    def full(self) -> tuple[int, ...]:
        """The numbers of updates after which all rates are tried."""
        regular = range(self.every, self.steps, self.every)
        return tuple(sorted({*(s for s in FIRST if s < self.steps), *regular, self.steps - 1}))

    @property
    def states(self) -> tuple[int, ...]:
        """The numbers of updates after which some rates are tried, ascending."""
        near = {
            drop + far for drop in self.drops for far in range(5 - self.around, self.around + 1, 5)
        }
        rows = {
            start + far
            for start in (0, self.epoch)
            for first in self.early
            for far in (0, *range(first, first + 5))
        }
        return tuple(sorted({*self.full, *(s for s in near | rows if 0 <= s < self.steps)}))

    @property
    def middle(self) -> int:
        """The state that is swept on all batches: the last before half of the training is over."""
        return max(state for state in self.full if 2 * state <= self.steps)

    @property
    def plain(self) -> tuple[int, ...]:
        """The states in which the step of the plain gradient is tried too."""
        fifth = range(5 * self.every, self.steps, 5 * self.every)
        return tuple(sorted({*self.full} & {*FIRST, *fifth, self.steps - 1}))

    @property
    def own(self) -> tuple[int, ...]:
        """The steps, counted from 1, that are measured on their own batch."""
        return tuple(sorted({1, *range(self.own_every, self.steps + 1, self.own_every)}))


def a_third(scales: Mapping[str, Sweeping], **changes: object) -> dict[str, Sweeping]:
    """The scales of a second length: a third of the steps at desk, a half at smoke.

    Args:
        scales: Those of the first length.
        **changes: What else differs at desk.
    """
    return {
        "smoke": replace(scales["smoke"], divided=2),
        "desk": replace(scales["desk"], divided=3, **changes),
    }


SMOKE = {
    "data": "digits",
    "size": 8,
    "width": 4,
    "dtype": "float64",
    "train_images": 160,
    "measured_images": 64,
    "sweep_images": 32,
    "batch_size": 32,
    "depth": 8,
    "small": True,
    "steps": 16,
    "every": 8,
    "around": 5,
    "row": 5,
    "own_every": 2,
    "seeds": (0,),
}
