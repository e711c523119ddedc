"""The order of the samples: a new permutation each epoch, cut into batches.

An epoch is one pass over n samples in ceil(n / batch_size) steps. The last batch of an epoch is
kept, however small: the source counts 929 steps for 59 400 images in batches of 64, which is
928.1 rounded up (thesis 2.2.4, supplement E). Where n is a multiple of the batch size, or the batch
is the whole set, all batches are alike.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from relu_book.training import checks


def steps_per_epoch(samples: int, batch_size: int) -> int:
    """Number of steps in which a pass over all samples is done, the last incomplete one included.

    Args:
        samples: Number of samples.
        batch_size: Samples a step.

    Returns:
        samples / batch_size, rounded up.

    Raises:
        ValueError: one of the two is not a whole number of at least 1.

    Example:
        >>> from relu_book.training import steps_per_epoch
        >>> steps_per_epoch(60_000 - 600, 64)
        929
    """
    return -(-checks.positive(samples, "samples") // checks.positive(batch_size, "batch_size"))


class Batches:
    """The indices of one batch after the other, without an end.

    The same as the naive form ::

        generator = torch.Generator().manual_seed(seed)
        while True:
            yield from torch.randperm(samples, generator=generator).split(batch_size)

    but able to say where it is and to go on from there. Drawn on the CPU, so that the order is the
    same whatever device trains.

    Args:
        samples: Number of samples.
        batch_size: Samples a batch; the last batch of an epoch holds what is left.
        seed: Of the permutations.
        device: Where the indices are wanted; they are moved once an epoch.

    Raises:
        ValueError: no samples, a batch size below 1, or a negative seed.

    Example:
        >>> from relu_book.training import Batches
        >>> batches = Batches(5, batch_size=2, seed=0)
        >>> [next(batches).tolist() for _ in range(4)]
        [[4, 0], [1, 3], [2], [3, 4]]
    """

    def __init__(
        self, samples: int, batch_size: int, seed: int = 0, device: torch.device | None = None
    ) -> None:
        self.samples = checks.positive(samples, "samples")
        self.batch_size = checks.positive(batch_size, "batch_size")
        self.device = device
        self._generator = torch.Generator().manual_seed(checks.seed_number(seed))
        self._begin_epoch()

    def _begin_epoch(self) -> None:
        self._epoch_state = self._generator.get_state()
        order = torch.randperm(self.samples, generator=self._generator)
        self._batches = order.to(self.device).split(self.batch_size)
        self._position = 0

    def __iter__(self) -> Iterator[Tensor]:
        return self

    def __next__(self) -> Tensor:
        if self._position == len(self._batches):
            self._begin_epoch()
        self._position += 1
        return self._batches[self._position - 1]

    def state_dict(self) -> dict:
        """Where the order is: the generator before this epoch, and the batches taken since."""
        return {"epoch_state": self._epoch_state.clone(), "position": self._position}

    def load_state_dict(self, state: dict) -> None:
        """Go on from where ``state_dict`` was taken."""
        self._generator.set_state(state["epoch_state"])
        self._begin_epoch()
        self._position = state["position"]
