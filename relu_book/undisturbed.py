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
from collections.abc import Callable, Iterable, Iterator
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
_IMMUTABLE = frozenset({bool, int, float, str, type(None)})

_lock = threading.Lock()
_held: dict[int, int] = {}  # id of a module in such a block -> its thread


@contextmanager
def model_as_it_was(model: nn.Module) -> Iterator[Callable[[], None]]:
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

    Yields:
        A function that puts all this back within the block, as often as a pass is to start there.

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
            yield kept.start_again
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
def optimizer_as_it_was(optimizer: Optimizer) -> Iterator[Callable[[], None]]:
    """Afterwards an optimizer and the gradients that it reads are bitwise as before.

    Restored are its groups with their rates, its state (also what is not there yet), its hooks,
    other attributes as by :func:`model_as_it_was`, and ``.grad`` of its parameters. Inside,
    tensors of its state and gradients are copies, so that the originals are not even written to.
    The parameters themselves are not restored, see :func:`parameters_as_they_were`.

    Args:
        optimizer: any of torch's, or another subclass of its ``Optimizer``.

    Yields:
        A function that puts all this back within the block, as often as a step is to start there.

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
    gradients = [p.grad for p in parameters]
    copies = [None if gradient is None else gradient.detach().clone() for gradient in gradients]
    kept = _Kept(parameters)

    def give(each: list[Tensor | None]) -> None:
        for parameter, gradient in zip(parameters, each, strict=True):
            if parameter.grad is not gradient:
                parameter.grad = None  # what is there may be of another shape
                parameter.grad = gradient

    def start_again() -> None:
        kept.start_again()
        for gradient, copy in zip(gradients, copies, strict=True):
            if gradient is not None:
                _rewrite(copy, gradient)
        give(copies)

    try:
        kept.keep(vars(optimizer))
        give(copies)
        yield start_again
    finally:
        kept.put_back()
        give(gradients)


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
    again = random_numbers_from_now(cuda_devices(model))
    generators = [(generator, generator.get_state()) for generator in _generators(batches)]
    try:
        yield
    finally:
        again()
        for generator, state in generators:
            generator.set_state(state)


def random_numbers_from_now(devices: Iterable[int] = ()) -> Callable[[], None]:
    """A function after which the random numbers that would be drawn now are drawn once more.

    Args:
        devices: numbers of the CUDA devices whose generators are set as well as the CPU's.

    Example:
        >>> again = random_numbers_from_now()
        >>> first = torch.rand(3)
        >>> again()
        >>> torch.equal(first, torch.rand(3))
        True
    """
    python, numpy, cpu = random.getstate(), np.random.get_state(), torch.get_rng_state()
    others = [(device, torch.cuda.get_rng_state(device)) for device in devices]

    def again() -> None:
        random.setstate(python)
        np.random.set_state(numpy)
        torch.set_rng_state(cpu)
        for device, state in others:
            torch.cuda.set_rng_state(state, device)

    return again


def cuda_devices(tensors: Iterable[Tensor]) -> list[int]:
    """The numbers of the CUDA devices that these tensors lie on."""
    return sorted({tensor.get_device() for tensor in tensors if tensor.is_cuda})


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
        self._seen: set[int] = set()
        self._contents: list[tuple[Any, Any, Any]] = []  # of a container, outside and in the block
        self._copies: dict[int, tuple[Any, Any]] = {id(t): (t, t) for t in not_copied}

    def keep(self, container: Any) -> None:
        """Remembers a container and all in it."""
        if not container:
            self._empty.append(container)
        elif id(container) not in self._seen:
            self._seen.add(id(container))
            contents = inside = container.copy()
            if type(container) is not set:
                items = contents.items() if isinstance(contents, dict) else enumerate(contents)
                for key, value in items:
                    kind = type(value)
                    if kind in _CONTAINERS and not value:
                        self._empty.append(value)  # the short way for most
                    elif kind not in _IMMUTABLE:
                        copied = self._inside(value)
                        if copied is not value:
                            container[key] = copied
                            inside = None
            self._contents.append((container, contents, inside or container.copy()))

    def _inside(self, value: Any) -> Any:
        """What stands in place of a value while the block lasts."""
        kind = type(value)
        if kind in _CONTAINERS:
            self.keep(value)
        elif kind is tuple:
            inside = tuple(map(self._inside, value))
            return value if all(map(operator.is_, inside, value)) else inside
        elif isinstance(value, Tensor | np.ndarray) and not isinstance(value, nn.Parameter):
            if id(value) not in self._copies:
                copy = value.detach().clone() if isinstance(value, Tensor) else value.copy()
                self._copies[id(value)] = value, copy
            return self._copies[id(value)][1]
        return value

    def start_again(self) -> None:
        """Every container holds what it held when the block began, and copies the same numbers."""
        for original, copy in self._copies.values():
            if copy is not original:
                _rewrite(copy, original)
        self._clear()
        for container, _, inside in self._contents:
            _fill(container, inside)

    def put_back(self) -> None:
        """Every container holds what it held, and the originals."""
        self._clear()
        for container, contents, _ in self._contents:
            _fill(container, contents)

    def _clear(self) -> None:
        for container in self._empty:
            if container:
                container.clear()


def _fill(container: Any, contents: Any) -> None:
    if isinstance(container, dict) and _have_same_keys(container, contents):
        # Somebody may be in a loop over it, such as the one that has called a hook.
        for key, value in contents.items():
            container[key] = value
        return
    container.clear()
    if isinstance(container, dict | set):
        container.update(contents)
    else:
        container.extend(contents)


@torch.no_grad()
def _rewrite(copy: Tensor | np.ndarray, original: Tensor | np.ndarray) -> None:
    """The same numbers in the same place, unless its shape or type has become another one."""
    if isinstance(copy, np.ndarray):
        if copy.shape != original.shape:
            copy.resize(original.shape, refcheck=False)
        copy[...] = original
    elif copy.shape == original.shape and copy.dtype == original.dtype:
        copy.copy_(original)
    else:
        copy.data = original.detach().clone()


def _have_same_keys(one: dict, other: dict) -> bool:
    """By identity, in the same order: tensors are keys too, of which == compares the numbers."""
    return len(one) == len(other) and all(map(operator.is_, one, other))
