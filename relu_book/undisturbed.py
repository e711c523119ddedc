"""Blocks of code that leave a model, its optimizer and the random numbers bitwise as they were.

A pass writes where one would not expect it: batch norms in training mode into their running
statistics and their number of batches, stateful modules into their attributes, and whatever draws
random numbers (a data loader draws a seed even if it does not shuffle) shifts all later ones.
"""

import operator
import random
import threading
import warnings
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parameter import UninitializedTensorMixin
from torch.optim import Optimizer
from torch.utils.data import DataLoader

# Subclasses that nobody here knows are left alone: emptying and filling them may do anything.
_CONTAINERS = frozenset({list, dict, set, deque, OrderedDict, defaultdict, Counter})

_lock = threading.Lock()
_held: dict[int, int] = {}  # id of a module in such a block -> its thread


@contextmanager
def model_as_it_was(model: nn.Module) -> Iterator[None]:
    """Afterwards every module is bitwise as before, also after an exception.

    Restored are training flags, hooks, buffers, and the attributes that modules carry: what they
    are, and what tensors, arrays, lists, dicts, sets and deques among them hold, at any depth.
    Inside, tensors and arrays are copies, so that the originals are not even written to. A
    parameter that was replaced, or given other ``data``, has its own again.

    Not restored are numbers that are written into a parameter in place, which would take a copy of
    all of them (see ``written_parameters_named``), and the insides of other objects, such as an
    instance of the user's own class.

    Args:
        model: any module.

    Raises:
        RuntimeError: the model, or a part of it, is in such a block of another thread.

    Cost: a copy of the buffers and of the tensors among the attributes, and some microseconds a
    module.

    Example:
        >>> model = nn.Sequential(nn.BatchNorm1d(2), nn.ReLU())
        >>> model.seen = []
        >>> with model_as_it_was(model):
        ...     model.seen.append(model(torch.ones(3, 2)))
        >>> model.seen, int(model[0].num_batches_tracked)
        ([], 0)
    """
    modules = list(model.modules())
    with _held_by_this_thread(modules):
        lazy = UninitializedTensorMixin
        data = [(p, p.data) for p in model.parameters() if not isinstance(p, lazy)]
        kept = _Kept()
        try:
            for module in modules:
                kept.keep(vars(module))
            yield
        finally:
            kept.put_back()
            for parameter, own in data:
                parameter.data = own


@contextmanager
def parameters_as_they_were(parameters: Iterable[Tensor]) -> Iterator[dict[Tensor, Tensor]]:
    """Afterwards the numbers in these parameters are bitwise as before, also after an exception.

    Autograd does not notice that they were written to meanwhile, so that a graph which holds them
    can still be run backwards.

    Args:
        parameters: of one or of several models; some may be the same.

    Yields:
        A copy of each parameter.

    Cost: two copies of the parameters.

    Example:
        >>> weight = nn.Parameter(torch.ones(2))
        >>> with parameters_as_they_were([weight]) as copies, torch.no_grad():
        ...     _ = weight.mul_(3).sub_(copies[weight])
        ...     weight.tolist()
        [2.0, 2.0]
        >>> weight.tolist(), weight._version
        ([1.0, 1.0], 0)
    """
    lazy = UninitializedTensorMixin
    copies = {p: p.detach().clone() for p in parameters if not isinstance(p, lazy)}
    with torch.autograd._unsafe_preserve_version_counter(tuple(copies)):
        try:
            yield copies
        finally:
            with torch.no_grad():
                for parameter, copy in copies.items():
                    parameter.copy_(copy)


@contextmanager
def optimizer_as_it_was(optimizer: Optimizer) -> Iterator[None]:
    """Afterwards an optimizer and the gradients that it reads are bitwise as before.

    Restored are its groups with their rates, its state (also what is not there yet), its hooks,
    other attributes as by :func:`model_as_it_was`, and ``.grad`` of its parameters. Inside,
    tensors of its state and gradients are copies, so that the originals are not even written to.
    The parameters themselves are not restored, see :func:`parameters_as_they_were`.

    Args:
        optimizer: any of torch's, or another subclass of its ``Optimizer``.

    Cost: a copy of its state and of the gradients.

    Example:
        >>> weight = nn.Parameter(torch.ones(2))
        >>> optimizer = torch.optim.Adam([weight])
        >>> weight.grad = torch.ones(2)
        >>> with optimizer_as_it_was(optimizer):
        ...     optimizer.step()
        >>> len(optimizer.state), weight.grad.tolist()
        (0, [1.0, 1.0])
    """
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    gradients = [(p, p.grad) for p in parameters if p.grad is not None]
    kept = _Kept(parameters)
    try:
        kept.keep(vars(optimizer))
        for parameter, gradient in gradients:
            parameter.grad = gradient.detach().clone()
        yield
    finally:
        kept.put_back()
        for parameter in parameters:
            parameter.grad = None
        for parameter, gradient in gradients:
            parameter.grad = gradient


@contextmanager
def modes_as_they_were(model: nn.Module) -> Iterator[None]:
    """Afterwards every module is in the mode, training or evaluation, that it was in."""
    modes = [(module, module.training) for module in model.modules()]
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


