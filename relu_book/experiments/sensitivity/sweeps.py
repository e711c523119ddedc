"""What the next step of a training would change at every rate, from its first step to its last.

Thesis 3.2.3: at a state of the training one step is tried at each of a range of learning rates, and
D is the share of patterns that it changes. All records of this chapter that train networks are made
by ``swept``; they differ in their settings. What is tried is the optimizer's own next step, with
its momentum, on images that do not change; beside it the step of the plain gradient. Decoupled
decay changes patterns at rate 0 as well, so it is left out of the own step and reported beside it.

The 25 rates are those of appendix A.4 (``initlrs``) and of the text of supplement C. Of a state
that is swept because a drop of the rate is near every second rate is tried.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import numpy as np
import torch
import xarray as xr
from torch import Tensor, nn
from torch.optim import SGD, Optimizer

from relu_book.experiments.changed import Weights, changed_evaluations, shares, weights_of
from relu_book.experiments.layers import filled, layout
from relu_book.experiments.sensitivity.sweeping import Sweeping
from relu_book.experiments.trainings import images_for
from relu_book.experiments.watched import StepWatcher, watched_training
from relu_book.runs import Run
from relu_book.temperature import pattern_distance
from relu_book.training import History
from relu_book.undisturbed import model_as_it_was

RATES = np.logspace(-4, 2, 25)
_FINEST = 2**12  # shares are kept in steps of 1/4096, so that records are small


class Sweeps(StepWatcher):
    """Tries the next step at every rate, in some states of a training.

    Args:
        model: The network that is trained.
        optimizer: Of the network.
        settings: The states, and the numbers of images.
        images: The images to measure on.

    Attributes:
        found: By state and name ``own``, shares of changed patterns by rate and layer of the step
            that the optimizer would take. In some states ``deviation``, the share at the rate in
            use minus what the step then changes, by layer; by rate and averaged over the layers
            ``gradient`` of the step of the plain gradient, unless that is no other, and ``decay``
            of the step with its decoupled decay; in one state ``again``, the own step by batch and
            rate. Shares are NaN at rates that were not tried or at which pre-activations overflow.

    Cost: a forward pass a rate and kind of step.
    """

    def __init__(
        self, model: nn.Module, optimizer: Optimizer, settings: Sweeping, images: Tensor
    ) -> None:
        super().__init__(model, optimizer, settings.own)
        self._settings, self._batches = settings, images.split(settings.sweep_images)
        rate = optimizer.param_groups[0]["lr"]
        self._plain = SGD(
            [{"params": g["params"], "lr": g["lr"] / rate} for g in optimizer.param_groups]
        )
        self._before: Weights = {}

    @property
    def _state(self) -> int:
        """How many steps were taken before this one."""
        return self._step - 1

    def _before_step(self) -> None:
        if self._state in self._settings.states and self._is_finite():
            self.found[self._state] = self._sweep()

    def _after_step(self) -> None:
        one = self.found.get(self._state, {})
        if "deviation" in one:
            changed = changed_evaluations(self._model, self._before, self._batches[0])
            one["deviation"] = one["deviation"] - shares(changed)

    def _is_finite(self) -> bool:
        """Whether the network has an output, without which no pattern can be compared."""
        with model_as_it_was(self._model), torch.no_grad():
            return bool(self._model(self._batches[0]).isfinite().all())

    def _sweep(self) -> dict[str, np.ndarray]:
        settings, first, others = self._settings, self._batches[0], self._batches[1:]
        every, second = np.arange(len(RATES)), np.arange(0, len(RATES), 2)
        full = self._state in settings.full
        with _without_decoupled_decay(self._optimizer, settings):
            found = {"own": self._tried(self._optimizer, first, every if full else second)}
            if self._state == settings.middle:
                again = [self._tried(self._optimizer, batch, every) for batch in others]
                found["again"] = np.stack([each.mean(1) for each in (found["own"], *again)])
        if self._state in settings.plain:
            if settings.momentum or (settings.weight_decay and not settings.decoupled):
                found["gradient"] = self._tried(self._plain, first, second).mean(1)
            if settings.weight_decay and settings.decoupled:
                found["decay"] = self._tried(self._optimizer, first, second).mean(1)
        if self._state in settings.plain:
            self._before = weights_of(self._model)
            rate = float(self._optimizer.param_groups[0]["lr"])
            in_use = pattern_distance(self._model, self._optimizer, first, rate)
            found["deviation"] = in_use.values[0]
        return found

    def _tried(self, optimizer: Optimizer, images: Tensor, tried: np.ndarray) -> np.ndarray:
        """Shares by rate and layer, NaN at other rates than those and where it overflows."""
        distance = pattern_distance(self._model, optimizer, images, RATES[tried])
        found = np.full((len(RATES), len(distance.sites)), np.nan)
        finite = ~np.isin(distance.learning_rates, distance.overflowed)
        found[tried[finite]] = distance.values[finite]
        return found


@contextmanager
def _without_decoupled_decay(optimizer: Optimizer, settings: Sweeping) -> Iterator[None]:
    """The step of SGDW without what it takes off the weights at any rate."""
    decays = [group["weight_decay"] for group in optimizer.param_groups]
    try:
        if settings.decoupled:
            for group in optimizer.param_groups:
                group["weight_decay"] = 0.0
        yield
    finally:
        for group, decay in zip(optimizer.param_groups, decays, strict=True):
            group["weight_decay"] = decay


def swept(
    settings: Sweeping, setups: Mapping[str, Mapping[str, object]], seed: int, run: Run
) -> xr.Dataset:
    """Trains a network and sweeps its states.

    Args:
        settings: Those of the experiment, with one set-up.
        setups: By name what each set-up of the experiment changes. Results are as large as the
            largest of them needs, so that they fit together; what is not there is NaN.
        seed: Of weights, batches and flips.
        run: Of the job.

    Returns:
        By ``sweep`` the ``state`` (number of updates before it) and its ``learning_rate``, and what
        ``Sweeps`` found: ``distance`` by ``rate`` and layer, ``distance_gradient`` and
        ``distance_decay`` by rate, ``deviation`` by layer; ``distance_again`` by ``batch`` and rate
        at one state. By ``step`` the ``update`` (counted from 1), its ``step_rate``, ``loss``,
        and ``own_step`` and ``own_step_last``, the shares that it changed on its own batch,
        mean over the layers and last layer. What ``layout`` says of the layers; ``updates``, the
        number of steps, ``trained``, that before a divergence, and ``epoch``, that of an epoch.
    """
    one = settings.of(setups[settings.setup])
    images = images_for(one, run.load, run.device)
    measured = torch.cat(images.measured).contiguous(memory_format=torch.channels_last)
    model, sweeps, history, last = watched_training(
        one, seed, images, run, lambda *of: Sweeps(*of, one, measured)
    )
    found = _result(one, sweeps, history, [settings.of(changes) for changes in setups.values()])
    layers = found.sizes["layer"]
    return found.merge(layout(model, [measured[: one.sweep_images]], layers)).assign(
        updates=np.float32(one.steps), trained=np.float32(last), epoch=np.float32(one.epoch)
    )


def _result(one: Sweeping, sweeps: Sweeps, history: History, others: list[Sweeping]) -> xr.Dataset:
    """Tables that are as large as the largest of several trainings needs."""
    layers = max(each.depth for each in others) - 1
    size = {
        "sweep": max(len(each.states) for each in others),
        "step": max(len(each.own) for each in others),
        "rate": len(RATES),
        "layer": layers,
        "batch": one.measured_images // one.sweep_images,
    }
    dims = {
        "state": ("sweep",),
        "learning_rate": ("sweep",),
        "distance": ("sweep", "rate", "layer"),
        "distance_gradient": ("sweep", "rate"),
        "distance_decay": ("sweep", "rate"),
        "deviation": ("sweep", "layer"),
        "distance_again": ("batch", "rate"),
        **dict.fromkeys(("update", "step_rate", "loss", "own_step", "own_step_last"), ("step",)),
    }
    table = {
        name: np.full([size[dim] for dim in along], np.nan, np.float32)
        for name, along in dims.items()
    }
    for place, state in enumerate(one.states):
        table["state"][place] = state
        there = sweeps.found.get(state, {})
        if there:
            table["learning_rate"][place] = history.learning_rate[state]
            rounded = np.round(there["own"] * _FINEST) / _FINEST
            table["distance"][place] = filled(rounded, layers)
        for name in {"gradient", "decay"} & there.keys():
            table[f"distance_{name}"][place] = there[name]
        if "deviation" in there:
            table["deviation"][place] = filled(there["deviation"], layers)
        if "again" in there:
            table["distance_again"][:] = there["again"]
    for place, step in enumerate(one.own):
        table["update"][place] = step
        if step <= len(history):
            table["step_rate"][place] = history.learning_rate[step - 1]
            with np.errstate(over="ignore"):  # the last losses before a training diverges
                table["loss"][place] = history.loss[step - 1]
        if step in sweeps.own:
            table["own_step"][place] = sweeps.own[step].mean()
            table["own_step_last"][place] = sweeps.own[step][-1]
    return xr.Dataset(
        {name: (along, table[name]) for name, along in dims.items()},
        {"rate": RATES, "layer": np.arange(1, layers + 1)},
    )
