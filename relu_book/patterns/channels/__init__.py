"""The channel dimension, followed from the operation that made the channels to the ReLU.

Beside a forward pass a table keeps, for every tensor that is alive, in which of its dimensions its
channels lie: convolutions, linear maps and products put them there, everything else keeps, moves or
loses them. The table is told of each torch call; what it holds on tensors it holds weakly.
"""

import weakref
from collections.abc import Callable
from typing import Any

from torch import Tensor
from torch.nn import Parameter

from relu_book.patterns.channels.indexing import INDEXING, WRITES
from relu_book.patterns.channels.layouts import WEIGHT, Layout, usual_dimension
from relu_book.patterns.channels.makers import MAKERS
from relu_book.patterns.channels.movers import (
    MOVERS,
    Rule,
    elementwise,
    foreign,
    lost,
    resized,
    same,
)
from relu_book.patterns.channels.products import PRODUCTS

_RULES: dict[str, Rule] = {**MAKERS, **PRODUCTS, **MOVERS, **INDEXING, **WRITES}
_FAMILIES = {"linalg_": lost, "fft_": resized}

# What is asked most often gives no tensor.
_NO_TENSORS = """
shape size dim ndim numel stride dtype device layout requires_grad grad_fn is_leaf is_cuda
is_floating_point is_complex is_contiguous is_nested is_sparse item tolist len
"""
_NUMBERS = {int, float, bool}
_TORCH = ("aten", "prims", "quantized")


def rule_of(function: Callable, name: str) -> Rule | None:
    """What a torch function of this plain name does to the channels; ``None`` if nothing ever."""
    if name in _NO_TENSORS.split():
        return None
    name = name if name in _RULES else name.removesuffix("_copy")
    if name in _RULES:
        return _RULES[name]
    for prefix, rule in _FAMILIES.items():
        if name.startswith(prefix):
            return rule
    namespace = getattr(function, "_qualified_op_name", "aten::").partition("::")[0]
    return elementwise if getattr(function, "namespace", namespace) in _TORCH else foreign


class Channels:
    """Where the channels lie in the tensors of one forward pass.

    Example:
        >>> import torch
        >>> channels, x = Channels(), torch.zeros(8, 5, 20)
        >>> y = torch.conv1d(x, torch.zeros(7, 5, 3))
        >>> channels.follow(rule_of(torch.conv1d, "conv1d"), y, (x,), {})
        >>> z = y.transpose(1, 2)
        >>> channels.follow(rule_of(torch.transpose, "transpose"), z, (y, 1, 2), {})
        >>> channels.dimension(z)
        (2, True)
    """

    def __init__(self) -> None:
        self._known: dict[int, tuple[weakref.ref, Layout]] = {}
        self._made = False

    def of(self, tensor: Any) -> Layout | None:
        """The layout of a tensor, WEIGHT for parameters and what is made of them alone."""
        entry = self._known.get(id(tensor))
        if entry is not None and entry[0]() is tensor:
            return entry[1]
        return WEIGHT if type(tensor) is Parameter else None

    def follow(self, rule: Rule, result: Any, args: tuple, kwargs: dict) -> None:
        """Notes where the channels lie in what a call returned."""
        if args and (rule is same or (rule is elementwise and not kwargs and len(args) < 3)):
            # The short way, for nearly all calls: no look at shapes, no new layout.
            tensor, other = args[0], args[-1]
            entry = self._known.get(id(tensor))
            if entry is None:
                if self._unknown(tensor, other):
                    return
            elif entry[0]() is tensor and isinstance(result, Tensor):
                found = entry[1]
                if rule is same or type(other) in _NUMBERS or self._alike(found, other, result):
                    if result is not tensor:
                        self._known[id(result)] = weakref.ref(result), found
                    return
        if isinstance(result, Tensor):
            self._note(rule, result, args, kwargs)
        elif isinstance(result, tuple | list):
            for item in result:
                if isinstance(item, Tensor):
                    self._note(rule, item, args, kwargs)
        elif result is None and rule in WRITES.values():
            self._note(rule, args[0], args, kwargs)

    def _unknown(self, tensor: Any, other: Any) -> bool:
        """Whether nothing is known of the operands, so nothing of the result."""
        parameter = type(tensor) is Parameter or type(other) is Parameter
        return not parameter and isinstance(tensor, Tensor) and id(other) not in self._known

    def _alike(self, found: Layout, other: Any, result: Tensor) -> bool:
        """Whether a second operand leaves the layout of the first as it is."""
        entry = self._known.get(id(other))
        if entry is not None:
            alike = entry[1] is found
        else:  # an unknown tensor may be the larger one
            alike = type(other) is Parameter or not isinstance(other, Tensor)
        return alike and result.dim() == len(found.marks)

    def _note(self, rule: Rule, result: Tensor, args: tuple, kwargs: dict) -> None:
        try:
            found = rule(self.of, result, args, kwargs)
        except (TypeError, ValueError, LookupError, AttributeError, RuntimeError):
            found = None  # arguments in a form that the rule does not know: the channels are lost
        self.put(result, found)

    def put(self, tensor: Tensor, found: Layout | None) -> None:
        """Notes the layout of a tensor, or that there is none."""
        if found is None or (found is not WEIGHT and len(found.marks) != tensor.ndim):
            self._known.pop(id(tensor), None)
            return
        self._known[id(tensor)] = weakref.ref(tensor), found
        self._made = self._made or found.sure

    def dimension(self, tensor: Tensor) -> tuple[int, bool]:
        """The channel dimension from the front, and whether it is known rather than guessed."""
        found = self.of(tensor)
        if found is not None and len(found.marks) == tensor.ndim:
            return found.dimension(tensor.shape)
        # What no layer has touched, such as an image that is the input, lies as inputs do.
        untouched = found is WEIGHT or not self._made
        return usual_dimension(tensor.ndim), untouched and tensor.ndim != 3
