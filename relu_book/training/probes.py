"""Probes: what is measured while a network trains, at chosen steps.

A probe is anything that is called as ``probe(step, model)`` and says when: by ``every`` (steps 0,
every, 2 every, ... and the last) or by ``steps`` (exactly these). Step s is the state after s
updates, so step 0 is the initial network and the last step the trained one.
"""

from collections.abc import Callable, Collection
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from relu_book.training import checks


class Probe:
    """Calls a function at chosen steps, keeps what it returns, and survives a restart.

    Args:
        measure: ``measure(step, model)``; returns a number, a tensor, an array, a string, or dicts
            and lists of these.
        every: Measure at steps 0, every, 2 every, ... and the last.
        steps: Measure at exactly these steps. One of the two must be given.

    Attributes:
        results: What was returned, by step; tensors are detached copies on the CPU.

    Raises:
        ValueError: neither or both of ``every`` and ``steps``, or negative steps.

    Example:
        >>> import torch
        >>> from relu_book.models import mlp
        >>> from relu_book.training import Probe, train
        >>> x = torch.randn(64, 2, generator=torch.Generator().manual_seed(0))
        >>> model = mlp((2, 8, 2), seed=0)
        >>> norm = Probe(lambda step, model: model[0].weight.norm(), steps=[0, 10])
        >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        >>> history = train(model, x, (x[:, 0] > 0).long(), optimizer=optimizer, steps=10,
        ...                 batch_size=16, probes=[norm])
        >>> list(norm.results)
        [0, 10]
    """

    def __init__(
        self,
        measure: Callable[[int, nn.Module], Any],
        *,
        every: int | None = None,
        steps: Collection[int] | None = None,
    ) -> None:
        if (every is None) == (steps is None):
            raise ValueError(
                f"a probe takes either every or steps, but every={every!r} and steps={steps!r}"
            )
        self.measure = measure
        if every is not None:
            self.every = checks.positive(every, "every")
        else:
            self.steps = tuple(steps)
        self.results: dict[int, Any] = {}

    def __call__(self, step: int, model: nn.Module) -> None:
        """Measure at this step."""
        self.results[step] = _kept(self.measure(step, model))

    def state_dict(self) -> dict:
        """The results so far, in the types that a checkpoint holds."""
        return {"results": _packed(self.results)}

    def load_state_dict(self, state: dict) -> None:
        """The results of a run that is resumed."""
        self.results = _unpacked(state["results"])


def when(probe: Any, total_steps: int) -> frozenset[int]:
    """The steps of a run at which a probe is called."""
    steps, every = getattr(probe, "steps", None), getattr(probe, "every", None)
    name = type(probe).__name__
    if not callable(probe) or (steps is None) == (every is None):
        raise ValueError(
            f"a probe must be callable as probe(step, model) and have either .steps or .every, "
            f"which {name} has not: wrap a function as Probe(function, every=...)"
        )
    if every is not None:
        return frozenset([*range(0, total_steps, checks.positive(every, "every")), total_steps])
    outside = sorted(step for step in steps if not 0 <= step <= total_steps)
    if outside:
        raise ValueError(
            f"{name} asks for step {outside[0]}, but the steps of this run are 0 to {total_steps}"
        )
    return frozenset(int(step) for step in steps)


def _kept(value: Any) -> Any:
    """A copy that later updates of the network do not change."""
    if isinstance(value, Tensor):
        return value.detach().to("cpu", copy=True)
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, dict):
        return {key: _kept(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_kept(part) for part in value]
    if value is None or isinstance(value, bool | int | float | complex | str):
        return value
    raise TypeError(
        f"a probe returned {type(value).__name__}, which cannot be kept in a checkpoint: return "
        f"numbers, strings, tensors, arrays, or dicts and lists of them"
    )


# Marks, in the file, a tensor that was a numpy array.
_ARRAY = "numpy array"


def _packed(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return {_ARRAY: torch.from_numpy(value)}
    if isinstance(value, dict):
        return {key: _packed(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_packed(part) for part in value]
    return value


def _unpacked(value: Any) -> Any:
    if isinstance(value, dict):
        if list(value) == [_ARRAY]:
            return value[_ARRAY].numpy()
        return {key: _unpacked(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_unpacked(part) for part in value]
    return value
