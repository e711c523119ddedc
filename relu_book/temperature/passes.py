"""A forward pass that can be made again, bit by bit, with other weights.

What a distance compares are two passes that differ in the weights alone (thesis 3.2.2). So all else
that a pass depends on is remembered where the first one starts and is there again for the second:
inputs, random numbers (dropout draws the same masks), buffers (what batch norms and the like carry
from pass to pass), training flags, autocast.
"""

import random
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.parallel import DataParallel, DistributedDataParallel
from torch.utils._pytree import tree_map_only

from relu_book.patterns import watch
from relu_book.patterns.unseen import unseen
from relu_book.undisturbed import (
    model_as_it_was,
    modes_as_they_were,
    random_numbers_as_they_were,
)

_running = threading.local()


def is_repeating() -> bool:
    """Whether the pass that runs now in this thread is one made again, so none of the training."""
    return getattr(_running, "depth", 0) > 0


def unwrapped(model: nn.Module) -> nn.Module:
    """The model without what only spreads it over processes or devices."""
    while isinstance(model, DataParallel | DistributedDataParallel):
        model = model.module
    return model


def arguments_of(inputs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Positional and named arguments: a tuple is spread, a mapping gives names, else there is one.

    Example:
        >>> arguments_of((1, 2)), arguments_of({"ids": 3})
        (((1, 2), {}), ((), {'ids': 3}))
    """
    if isinstance(inputs, tuple):
        return inputs, {}
    if isinstance(inputs, Mapping) and all(isinstance(key, str) for key in inputs):
        return (), dict(inputs)
    return (inputs,), {}


@contextmanager
def as_in_training(model: nn.Module) -> Iterator[None]:
    """Batch norms of a model in evaluation mode normalise by the batch; all else stays."""
    with modes_as_they_were(model):
        if not model.training:
            for module in model.modules():
                module.training |= isinstance(module, _BatchNorm)
        yield


class Pass:
    """The forward pass that would start now, to be made as often as wanted.

    Args:
        model: any module.
        args: what it is called with; tensors are copied, so that neither the model nor a loader
            that fills its batches anew can change them.
        kwargs: likewise, by name.
    """

    def __init__(self, model: nn.Module, args: tuple, kwargs: dict[str, Any]) -> None:
        self._model = model
        self._args, self._kwargs = tree_map_only(Tensor, _copy, (args, kwargs))
        tensors = [*model.parameters(), *model.buffers()]
        self._devices = sorted({t.get_device() for t in tensors if t.is_cuda})
        self._random = (
            (random.getstate(), np.random.get_state(), torch.get_rng_state()),
            [torch.cuda.get_rng_state(device) for device in self._devices],
        )
        self._buffers = {name: _copy(buffer) for name, buffer in model.named_buffers()}
        self._modes = [(module, module.training) for module in model.modules()]
        kinds = {"cpu", *(t.device.type for t in tensors)}
        self._autocast = [
            (kind, torch.get_autocast_dtype(kind), torch.is_autocast_enabled(kind))
            for kind in sorted(kinds)
        ]

    def repeat(self, block: watch, parameters: dict[str, Tensor] | None = None) -> None:
        """Makes the pass with the weights of now, without a graph, and leaves the model as it was.

        Other ``watch`` blocks do not see it.

        Args:
            block: sees the pass; one on this model that is not open. Making one takes longer than
                opening it again.
            parameters: tensors that take the place of parameters, by name.
        """
        model = self._model
        _running.depth = getattr(_running, "depth", 0) + 1
        try:
            with ExitStack() as stack:
                stack.enter_context(unseen())
                stack.enter_context(random_numbers_as_they_were(model))
                stack.enter_context(model_as_it_was(model))
                stack.enter_context(torch.no_grad())
                for kind, dtype, enabled in self._autocast:
                    # Without its cache, in which weights of before may lie.
                    stack.enter_context(torch.autocast(kind, dtype, enabled, cache_enabled=False))
                self._as_at_the_start()
                stack.enter_context(block)
                args, kwargs = tree_map_only(Tensor, _copy, (self._args, self._kwargs))
                torch.func.functional_call(model, parameters or {}, args, kwargs)
        finally:
            _running.depth -= 1

    def _as_at_the_start(self) -> None:
        for module, training in self._modes:
            module.training = training
        with torch.no_grad():
            for name, buffer in self._model.named_buffers():
                if name in self._buffers:
                    buffer.copy_(self._buffers[name])
        (python, numpy, cpu), others = self._random
        random.setstate(python)
        np.random.set_state(numpy)
        torch.set_rng_state(cpu)
        for device, state in zip(self._devices, others, strict=True):
            torch.cuda.set_rng_state(state, device)


def _copy(tensor: Tensor) -> Tensor:
    return tensor.detach().clone()
