"""A training that is measured around every step of its optimizer, up to its end or divergence."""

from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack
from typing import Self, TypeVar

import numpy as np
import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from relu_book.experiments.trainings import Images, Training, trained
from relu_book.runs import Run
from relu_book.temperature import TemperatureProbe
from relu_book.training import Augment, DivergenceError, History

CHECKPOINT_STEPS = 100

Watcher = TypeVar("Watcher", bound="StepWatcher")


class StepWatcher:
    """A probe and context manager: ``trained(..., around=...)`` enters it and keeps its findings.

    Who inherits from it measures in ``_before_step`` and ``_after_step``.

    Args:
        model: The network that is trained.
        optimizer: Of the network.
        own: Steps, counted from 1, that are measured on their own batch.

    Attributes:
        found: What was measured: arrays under two keys.
    """

    # It is told of steps by the optimizer, and never called by the loop, which keeps its state.
    steps = ()

    def __init__(self, model: nn.Module, optimizer: Optimizer, own: Collection[int]) -> None:
        self._model, self._optimizer = model, optimizer
        self._probe = TemperatureProbe(model, optimizer, steps=own)
        self._step = 0  # the one that is taken, counted from 1
        self._stack = ExitStack()
        self.found: dict[object, dict[object, np.ndarray]] = {}

    def __enter__(self) -> Self:
        for handle in (
            self._optimizer.register_step_pre_hook(self._begin),
            self._optimizer.register_step_post_hook(self._end),
        ):
            self._stack.callback(handle.remove)
        self._stack.enter_context(self._probe)
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def __call__(self, step: int, model: nn.Module) -> None:
        """The loop has nothing to tell."""

    @property
    def own(self) -> dict[int, np.ndarray]:
        """Shares of patterns that steps changed on their own batch, by layers, by step."""
        return {found.step: found.distance.values[0] for found in self._probe.history}

    def state_dict(self) -> dict:
        """All that was found, in the types that a checkpoint holds."""
        found = {
            key: {name: torch.from_numpy(values) for name, values in one.items()}
            for key, one in self.found.items()
        }
        return {"step": self._step, "found": found, "probe": self._probe.state_dict()}

    def load_state_dict(self, state: dict) -> None:
        """What a training that is resumed had found."""
        self._step = state["step"]
        self.found = {
            key: {name: values.numpy() for name, values in one.items()}
            for key, one in state["found"].items()
        }
        self._probe.load_state_dict(state["probe"])

    def _begin(self, optimizer: Optimizer, args: tuple, kwargs: dict) -> None:
        self._step += 1
        self._before_step()

    def _end(self, optimizer: Optimizer, args: tuple, kwargs: dict) -> None:
        self._after_step()

    def _before_step(self) -> None:
        """Measures before a step, if there is need."""

    def _after_step(self) -> None:
        """Measures after a step, if there is need."""


def watched_training(
    settings: Training,
    seed: int,
    images: Images,
    run: Run,
    watcher: Callable[[nn.Module, Optimizer], Watcher],
    *,
    probes: Sequence = (),
    schedule: Callable[[nn.Module, Optimizer], LRScheduler] | None = None,
) -> tuple[nn.Module, Watcher, History, int]:
    """Trains with flips, and ends where training diverges.

    Args:
        settings: Of the network and its training.
        seed: Of weights, batches and flips.
        images: To learn from.
        run: Of the job.
        watcher: Makes what measures the steps.
        probes: As for ``trained``.
        schedule: As for ``trained``.

    Returns:
        The network, what measured it, the history, and how many steps were taken: fewer than
        ``settings.steps`` if it diverged.
    """
    made = []

    def around(model: nn.Module, optimizer: Optimizer) -> Watcher:
        made.extend([model, watcher(model, optimizer)])
        return made[1]

    try:
        _, history = trained(
            settings,
            seed,
            images,
            run,
            probes=probes,
            around=around,
            augment=Augment(flip=True, padding=0),
            schedule=schedule,
            checkpoint_steps=CHECKPOINT_STEPS,
        )
        taken = settings.steps
    except DivergenceError as error:
        history, taken = error.history, error.step
    return *made, history, taken
