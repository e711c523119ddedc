"""Reads a model as the steps of ``network.Network``.

The model's forward pass is traced by ``torch.fx`` and translated call by call. What is neither an
affine map of a vector nor a ReLU is refused by name before any work is done.
"""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, fx, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd

from relu_book.cells.network import Activation, Matrix, Network, Scale, Sum
from relu_book.cells.tracing import (
    CannotTakeError,
    ancestors,
    described,
    function_of,
    is_site,
    traced,
)

_TAKEN = (
    "Linear, batch norm on vectors, Flatten, Identity, Dropout, ReLU, LeakyReLU, PReLU, sums, and "
    "products with constants"
)
_SAME_MODULES = (nn.Identity, nn.Flatten, _DropoutNd)
_SAME_FUNCTIONS = {
    *(F.dropout, F.alpha_dropout, F.feature_alpha_dropout),
    *("contiguous", "clone", "detach"),
}
_RESHAPES = {torch.reshape, "view", "reshape"}
_ADDITIONS = {torch.add, operator.add, operator.iadd, "add", "add_"}
_SUBTRACTIONS = {torch.sub, operator.sub, operator.isub, "sub", "sub_"}
_PRODUCTS = {torch.mul, operator.mul, operator.imul, "mul", "mul_"}
_MATRIX_PRODUCTS = {torch.matmul, operator.matmul, "matmul", "mm", torch.mm}


class _Strange(Exception):  # noqa: N818, a signal between the two halves of this file
    """A call that is no step; carries what there is to add to its name."""


class _Behind(Exception):  # noqa: N818, a signal too
    """A call on what a strange call returned: it cannot be judged further."""


@dataclass(frozen=True)
class _Value:
    """A vector, or a tensor still to be flattened, that depends on the input.

    ``shape`` leaves out the batch and is None behind a strange call.
    """

    name: str
    shape: tuple[int, ...] | None


def read_network(
    model: nn.Module, shape: tuple[int, ...], names: list[str], last: int, every_site: bool = False
) -> Network:
    """The steps of a model from its input to one site.

    Args:
        model: All its modules in evaluation mode, batch norms with the statistics to use.
        shape: Shape of one input.
        names: The sites of the model in order of execution.
        last: Number of the site to read up to.
        every_site: Whether to keep earlier sites that the last one does not depend on.

    Returns:
        The network; parameters as they are now, in float64.

    Raises:
        CannotTakeError: Calls before the site that cannot be taken; the message names them all.
    """
    graph = traced(model)
    modules = dict(model.named_modules(remove_duplicate=False))
    sites = [node for node in graph.nodes if is_site(node, modules)]
    if len(sites) == len(names):
        site_names = dict(zip(sites, names, strict=True))
        needed = ancestors(sites[: last + 1] if every_site else [sites[last]])
    else:
        # Some module hides its activations from the trace; reading everything names it.
        site_names = dict.fromkeys(sites, "")
        needed = set(graph.nodes)
    reader = _Reader(model, modules, shape, site_names)
    strange = []
    for node in graph.nodes:
        if node in needed and node.op != "output":
            try:
                reader.read(node)
            except (_Strange, _Behind) as reason:
                reader.known[node] = _Value(node.name, None)
                if isinstance(reason, _Strange):
                    strange.append(f"{described(node, modules)}{reason}")
    if strange:
        raise CannotTakeError(
            f"exact_cells cannot take {' and '.join(dict.fromkeys(strange))}; it takes {_TAKEN}, "
            f"and rasterize takes any model."
        )
    if len(sites) != len(names):
        raise CannotTakeError(
            f"exact_cells found {len(sites)} activations in the code of {type(model).__name__} "
            f"where {len(names)} ran ({', '.join(map(repr, names[:8]))}); use rasterize."
        )
    return Network(tuple(reader.steps), "input")


