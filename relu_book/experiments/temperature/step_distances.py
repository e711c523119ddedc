"""What each step of a training changes: on the batch that it learns from, and on other images.

The source measures on the batch of the step (thesis 3.2.2; supplement H). Gradient and measurement
then see the same images, so the same step is also measured on images that it was not computed
from: on a small fixed batch, and at fewer steps on many. All passes have batch statistics, as in
training.
"""

from collections.abc import Collection, Mapping
from contextlib import ExitStack
from typing import Self

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from relu_book.experiments.changed import (
    Weights,
    at_rate,
    changed_evaluations,
    direction_of,
    shares,
    weights_of,
)
from relu_book.temperature import TemperatureProbe

AT_RATE = "at_rate"


class StepDistances:
    """A probe and context manager: ``trained(..., around=...)`` enters it and keeps its findings.

    Args:
        model: The network that is trained.
        optimizer: Of the network.
        steps: Steps, counted from 1, that are measured on their own batch.
        others: Further images by name, each a batch of one pass, and the steps that are measured
            there.
        rate: At which the direction of a step is measured too, on the first of the further images.

    Attributes:
        found: Shares of changed patterns on the further images, an array by layers, by name and
            step; under ``AT_RATE`` those at the one rate.

    Cost: one forward pass of the batch a measured step; of further images two.
    """

    # It is told of steps by the optimizer, and never called by the loop, which keeps its state.
    steps = ()

    def __init__(
        self,
        model: nn.Module,
        optimizer: Optimizer,
        steps: Collection[int],
        others: Mapping[str, tuple[Tensor, Collection[int]]],
        rate: float,
    ) -> None:
        self._model, self._optimizer, self._others = model, optimizer, others
        self._rate, self._first = rate, next(iter(others))
        self._probe = TemperatureProbe(model, optimizer, steps=steps)
        self._step = 0
        self._before: Weights = {}
        self._stack = ExitStack()
        self.found: dict[str, dict[int, np.ndarray]] = {name: {} for name in (*others, AT_RATE)}

    def __enter__(self) -> Self:
        for handle in (
            self._optimizer.register_step_pre_hook(self._before_step),
            self._optimizer.register_step_post_hook(self._after_step),
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
        """Shares of changed patterns on the batch of the step, an array by layers, by step."""
        return {found.step: found.distance.values[0] for found in self._probe.history}

    def state_dict(self) -> dict:
        """All that was found, in the types that a checkpoint holds."""
        found = {
            name: {step: torch.from_numpy(values) for step, values in rows.items()}
            for name, rows in self.found.items()
        }
        return {"step": self._step, "found": found, "probe": self._probe.state_dict()}

    def load_state_dict(self, state: dict) -> None:
        """What a training that is resumed had found."""
        self._step = state["step"]
        self.found = {
            name: {step: values.numpy() for step, values in rows.items()}
            for name, rows in state["found"].items()
        }
        self._probe.load_state_dict(state["probe"])

    def _before_step(self, optimizer: Optimizer, args: tuple, kwargs: dict) -> None:
        self._step += 1
        if any(self._step in steps for _, steps in self._others.values()):
            self._before = weights_of(self._model)

    def _after_step(self, optimizer: Optimizer, args: tuple, kwargs: dict) -> None:
        for name, (images, steps) in self._others.items():
            if self._step in steps:
                changed = changed_evaluations(self._model, self._before, images)
                self.found[name][self._step] = shares(changed)
                if name == self._first:
                    self.found[AT_RATE][self._step] = self._at_rate(images)

    def _at_rate(self, images: Tensor) -> np.ndarray:
        end = at_rate(self._before, direction_of(self._model, self._optimizer), self._rate)
        return shares(changed_evaluations(self._model, self._before, images, end))
