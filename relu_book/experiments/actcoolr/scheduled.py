"""One training under a named schedule, with its rate, loss, temperature and errors.

All records of this chapter are made by ``scheduled``; they differ in their settings. Thesis 3.3.2
trains with stochastic gradient descent, a large constant momentum and no weight decay, and measures
every 8 steps; supplement E keeps 1 % of the training images for validation, flips them and takes
batches of 256 (CIFAR-10) or 64 (FashionMNIST). OneCycle and CyclicLR move the momentum between 0.85
and 0.95. A training that diverges is a result: what comes after is NaN.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from relu_book.actcoolr import POLICIES, ActCooLR
from relu_book.experiments.trainings import Images, Training, images_for
from relu_book.experiments.watched import StepWatcher, watched_training
from relu_book.runs import Run
from relu_book.training import History, Probe, accuracy, make_schedule

FEWEST = 10  # samples that are unchanged, below which a temperature does not count
MEASURED = {
    "target": "target_temperature",
    "share": "mean_share",
    "temperature": "mean_temperature",
}
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
        schedule: ``"actcoolr"``, or as ``relu_book.training.make_schedule`` names it.
        validation_images: Training images that are held out.
        test_images: How many images the error in the end is measured on.
        epochs: Length of the training, in place of ``steps``.
        start_temperature: As for ``ActCooLR``, like the next five.
        gamma: See there.
        shape: See there.
        probing_step_size: See there.
        policy: A name in ``relu_book.actcoolr.POLICIES``.
        mean: Which mean over the layers the policy steers.
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
    mean: str = "share"
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


class LayerWatcher(StepWatcher):
    """Measures some steps layer by layer, and counts forward passes of the training.

    Args:
        model: The network that is trained.
        optimizer: Of the network.
        one: The steps.

    Attributes:
        passes: Forward passes in training mode so far, trial steps included.
    """

    def __init__(self, model: nn.Module, optimizer: Optimizer, one: Scheduling) -> None:
        super().__init__(model, optimizer, one.watched)
        self.passes = 0

    def __enter__(self) -> "LayerWatcher":
        self._stack.callback(self._model.register_forward_hook(self._count).remove)
        return super().__enter__()

    @property
    def counted(self) -> dict[int, float]:
        """By step the share of layers in which enough samples are unchanged."""
        return {
            found.step: float(
                ((1 - found.distance.values[0]) * found.distance.evaluations >= FEWEST - 0.5).mean()
            )
            for found in self._probe.history
        }

    def state_dict(self) -> dict:
        """With the number of passes."""
        return {**super().state_dict(), "passes": self.passes}

    def load_state_dict(self, state: dict) -> None:
        """With the number of passes."""
        super().load_state_dict(state)
        self.passes = state["passes"]

    def _count(self, model: nn.Module, inputs: tuple, output: Tensor) -> None:
        self.passes += model.training

    def _before_step(self) -> None:
        """Nothing is found before a step."""

    def _after_step(self) -> None:
        """What is found after a step the probe keeps."""


def scheduled(one: Scheduling, seed: int, run: Run) -> xr.Dataset:
    """Trains a network under its schedule.

    Args:
        one: Of one set-up, as ``Scheduling.of`` gives it.
        seed: Of weights, batches and flips.
        run: Of the job.

    Returns:
        By ``point`` the last ``step`` of this part of the run, and means over it: ``rate``,
        ``loss``, ``target`` (in bits), ``share`` (mean of D over the layers) and ``temperature``
        (mean of T), where they were measured, ``counted`` (share of layers with enough unchanged
        samples). By ``check`` the ``checked_step`` and the ``validation_error``, in per cent as the
        ``test_error``. ``first_rate``, ``first_loss``, ``extra_passes`` a step beyond those of
        plain training, ``updates`` and ``trained``, the numbers of steps to take and taken.
    """
    return thinned(one, *course(one, seed, run))


def course(one: Scheduling, seed: int, run: Run) -> tuple[xr.Dataset, LayerWatcher]:
    """As ``scheduled``, with what there is of every step along ``update``, and who watched it."""
    images, held_out = _images(one, run)
    errors = Probe(lambda _, model: _error(model, *held_out), steps=one.checked)
    made: list[LRScheduler] = []

    def schedule(model: nn.Module, optimizer: Optimizer) -> LRScheduler:
        made.append(schedule_for(one, model, optimizer))
        return made[0]

    model, watcher, history, trained = watched_training(
        one,
        seed,
        images,
        run,
        lambda *of: LayerWatcher(*of, one),
        probes=[errors],
        schedule=schedule,
    )
    table = _by_step(one, history, made[0], trained)
    watched = [step for step in one.watched if step <= trained]
    extra = watcher.passes - trained - len(watched)
    ended = trained == one.steps
    return table.assign(
        checked_step=("check", np.array(one.checked, np.float32)),
        validation_error=("check", [errors.results.get(step, np.nan) for step in one.checked]),
        test_error=_error(model, images.test, images.test_labels) if ended else np.nan,
        first_rate=float(history.learning_rate[0]),
        first_loss=float(history.loss[0]),
        extra_passes=extra / max(trained, 1),
        updates=float(one.steps),
        trained=float(trained),
    ), watcher


def schedule_for(one: Scheduling, model: nn.Module, optimizer: Optimizer) -> LRScheduler:
    """The schedule that settings name."""
    if one.schedule != "actcoolr":
        options = {"peak": one.peak} if one.schedule == "one_cycle" else {}
        return make_schedule(one.schedule, optimizer, one.length, **options)
    return ActCooLR(
        optimizer,
        model,
        one.length,
        start_temperature=one.start_temperature,
        gamma=one.gamma,
        shape=one.shape,
        probing_step_size=one.probing_step_size,
        policy=POLICIES[one.policy](mean=one.mean, **dict(one.options)),
    )


def thinned(one: Scheduling, found: xr.Dataset, watcher: LayerWatcher) -> xr.Dataset:
    """A course with its curves in parts of equal length, of the whole schedule."""
    edges = np.linspace(0, one.length, one.points + 1).round()
    part = np.searchsorted(edges, found["update"].values, side="left") - 1
    counted = [watcher.counted.get(int(step), np.nan) for step in found["update"].values]
    found = found.assign(counted=("update", counted))
    curves = [name for name in found.data_vars if found[name].dims == ("update",)]
    means = {"step": ("point", edges[1:])}
    for name in (*MEASURED, "rate", "loss", "counted"):
        values = found[name].values
        there = np.isfinite(values)
        number = np.bincount(part[there], minlength=one.points)
        total = np.bincount(part[there], values[there], one.points)
        means[name] = ("point", np.where(number, total / np.maximum(number, 1), np.nan))
    kept = found.drop_vars(curves).drop_dims("update", errors="ignore")
    with np.errstate(over="ignore"):  # the last losses before a training diverges
        return kept.assign(means).astype(np.float32)


def _by_step(one: Scheduling, history: History, schedule: LRScheduler, trained: int) -> xr.Dataset:
    """Rate and loss of every step, and what ActCooLR tells of it; NaN after a divergence."""
    table = {name: np.full(one.steps, np.nan) for name in ("rate", "loss", *MEASURED, "mu")}
    length = min(len(history), trained)
    table["rate"][:length] = history.learning_rate[:length]
    table["loss"][:length] = history.loss[:length]
    for entry in getattr(schedule, "history", ())[:length]:
        for name, theirs in {**MEASURED, "mu": "mu", "sigma": "sigma"}.items():
            if entry[theirs] is not None:
                table.setdefault(name, np.full(one.steps, np.nan))
                table[name][entry["step"] - 1] = entry[theirs]
    return xr.Dataset(
        {name: ("update", values) for name, values in table.items()},
        {"update": np.arange(1, one.steps + 1)},
    )


def _images(one: Scheduling, run: Run) -> tuple[Images, tuple[Tensor, Tensor]]:
    """The images to learn from and to test on, and those held out, with their labels."""
    number = one.train_images
    more = replace(one, train_images=number + one.validation_images)
    images = images_for(more, run.load, run.device, one.test_images)
    held_out = images.train[number:], images.labels[number:]
    return replace(images, train=images.train[:number], labels=images.labels[:number]), held_out


def _error(model: nn.Module, images: Tensor, labels: Tensor) -> float:
    """In per cent."""
    return 100 * (1 - accuracy(model, images, labels))