class _Reader:
    """Translates nodes one after the other; ``known`` has what each one stands for.

    That is a ``_Value``, or a constant tensor or number.
    """

    def __init__(self, model, modules, shape, site_names):
        self.model = model
        self.modules = modules
        self.shape = shape
        self.site_names = site_names
        self.steps: list = []
        self.known: dict[fx.Node, object] = {}

    def read(self, node: fx.Node) -> None:
        if node.op == "placeholder":
            if any(isinstance(value, _Value) for value in self.known.values()):
                raise _Strange(" (a second input)")
            self.known[node] = _Value("input", self.shape)
        elif node.op == "get_attr":
            self.known[node] = _attribute(self.model, node.target)
        elif node.op == "call_module":
            self.known[node] = self._module(node, self.modules[node.target])
        else:
            args = fx.map_arg(node.args, lambda source: self.known.get(source))
            kwargs = dict(fx.map_arg(node.kwargs, lambda source: self.known.get(source)))
            self.known[node] = self._call(node, list(args), kwargs)

    def _module(self, node: fx.Node, module: nn.Module) -> _Value:
        arguments = [*node.args, *node.kwargs.values()]
        x = self.known.get(arguments[0]) if len(arguments) == 1 else None
        if not isinstance(x, _Value):
            raise _Strange(" (more than one argument)")
        if isinstance(module, nn.Linear):
            return self._matrix(node, x, module.weight, module.bias)
        if isinstance(module, _BatchNorm) and len(_shape(x)) == 1:
            factor = 1 / torch.sqrt(_numbers(module.running_var) + module.eps)
            if module.weight is not None:
                factor = factor * _numbers(module.weight)
            shift = -_numbers(module.running_mean) * factor
            if module.bias is not None:
                shift = shift + _numbers(module.bias)
            return self._scale(node, x, factor, shift)
        if isinstance(module, nn.Flatten):
            return self._flatten(x, module.start_dim, module.end_dim)
        if isinstance(module, _SAME_MODULES):
            return x
        if isinstance(module, nn.ReLU):
            return self._activation(node, x, 0.0)
        if isinstance(module, nn.LeakyReLU):
            return self._activation(node, x, module.negative_slope)
        if isinstance(module, nn.PReLU):
            return self._activation(node, x, module.weight)
        if isinstance(module, nn.Threshold) and module.threshold == module.value == 0:
            return self._activation(node, x, 0.0)
        raise _Strange

    def _call(self, node: fx.Node, args: list, kwargs: dict):
        target = node.target
        if not any(isinstance(value, _Value) for value in [*args, *kwargs.values()]):
            return function_of(node)(*args, **kwargs)
        if node in self.site_names:
            return self._activation_call(node, args, kwargs)
        x = args[0] if args else kwargs.pop("input", None)
        rest = args[1:]
        if target == "size" or (target is getattr and rest == ["shape"]):
            sizes = torch.Size((-1, *_shape(x)))
            return sizes[rest[0]] if target == "size" and rest else sizes
        if target in _RESHAPES:
            sizes = rest[0] if rest and isinstance(rest[0], (tuple, list)) else rest
            if len(sizes) != 2 or sizes[1] not in (-1, math.prod(_shape(x))):
                raise _Strange(" (it does not flatten)")
            return _Value(x.name, (math.prod(x.shape),))
        if target in (torch.flatten, "flatten"):
            dims = {**dict(zip(("start_dim", "end_dim"), rest, strict=False)), **kwargs}
            return self._flatten(x, dims.get("start_dim", 0), dims.get("end_dim", -1))
        if target in _SAME_FUNCTIONS:
            return x
        if target is F.linear:
            weight, bias = ([*rest, None, None])[:2]
            weight, bias = kwargs.get("weight", weight), kwargs.get("bias", bias)
            return self._matrix(node, x, weight, bias)
        if target in (operator.getitem, getattr):
            _shape(x)
        other = rest[0] if rest else kwargs.pop("other", kwargs.pop("mat2", None))
        if kwargs or len(rest) > 1 or other is None:
            raise _Strange
        if target in _ADDITIONS:
            return self._sum(node, x, other, 1)
        if target in _SUBTRACTIONS:
            return self._sum(node, x, other, -1)
        if target in _PRODUCTS and not (isinstance(x, _Value) and isinstance(other, _Value)):
            value, factor = (x, other) if isinstance(x, _Value) else (other, x)
            return self._scale(node, value, factor, 0.0)
        if target in _MATRIX_PRODUCTS and isinstance(x, _Value) and torch.is_tensor(other):
            return self._matrix(node, x, other.T, None)
        raise _Strange

    def _activation_call(self, node: fx.Node, args: list, kwargs: dict) -> _Value:
        name = getattr(function_of(node), "__name__", "").strip("_")
        x = args[0] if args else kwargs.get("input")
        argument = args[1] if len(args) > 1 else None
        if name == "relu":
            return self._activation(node, x, 0.0)
        if name == "leaky_relu":
            slope = kwargs.get("negative_slope", 0.01 if argument is None else argument)
            return self._activation(node, x, slope)
        if name == "prelu":
            return self._activation(node, x, kwargs.get("weight", argument))
        upper = kwargs.get("max", args[2] if len(args) > 2 else None)
        if name in ("clamp", "clip", "clamp_min") and upper is None:
            return self._activation(node, x, 0.0)
        if name == "threshold" and kwargs.get("value", args[2] if len(args) > 2 else 1) == 0:
            return self._activation(node, x, 0.0)
        raise _Strange

    def _vector(self, x, size: int | None = None) -> _Value:
        shape = _shape(x)
        if len(shape) != 1 or size not in (None, shape[0]):
            raise _Strange(f" (on inputs of shape {shape}; flatten them first)")
        return x

    def _flatten(self, x: _Value, start: int, end: int) -> _Value:
        if len(_shape(x)) > 1 and (start != 1 or end not in (-1, len(x.shape))):
            raise _Strange(" (it keeps some dimensions)")
        return _Value(x.name, (math.prod(x.shape),))

    def _add(self, step, size: int) -> _Value:
        for numbers in ("weight", "factor", "bias", "slope"):
            if not np.isfinite(getattr(step, numbers, 0.0)).all():
                raise _Strange(" (NaN or infinity among its parameters)")
        self.steps.append(step)
        return _Value(step.target, (size,))

    def _matrix(self, node: fx.Node, x, weight: Tensor, bias: Tensor | None) -> _Value:
        if not torch.is_tensor(weight) or weight.ndim != 2:
            raise _Strange
        x = self._vector(x, weight.shape[1])
        bias = torch.zeros(len(weight)) if bias is None else bias
        step = Matrix(x.name, node.name, _numbers(weight).numpy(), _numbers(bias).numpy())
        return self._add(step, len(weight))

    def _scale(self, node: fx.Node, x, factor, bias) -> _Value:
        size = self._vector(x).shape[0]
        factor, bias = (_per_channel(numbers, size) for numbers in (factor, bias))
        return self._add(Scale(x.name, node.name, factor, bias), size)

    def _sum(self, node: fx.Node, x, y, sign: int) -> _Value:
        if isinstance(x, _Value) and isinstance(y, _Value):
            if self._vector(x).shape != self._vector(y).shape:
                raise _Strange(f" (of shapes {x.shape} and {y.shape})")
            return self._add(Sum((x.name, y.name), node.name, (1, sign)), x.shape[0])
        if isinstance(x, _Value):
            return self._scale(node, x, 1.0, sign * y)
        return self._scale(node, y, float(sign), x)

    def _activation(self, node: fx.Node, x, slope) -> _Value:
        size = self._vector(x).shape[0]
        step = Activation(x.name, node.name, self.site_names[node], _per_channel(slope, size))
        return self._add(step, size)


def _shape(x) -> tuple[int, ...]:
    if not isinstance(x, _Value):
        raise _Strange
    if x.shape is None:
        raise _Behind
    return x.shape


def _attribute(model: nn.Module, path: str):
    for part in path.split("."):
        model = getattr(model, part)
    return model


def _numbers(tensor: Tensor) -> Tensor:
    return tensor.detach().to("cpu", torch.float64)


def _per_channel(numbers, size: int) -> np.ndarray:
    if not torch.is_tensor(numbers):
        numbers = torch.tensor(numbers, dtype=torch.float64)
    numbers = _numbers(numbers).numpy()
    if numbers.ndim > 1 or (numbers.ndim == 1 and len(numbers) not in (1, size)):
        raise _Strange(f" (with a constant of shape {numbers.shape})")
    return np.broadcast_to(numbers, (size,)).astype(np.float64)
