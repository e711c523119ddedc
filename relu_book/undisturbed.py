"""Passes through a model that leave it, and the random numbers, bitwise as they were.

A pass writes where one would not expect it: batch norms in training mode into their running
statistics and their number of batches, stateful modules into their attributes, and whatever draws
random numbers (a data loader draws a seed even if it does not shuffle) shifts all later ones.
"""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

_lock = threading.Lock()
_held: dict[int, int] = {}  # id of a module in such a block -> its thread


@contextmanager
def _held_by_this_thread(modules: list[nn.Module]) -> Iterator[None]:
    """Two threads that set the same modules back would leave them as the other one had them."""
    thread = threading.get_ident()
    with _lock:
        for module in modules:
            if _held.get(id(module), thread) != thread:
                raise RuntimeError(
                    f"another thread counts the patterns of this {type(module).__name__}; count "
                    "one after the other, or a copy of the model"
                )
        mine = {id(module): thread for module in modules if id(module) not in _held}
        _held.update(mine)
    try:
        yield
    finally:
        with _lock:
            for key in mine:
                del _held[key]


@contextmanager
def model_as_it_was(model: nn.Module, *, batch_statistics: bool = False) -> Iterator[None]:
    """Evaluation mode without gradients for the block; then every module is bitwise as before.

    Restored are training flags, buffers and the attributes that modules carry, also after an
    exception. Buffers are copies inside, so that the originals are not even written to. Parameters
    are not copied: a forward that assigns to its own parameters does so here too.

    Args:
        model: any module.
        batch_statistics: put batch norms, and nothing else, in training mode, so that they
            normalise by each batch (their running statistics stay).

    Raises:
        RuntimeError: the model, or a part of it, is in such a block of another thread.

    Cost: a copy of the buffers.
    """
    modules = list(model.modules())
    with _held_by_this_thread(modules), _set_back(modules):
        for module in modules:
            module.training = batch_statistics and isinstance(module, _BatchNorm)
        with torch.no_grad():
            yield


@contextmanager
def _set_back(modules: list[nn.Module]) -> Iterator[None]:
    """The attributes of these modules are what they were before, their buffers untouched."""
    attributes = [dict(vars(module)) for module in modules]
    buffers = [dict(module._buffers) for module in modules]
    copies: dict[int, Tensor] = {}
    try:
        for module in modules:
            for name, buffer in module._buffers.items():
                if buffer is not None:
                    module._buffers[name] = copies.setdefault(id(buffer), buffer.clone())
        yield
    finally:
        for module, values, tensors in zip(modules, attributes, buffers, strict=True):
            vars(module).clear()
            vars(module).update(values)
            module._buffers.clear()
            module._buffers.update(tensors)


@contextmanager
def random_numbers_as_they_were(model: nn.Module) -> Iterator[None]:
    """Random numbers drawn in the block are drawn again after it: torch's, NumPy's, Python's.

    Torch's on the CPU and on the CUDA devices that hold the model.
    """
    tensors = [*model.parameters(), *model.buffers()]
    devices = sorted({tensor.get_device() for tensor in tensors if tensor.is_cuda})
    python, numpy = random.getstate(), np.random.get_state()
    with torch.random.fork_rng(devices):
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(numpy)