@contextmanager
def written_parameters_named(model: nn.Module) -> Iterator[None]:
    """Warns of parameters that the block wrote into in place, which stay as it left them.

    Not noticed is what goes past autograd's count of writes, such as ``weight.data.clamp_()``.

    Warns:
        UserWarning: names the parameters, and how to keep them.
    """
    before = {
        name: (parameter, parameter._version)
        for name, parameter in model.named_parameters()
        if not parameter.is_inference()
    }
    yield
    written = [
        name for name, (parameter, version) in before.items() if parameter._version != version
    ]
    if written:
        warnings.warn(
            f"the forward pass of {type(model).__name__} writes into its parameters "
            f"{', '.join(map(repr, written[:8]))} in place, and they stay as it left them; to keep "
            "yours, pass copy.deepcopy(model)",
            stacklevel=3,
        )


@contextmanager
def random_numbers_as_they_were(
    model: nn.Module | Iterable[Tensor], batches: Iterable[Any] = ()
) -> Iterator[None]:
    """Random numbers drawn in the block are drawn again after it: torch's, NumPy's, Python's.

    Args:
        model: a module, or tensors; the generators of their CUDA devices are put back as well as
            the CPU's.
        batches: if it is a ``DataLoader``, so are the generators of its own and of its samplers.

    Example:
        >>> with random_numbers_as_they_were(nn.Identity()):
        ...     inside = torch.rand(3)
        >>> torch.equal(inside, torch.rand(3))
        True
    """
    if isinstance(model, nn.Module):
        model = [*model.parameters(), *model.buffers()]
    devices = sorted({tensor.get_device() for tensor in model if tensor.is_cuda})
    python, numpy = random.getstate(), np.random.get_state()
    generators = [(generator, generator.get_state()) for generator in _generators(batches)]
    with torch.random.fork_rng(devices):
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(numpy)
            for generator, state in generators:
                generator.set_state(state)


def _generators(batches: Iterable[Any]) -> list[torch.Generator]:
    if not isinstance(batches, DataLoader):
        return []
    sampler = batches.batch_sampler
    owners = (batches, batches.sampler, sampler, getattr(sampler, "sampler", None))
    found = [getattr(owner, "generator", None) for owner in owners]
    return [generator for generator in found if isinstance(generator, torch.Generator)]


@contextmanager
def _held_by_this_thread(modules: list[nn.Module]) -> Iterator[None]:
    """Two threads that set the same modules back would leave them as the other one had them."""
    thread = threading.get_ident()
    with _lock:
        for module in modules:
            if _held.get(id(module), thread) != thread:
                raise RuntimeError(
                    f"another thread runs this {type(module).__name__} and will put it back as it "
                    "was; run one after the other, or a copy of the model"
                )
        mine = {id(module): thread for module in modules if id(module) not in _held}
        _held.update(mine)
    try:
        yield
    finally:
        with _lock:
            for key in mine:
                del _held[key]


class _Kept:
    """What containers held, while copies of their tensors and arrays lie in them.

    Parameters are not copied, nor are the tensors that are named so.
    """

    def __init__(self, not_copied: Iterable[Tensor] = ()) -> None:
        self._empty: list[Any] = []  # by far the most: each module has a dozen without a hook in it
        self._contents: dict[int, tuple[Any, Any]] = {}
        self._copies: dict[int, Tensor | np.ndarray] = {id(t): t for t in not_copied}

    def keep(self, container: Any) -> None:
        """Remembers a container and all in it."""
        if not container:
            self._empty.append(container)
        elif id(container) not in self._contents:
            contents = container.copy()
            self._contents[id(container)] = container, contents
            if type(container) is not set:
                items = contents.items() if isinstance(contents, dict) else enumerate(contents)
                for key, value in items:
                    inside = self._inside(value)
                    if inside is not value:
                        container[key] = inside

    def _inside(self, value: Any) -> Any:
        """What stands in place of a value while the block lasts."""
        if type(value) in _CONTAINERS:
            self.keep(value)
        elif type(value) is tuple:
            inside = tuple(map(self._inside, value))
            return value if all(map(operator.is_, inside, value)) else inside
        elif isinstance(value, Tensor | np.ndarray) and not isinstance(value, nn.Parameter):
            if id(value) not in self._copies:
                tensor = isinstance(value, Tensor)
                self._copies[id(value)] = value.detach().clone() if tensor else value.copy()
            return self._copies[id(value)]
        return value

    def put_back(self) -> None:
        """Every container holds what it held, and the originals."""
        for container in self._empty:
            if container:
                container.clear()
        for container, contents in self._contents.values():
            if isinstance(container, dict) and _have_same_keys(container, contents):
                # Somebody may be in a loop over it, such as the one that has called a hook.
                for key, value in contents.items():
                    container[key] = value
                continue
            container.clear()
            if isinstance(container, dict | set):
                container.update(contents)
            else:
                container.extend(contents)


def _have_same_keys(one: dict, other: dict) -> bool:
    """By identity, in the same order: tensors are keys too, of which == compares the numbers."""
    return len(one) == len(other) and all(map(operator.is_, one, other))
