"""What each step of a training changes: on the batch that it learns from, and on other images.

The source measures on the batch of the step (thesis 3.2.2; supplement H). Gradient and measurement
then see the same images, so the same step is also measured on images that it was not computed
from: on a small fixed batch, and at fewer steps on many. All passes have batch statistics, as in
training.
"""

from collections.abc import Collection, Mapping

import numpy as np
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
from relu_book.experiments.watched import StepWatcher

AT_RATE = "at_rate"


class StepDistances(StepWatcher):
    """Measures the steps of a training on their own batch and on further images.

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

    def __init__(
        self,
        model: nn.Module,
        optimizer: Optimizer,
        steps: Collection[int],
        others: Mapping[str, tuple[Tensor, Collection[int]]],
        rate: float,
    ) -> None:
        super().__init__(model, optimizer, steps)
        self._others, self._rate, self._first = others, rate, next(iter(others))
        self._before: Weights = {}
        self.found = {name: {} for name in (*others, AT_RATE)}

    def _before_step(self) -> None:
        if any(self._step in steps for _, steps in self._others.values()):
            self._before = weights_of(self._model)

    def _after_step(self) -> None:
        for name, (images, steps) in self._others.items():
            if self._step in steps:
                changed = changed_evaluations(self._model, self._before, images)
                self.found[name][self._step] = shares(changed)
                if name == self._first:
                    self.found[AT_RATE][self._step] = self._at_rate(images)

    def _at_rate(self, images: Tensor) -> np.ndarray:
        end = at_rate(self._before, direction_of(self._model, self._optimizer), self._rate)
        return shares(changed_evaluations(self._model, self._before, images, end))
