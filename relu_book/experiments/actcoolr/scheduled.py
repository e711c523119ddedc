"""One training under a named schedule, with its rate, loss, temperature and errors.

All records of this chapter are made by ``scheduled``; they differ in their settings. Thesis 3.3.2
trains with stochastic gradient descent and measures every 8 steps. OneCycle and CyclicLR move the
momentum between 0.85 and 0.95. A training that diverges is a result: what comes after is NaN.
"""

from dataclasses import replace

import numpy as np
import xarray as xr
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from relu_book.actcoolr import POLICIES, ActCooLR
from relu_book.experiments.actcoolr.scheduling import Scheduling
from relu_book.experiments.trainings import Images, images_for
from relu_book.experiments.watched import StepWatcher, watched_training
from relu_book.runs import Run
from relu_book.temperature import Distance
from relu_book.training import (
    WITHOUT_SCHEDULE,
    History,
    Probe,
    StepDecay,
    make_schedule,
    predict,
)

FEWEST = 10  # samples that are unchanged, below which a temperature does not count
# StepLR of PyTorch's MNIST example: times 0.7 after each of its 14 epochs, as shares of the run.
EXAMPLE_EPOCHS = tuple(epoch / 14 for epoch in range(1, 14))
_BITS = 12  # of the mantissa, that curves are kept to: four digits, so that records are small
TOLD = {
    "target": "target_temperature",
    "share": "mean_share",
    "temperature": "mean_temperature",
    "mu": "mu",
    "sigma": "sigma",
}
CURVES = (
    *("rate", "loss", "target", "share", "temperature"),
    *("seen", "off", "counted", "extreme", "all_changed"),
)


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
    def seen(self) -> dict[int, dict[str, float]]:
        """By step what its layers show, see ``scheduled``."""
        return {found.step: _seen(found.distance) for found in self._probe.history}

    def state_dict(self) -> dict:
        """With the number of passes."""
        return {**super().state_dict(), "passes": self.passes}

    def load_state_dict(self, state: dict) -> None:
        """With the number of passes."""
        super().load_state_dict(state)
        self.passes = state["passes"]

    def _count(self, model: nn.Module, inputs: tuple, output: Tensor) -> None:
        self.passes += model.training


def scheduled(one: Scheduling, seed: int, run: Run) -> xr.Dataset:
    """Trains a network under its schedule.

    Args:
        one: Of one set-up, as ``Scheduling.of`` gives it.
        seed: Of weights, batches and flips.
        run: Of the job.

    Returns:
        By ``point`` the last ``step`` of this part of the run, and means over it: ``rate``,
        ``loss``, ``target`` (in bits), ``share`` (mean of D over the layers) and ``temperature``
        (mean of T), where they were measured. Of steps that a probe of its own saw: ``seen`` (mean
        of D), ``off`` (its distance from the target's D), and the shares of layers that are
        ``counted`` (enough samples are unchanged), ``extreme`` (exactly 0 or 1) and ``all_changed``
        (exactly 1). By ``check`` the ``checked_step`` and the ``validation_error``, in per cent as
        the ``test_error``. ``first_rate``, ``first_loss``, ``extra_passes`` a step beyond those of
        plain training, ``updates`` and ``trained``, the numbers of steps to take and taken.
    """
    return thinned(one, course(one, seed, run))


def course(one: Scheduling, seed: int, run: Run) -> xr.Dataset:
    """As ``scheduled``, but with curves by ``update``, and ``mu`` and ``sigma`` beside them."""
    images, held_out = _images(one, run)
    errors = Probe(lambda _, model: percent_wrong(model, *held_out), steps=one.checked)
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
    table = _by_step(one, history, made[0], trained, watcher)
    watched = [step for step in one.watched if step <= trained]
    extra = watcher.passes - trained - len(watched)
    ended = trained == one.steps
    return table.assign(
        checked_step=("check", np.array(one.checked, np.float32)),
        validation_error=("check", [errors.results.get(step, np.nan) for step in one.checked]),
        test_error=percent_wrong(model, images.test, images.test_labels) if ended else np.nan,
        first_rate=float(history.learning_rate[0]),
        first_loss=float(history.loss[0]),
        extra_passes=extra / max(trained, 1),
        updates=float(one.steps),
        trained=float(trained),
    )


