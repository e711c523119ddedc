"""Counting the patterns of a whole network over a whole data set, at every site in one pass.

The count of a pattern A at a layer is the number of its occurrences over the data set (thesis
3.1.2, definition 4, equation 3.3), for a convolution over the data set and every pixel. Batch norms
normalise by the batch, as they do in training (thesis 3.1.3), or by their running statistics.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.parallel import DataParallel, DistributedDataParallel
from torch.nn.parameter import UninitializedTensorMixin
from torch.utils._pytree import tree_leaves

from relu_book.patterns.backends.threads import together
from relu_book.patterns.batches import as_arguments, checked_batches
from relu_book.patterns.counter import PatternCounter
from relu_book.patterns.counting import PatternCounts
from relu_book.patterns.sites import Site, watch
from relu_book.patterns.unseen import unseen
from relu_book.undisturbed import (
    model_as_it_was,
    random_numbers_as_they_were,
    written_parameters_named,
)

_LEAST_BYTES = 1 << 16  # the least limit that a counter takes
_MOST_WAITS = 1 << 25  # bytes of patterns that wait to be counted beside each other


def count_patterns(
    model: nn.Module,
    batches: Iterable[Any],
    *,
    sites: str | int | Iterable[str | int] | Callable[[str], bool] | None = None,
    batch_norm: Literal["batch", "running"] = "batch",
    max_patterns: int | None = None,
    max_bytes: int | None = None,
    channel_dim: int | None = None,
    progress: bool = False,
) -> dict[str, PatternCounts]:
    """Counts the activation patterns at every ReLU-like call of a model, exactly.

    The model is in evaluation mode for it (dropout is off), without gradients. Afterwards it is
    bitwise what it was: parameters, buffers, running statistics, training flags, hooks, and the
    attributes of its modules with the tensors, arrays, lists, dicts and sets in them; so are the
    random numbers, whatever model and loader drew, also from the generator of a ``DataLoader``;
    also after an exception. Not put back is what a forward pass writes into a parameter in place
    (a warning names it, but for writes through ``.data``), into an object of
    the user's own class, or outside of the model.

    Args:
        model: any module; compiled ones run eagerly.
        batches: what a data loader gives. A batch is the model's input, or a tuple or list whose
            first item is (labels may follow). An input is a tensor, a tuple of positional or a
            mapping of keyword arguments (such as a tokenizer gives), or any other object that the
            model takes as its one argument (such as a graph). Tensors are moved to the model's
            device, and so are objects with a method ``to``.
        sites: names, globs (``"layer1.*"``), numbers from 0, or a predicate of the name; all by
            default. The first batch must have those asked for.
        batch_norm: ``"batch"``: batch norms alone are in training mode and normalise by each batch,
            so that the counts depend on how the data are cut; take the batch size of the training.
            ``"running"``: they use their running statistics, one map for all.
        max_patterns: list at most so many patterns a site, the first ones to come; what comes
            besides is tallied in ``PatternCounts.unlisted``, and measures become bounds. No limit
            by default.
        max_bytes: the same by memory: so many bytes for the counting at all sites together (not for
            the pass itself), in equal shares for the sites of the first batch; at least 64 KiB for
            each, which is also what sites get that only come later.
        channel_dim: the channel dimension of every site, where
            :class:`relu_book.patterns.watch` warns that it cannot follow it.
        progress: show a bar where stderr is a terminal (needs the package tqdm).

    Returns:
        Site name -> :class:`relu_book.patterns.PatternCounts`, in execution order.

    Raises:
        TypeError: ``model`` is no module or a scripted one; ``batches`` gives no batches; calls
            that :class:`relu_book.patterns.watch` refuses.
        ValueError: no batch; no ReLU-like call; a site asked for that the first batch does not
            have; NaN, with the site's name; a site whose width changes; one value a channel under
            batch statistics; parameters without shape or numbers; copies in several threads.
        RuntimeError: another thread runs or counts the model meanwhile.

    Cost: a forward pass over the data, about a fifth of it for watching and counting, and the
    memory of one :class:`relu_book.patterns.PatternCounter` a site. Up to 64 channels are counted
    as they pass; where torch has several threads, wider patterns of a pass are packed and wait for
    its end, up to 32 MiB of them, and several sites are counted beside each other.

    Example:
        >>> _ = torch.manual_seed(0)
        >>> model = nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 1))
        >>> data = torch.randn(1000, 2)
        >>> counts = count_patterns(model, data.split(100))
        >>> counts
        {'2': PatternCounts(width=8, total=1000, distinct=...)}
        >>> int(model[1].num_batches_tracked), model.training
        (0, True)
    """
    model = _checked(model, batch_norm)
    counting = _Counting(max_patterns, max_bytes)
    block = watch(model, counting.count, sites=sites, channel_dim=channel_dim)
    device = next((t.device for t in [*model.parameters(), *model.buffers()]), None)
    with random_numbers_as_they_were(model, batches):
        # The loader runs outside of the inner blocks, so that it may use the model itself.
        for number, batch in enumerate(checked_batches(batches, progress)):
            args, kwargs = as_arguments(batch, number, device)
            evaluation = _evaluation(model, batch_statistics=batch_norm == "batch")
            with unseen(), block, evaluation:  # unseen by other blocks that are open
                try:
                    model(*args, **kwargs)
                except (RuntimeError, ValueError) as error:
                    _explain(error, model, (args, kwargs), number)
                    raise
            counting.end_pass()
            if not counting.order:
                raise ValueError(
                    f"{type(model).__name__} made no ReLU-like call in its forward pass; what "
                    "counts is listed at relu_book.patterns.watch"
                )
    if not counting.passes:
        raise ValueError(
            "batches gave no batch at all; a data loader may be empty, a generator is used up "
            "after one loop"
        )
    # What saw the pass refers to itself and waits for the garbage collector; no counter does.
    return {name: counting.counters.pop(name).result() for name in counting.order}


@contextmanager
def _evaluation(model: nn.Module, batch_statistics: bool) -> Iterator[None]:
    """Evaluation mode, but for batch norms if they normalise by the batch; no gradients."""
    with model_as_it_was(model), written_parameters_named(model), torch.no_grad():
        for module in model.modules():
            training = batch_statistics and isinstance(module, _BatchNorm)
            if module.training != training:  # nn.Module is slow to set an attribute
                module.training = training
        yield


class _Counting:
    """The counters of all sites, in execution order, within the limits."""

    def __init__(self, max_patterns: int | None, max_bytes: int | None) -> None:
        PatternCounter(1, max_patterns=max_patterns, max_bytes=max_bytes)  # checks the limits
        self._max_patterns, self._max_bytes = max_patterns, max_bytes
        self.counters: dict[str, PatternCounter] = {}
        self.order: list[str] = []
        self.passes = 0
        self._previous: str | None = None
        self._widths: dict[str, int] = {}
        # Patterns of this pass: until there is enough for several threads and, with a limit on
        # bytes, until it is known how many sites share them.
        self._waiting: list[tuple[str, Tensor]] = []

    def count(self, site: Site) -> None:
        name = site.name
        width = self._widths.setdefault(name, site.width)
        if site.width != width:
            raise ValueError(
                f"site {name!r} has {site.width} channels in batch {self.passes} and had {width} "
                "before; its pattern needs a fixed width: set channel_dim= to the dimension of the "
                "channels, or leave the site out with sites="
            )
        if len(self._widths) > len(self.order):
            place = 0 if self._previous is None else self.order.index(self._previous) + 1
            self.order.insert(place, name)
        self._previous = name
        share_is_known = self._max_bytes is None or self.passes
        if share_is_known:
            counter = self._counter(name, _LEAST_BYTES)
            if counter._add_signs(site.pre_activation, site.channel_dim):
                return
        self._waiting.append((name, site.pack()))
        if share_is_known and (torch.get_num_threads() == 1 or self._waiting_bytes() > _MOST_WAITS):
            self._count_what_waits(_LEAST_BYTES)

    def end_pass(self) -> None:
        share = _LEAST_BYTES
        if self._max_bytes is not None and not self.passes and self.order:
            share = self._max_bytes // len(self.order)
            if share < _LEAST_BYTES:
                raise ValueError(
                    f"max_bytes={self._max_bytes} is too little for {len(self.order)} sites; give "
                    f"at least {_LEAST_BYTES * len(self.order)}, or fewer sites with sites="
                )
        self._count_what_waits(share)
        self._previous = None
        self.passes += 1

    def _waiting_bytes(self) -> int:
        return sum(packed.nbytes for _, packed in self._waiting)

    def _count_what_waits(self, share: int) -> None:
        """Each site's patterns in their order, several sites beside each other."""
        of_site: dict[str, list[Tensor]] = {}
        for name, packed in self._waiting:
            of_site.setdefault(name, []).append(packed)
        self._waiting = []

        def update(counter: PatternCounter, batches: list[Tensor]) -> None:
            for packed in batches:
                counter._add(packed)

        together([partial(update, self._counter(name, share), of_site[name]) for name in of_site])

    def _counter(self, name: str, share: int) -> PatternCounter:
        if name not in self.counters:
            max_bytes = None if self._max_bytes is None else share
            self.counters[name] = PatternCounter(
                self._widths[name], max_patterns=self._max_patterns, max_bytes=max_bytes
            )
        return self.counters[name]


