"""A forward pass that can be made again, bit by bit, with other weights.

What a distance compares are two passes that differ in the weights alone (thesis 3.2.2). So all else
that a pass depends on is remembered where the first one starts and is there again for the second:
inputs, random numbers (dropout draws the same masks), buffers (what batch norms and the like carry
from pass to pass), training flags, autocast.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.parallel import DataParallel, DistributedDataParallel
from torch.utils._pytree import tree_flatten, tree_unflatten

from relu_book.patterns import watch
from relu_book.patterns.unseen import unseen
from relu_book.undisturbed import (
    cuda_devices,
    model_as_it_was,
    modes_as_they_were,
    random_numbers_from_now,
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
        leaves, self._structure = tree_flatten((args, kwargs))
        self._leaves = list(map(_copied, leaves))
        tensors = [*model.parameters(), *model.buffers()]
        self._devices = cuda_devices(tensors)
        self._draw_again = random_numbers_from_now(self._devices)
        self._buffers = {name: _copied(buffer) for name, buffer in model.named_buffers()}
        self._modes = [(module, module.training) for module in model.modules()]
        self._autocast = [
            (kind, torch.get_autocast_dtype(kind), torch.is_autocast_enabled(kind))
            for kind in sorted({"cpu", *(tensor.device.type for tensor in tensors)})
        ]

    def repeat(self, block: watch, parameters: dict[str, Tensor] | None = None) -> None:
        """Makes the pass once, see ``repeating``."""
        with self.repeating(block) as again:
            again(parameters)

    @contextmanager
    def repeating(self, block: watch) -> Iterator[Callable[..., None]]:
        """Yields a function that makes the pass with the weights of now, without a graph.

        It may be given tensors, by name, that take the place of parameters. When the block ends,
        model and random numbers are as they were. Other ``watch`` blocks see nothing of it.

        Args:
            block: sees the passes; one on this model that is not open. Making one takes longer than
                opening it again.
        """
        draw_on = random_numbers_from_now(self._devices)
        try:
            with unseen(), model_as_it_was(self._model) as start_again:
                buffers = [
                    (buffer, self._buffers[name])
                    for name, buffer in self._model.named_buffers()
                    if name in self._buffers
                ]

                def again(parameters: dict[str, Tensor] | None = None) -> None:
                    start_again()
                    with torch.no_grad():
                        for buffer, at_the_start in buffers:
                            buffer.copy_(at_the_start)
                    for module, training in self._modes:
                        if module.training != training:
                            module.training = training
                    self._draw_again()
                    self._run(block, parameters)

                yield again
        finally:
            draw_on()

    def _run(self, block: watch, parameters: dict[str, Tensor] | None) -> None:
        args, kwargs = tree_unflatten(map(_copied, self._leaves), self._structure)
        _running.depth = getattr(_running, "depth", 0) + 1
        try:
            with ExitStack() as stack:
                stack.enter_context(torch.no_grad())
                for kind, dtype, enabled in self._autocast:
                    if enabled or torch.is_autocast_enabled(kind):
                        # Without its cache, in which weights of before may lie.
                        stack.enter_context(torch.autocast(kind, dtype, enabled, False))
                stack.enter_context(block)
                if parameters is None:
                    self._model(*args, **kwargs)
                else:
                    torch.func.functional_call(self._model, parameters, args, kwargs)
        finally:
            _running.depth -= 1


def _copied(value: Any) -> Any:
    return value.detach().clone() if isinstance(value, Tensor) else value