def schedule_for(one: Scheduling, model: nn.Module, optimizer: Optimizer) -> LRScheduler:
    """The schedule that settings name."""
    if one.schedule in WITHOUT_SCHEDULE:
        return make_schedule("constant", optimizer, one.length)
    if one.schedule == "step_lr":
        return StepDecay(optimizer, one.length, at=EXAMPLE_EPOCHS, factor=0.7)
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


def thinned(one: Scheduling, found: xr.Dataset) -> xr.Dataset:
    """A course whose curves are means over parts of equal length, of the whole schedule."""
    edges = np.linspace(0, one.length, one.points + 1).round()
    part = np.searchsorted(edges, found["update"].values, side="left") - 1
    means = {"step": ("point", edges[1:].astype(np.float32))}
    for name in CURVES:
        values = found[name].values
        there = np.isfinite(values)
        number = np.bincount(part[there], minlength=one.points)
        total = np.bincount(part[there], values[there], one.points)
        mean = np.where(number, total / np.maximum(number, 1), np.nan)
        means[name] = ("point", _rounded(mean))
    return found.drop_dims("update").astype(np.float32).assign(means)


def _by_step(
    one: Scheduling, history: History, schedule: LRScheduler, trained: int, watcher: LayerWatcher
) -> xr.Dataset:
    """What there is of every step; NaN after a divergence."""
    table = {name: np.full(one.steps, np.nan) for name in (*CURVES, "mu", "sigma")}
    length = min(len(history), trained)
    table["rate"][:length] = history.learning_rate[:length]
    table["loss"][:length] = history.loss[:length]
    for entry in getattr(schedule, "history", ())[:length]:
        for name, theirs in TOLD.items():
            if entry[theirs] is not None:
                table[name][entry["step"] - 1] = entry[theirs]
    for step, seen in watcher.seen.items():
        for name, value in seen.items():
            table[name][step - 1] = value
    table["off"] = abs(table["seen"] - (1 - 2.0 ** -table["target"]))
    return xr.Dataset(
        {name: ("update", values) for name, values in table.items()},
        {"update": np.arange(1, one.steps + 1)},
    )


def _seen(distance: Distance) -> dict[str, float]:
    shares = distance.values[0]
    unchanged = (1 - shares) * distance.evaluations
    return {
        "seen": shares.mean(),
        "counted": (unchanged > FEWEST - 0.5).mean(),
        "extreme": ((shares == 0) | (shares == 1)).mean(),
        "all_changed": (shares == 1).mean(),
    }


def _rounded(values: np.ndarray) -> np.ndarray:
    """In float32, the last bits of which are 0; what it cannot hold is infinite."""
    with np.errstate(over="ignore"):  # the last losses before a training diverges
        bits = values.astype(np.float32).view(np.uint32)
    half = np.uint32(1 << (22 - _BITS))
    kept = ((bits + half) & np.uint32(2**32 - (1 << (23 - _BITS)))).view(np.float32)
    return np.where(np.isnan(values), np.float32(np.nan), kept)


def _images(one: Scheduling, run: Run) -> tuple[Images, tuple[Tensor, Tensor]]:
    """The images to learn from and to test on, and those held out, with their labels."""
    number = one.train_images
    more = replace(one, train_images=number + one.validation_images)
    images = images_for(more, run.load, run.device, one.test_images)
    held_out = images.train[number:], images.labels[number:]
    return replace(images, train=images.train[:number], labels=images.labels[:number]), held_out


def percent_wrong(model: nn.Module, images: Tensor, labels: Tensor) -> float:
    """Images, in per cent, that a network takes for another class or has NaN scores for."""
    outputs = predict(model, images)
    right = (outputs.argmax(1) == labels.to(outputs.device)) & ~outputs.isnan().any(1)
    return 100 * (1 - right.sum().item() / len(labels))