def _checked(model: nn.Module, batch_norm: str) -> nn.Module:
    """The model to run, or one sentence why it cannot be."""
    if not isinstance(model, nn.Module):
        raise TypeError(f"count_patterns needs a torch.nn.Module, not {type(model).__name__}")
    if batch_norm not in ("batch", "running"):
        raise ValueError(f"batch_norm is 'batch' or 'running', not {batch_norm!r}")
    for name, tensor in [*model.named_parameters(), *model.named_buffers()]:
        if isinstance(tensor, UninitializedTensorMixin):
            raise ValueError(f"{name!r} has no shape yet; pass one batch through the model first")
        if tensor.is_meta:
            raise ValueError(f"{name!r} is on the meta device and has no numbers; load the model")
    for module in model.modules():
        if isinstance(module, DataParallel) and len(module.device_ids) > 1:
            raise ValueError(
                "DataParallel runs copies of the model in threads, each on a part of the batch, "
                "where they cannot be counted; count_patterns(model.module, ...) runs it on one "
                "device"
            )
    # Its forward would wait for the other ranks, which may have other numbers of batches.
    return model.module if isinstance(model, DistributedDataParallel) else model


def _explain(error: Exception, model: nn.Module, inputs: Any, number: int) -> None:
    """Raises a sentence in place of what torch says, where the cause is known."""
    if "more than 1 value per channel" in str(error):
        raise ValueError(
            f"batch {number} leaves a batch norm one value a channel, which has no variance; use "
            "larger batches, drop_last=True in the data loader, or batch_norm='running'"
        ) from error
    dtypes = [t.dtype for t in model.parameters() if t.is_floating_point()][:1]
    for tensor in tree_leaves(inputs):
        if not isinstance(tensor, Tensor) or "type" not in str(error):
            continue
        integer = tensor.dtype in (torch.uint8, torch.int8, torch.int16)
        if dtypes and tensor.dtype != dtypes[0] and (integer or tensor.is_floating_point()):
            raise ValueError(
                f"the model of {dtypes[0]} does not take batch {number} of {tensor.dtype}; convert "
                "(and scale) the inputs as for training"
            ) from error
