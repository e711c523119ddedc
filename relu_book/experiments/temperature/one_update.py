"""One update of a training, computed once, and what it changes on other batches.

An estimate of the share of changed patterns has an error of its own, that of counting on some
images instead of all. A step that is computed and measured on one batch mixes it with the noise of
the gradient. So here the training's own step is kept, weights before and weights after, and all
batches see the same two networks.
"""

from collections.abc import Collection

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
from relu_book.temperature import temperature

RATES = tuple(float(rate) for rate in 10 ** np.linspace(-3.2, 2, 25))  # supplement, table 1


class OneUpdate(StepWatcher):
    """Measures the updates of some steps of a training.

    Args:
        model: The network that is trained.
        optimizer: Of the network.
        steps: Steps, counted from 1, whose update is measured.
        images: The images to take batches from, in order.
        many: How many of them make the largest batch.
        batch_sizes: Sizes of the batches; of the second largest size single positions count too.
        batches: How many of each size.
        seed: Of the single positions.

    Attributes:
        found: By step and name ``sweep``, shares on the first batch by rate and layer, ``many``,
            shares on many images by layer, and what ``on_batches`` finds.

    Cost: two forward passes of each batch, of the many images, and a rate.
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: Optimizer,
        steps: Collection[int],
        images: Tensor,
        many: int,
        batch_sizes: tuple[int, ...],
        batches: int,
        seed: int,
    ) -> None:
        super().__init__(model, optimizer, own=())
        self._measured, self._images = steps, images
        self._many, self._sizes, self._batches, self._seed = many, batch_sizes, batches, seed
        self._before: Weights = {}

    def _before_step(self) -> None:
        if self._step in self._measured:
            self._before = weights_of(self._model)

    def _after_step(self) -> None:
        if self._step in self._measured:
            drawn = np.random.default_rng((self._seed, self._step))
            many = changed_evaluations(self._model, self._before, self._images[: self._many])
            self.found[self._step] = {
                "many": shares(many),
                "sweep": self._at_rates(direction_of(self._model, self._optimizer)),
            } | on_batches(
                self._model, self._before, self._images, self._sizes, self._batches, drawn
            )

    def _at_rates(self, direction: Weights) -> np.ndarray:
        """What a step of this direction changes on the first batch, by rate and layer."""
        first, before = self._images[: self._sizes[-2]], self._before
        ends = (at_rate(before, direction, rate) for rate in RATES)
        return np.stack(
            [shares(changed_evaluations(self._model, before, first, end)) for end in ends]
        )


def on_batches(
    model: nn.Module,
    before: Weights,
    images: Tensor,
    batch_sizes: tuple[int, ...],
    batches: int,
    drawn: np.random.Generator,
) -> dict[str, np.ndarray]:
    """What one update changes on batches of several sizes.

    Args:
        model: With the weights after the update.
        before: The weights before, by name.
        images: As many as the batches of the largest size take, or more.
        batch_sizes: Ascending.
        batches: How many batches of each size.
        drawn: Draws single positions.

    Returns:
        By layer ``small``, the share of changed patterns on the first batch of the second largest
        size; ``spread_one``, the standard deviation over these batches of the share of one random
        position an image; ``spread_temperature``, that of the temperature. By size and layer
        ``spread``, that of the share of all positions.
    """
    found, spreads = {}, []
    for size in batch_sizes:
        parts = images[: size * batches].split(size)
        changed = [changed_evaluations(model, before, part) for part in parts]
        found_shares = np.stack([shares(each) for each in changed])
        spreads.append(found_shares.std(axis=0, ddof=1))
        if size == batch_sizes[-2]:
            evaluations = np.array([layer.size for layer in changed[0]])
            single = np.stack([_single_positions(each, drawn) for each in changed])
            found["small"] = found_shares[0]
            found["spread_one"] = single.std(axis=0, ddof=1)
            found["spread_temperature"] = temperature(found_shares, evaluations).std(axis=0, ddof=1)
    return found | {"spread": np.stack(spreads)}


def _single_positions(changed: list[np.ndarray], drawn: np.random.Generator) -> np.ndarray:
    """Shares of one random position an image, by layer."""
    return np.array(
        [
            layer[np.arange(len(layer)), drawn.integers(layer.shape[1], size=len(layer))].mean()
            for layer in changed
        ]
    )
