"""The calls of a model's forward pass, as a graph of ``torch.fx``, and which of them are sites."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import torch
from torch import Tensor, fx, nn

from relu_book.patterns.calls import RELU_MODULES, relu_like


class CannotTakeError(ValueError):
    """A model whose cells cannot be computed exactly; the message names the layers."""


class _Tracer(fx.Tracer):
    """Stops at torch's modules, also at subclasses of them that keep their forward."""

    def is_leaf_module(self, module: nn.Module, qualified_name: str) -> bool:
        forward = getattr(type(module).forward, "__module__", "")
        container = isinstance(module, (nn.Sequential, nn.ModuleList, nn.ModuleDict))
        return forward.startswith("torch.nn") and not container


def traced(model: nn.Module) -> fx.Graph:
    """The calls of the forward pass.

    Raises:
        CannotTakeError: torch.fx cannot follow the forward pass.
    """
    # Arguments with a default keep it: a mask that is None does not become a second input.
    defaults = {
        name: parameter.default
        for name, parameter in inspect.signature(model.forward).parameters.items()
        if parameter.default is not inspect.Parameter.empty
    }
    try:
        if _Tracer().is_leaf_module(model, ""):
            graph = fx.Graph()
            graph.output(graph.call_module("", (graph.placeholder("x"),)))
            return graph
        return _Tracer().trace(model, concrete_args=defaults or None)
    except Exception as error:
        reason = str(error).strip().partition("\n")[0]
        raise CannotTakeError(
            f"exact_cells reads the forward pass of {type(model).__name__} with torch.fx, which "
            f"failed ({reason}); use rasterize, which only runs it."
        ) from error


def function_of(node: fx.Node) -> Callable | None:
    """The function that a node calls; for methods that of ``Tensor``."""
    if node.op == "call_method":
        return getattr(Tensor, node.target, None)
    return node.target if node.op == "call_function" else None


def is_site(node: fx.Node, modules: dict[str, nn.Module]) -> bool:
    """Whether ``watch`` sees this call."""
    if node.op == "call_module":
        module = modules[node.target]
        if isinstance(module, nn.Threshold):
            return module.threshold == 0
        if isinstance(module, nn.Hardtanh):
            return module.min_val == 0
        return isinstance(module, RELU_MODULES)
    function = function_of(node)
    if function is None or not (node.args or "input" in node.kwargs):
        return False
    stand_in = torch.empty(1)
    kwargs = {key: value for key, value in node.kwargs.items() if key != "input"}
    return relu_like(function, (stand_in, *node.args[1:]), kwargs) is not None


def ancestors(targets: list[fx.Node]) -> set[fx.Node]:
    """The targets and everything that they are computed from."""
    needed, waiting = set(), list(targets)
    while waiting:
        node = waiting.pop()
        if node not in needed:
            needed.add(node)
            waiting += node.all_input_nodes
    return needed


def described(node: fx.Node, modules: dict[str, nn.Module]) -> str:
    """A call as error messages name it."""
    if node.op == "call_module":
        return f"{node.target!r} ({type(modules[node.target]).__name__})"
    name = getattr(node.target, "__name__", str(node.target))
    owner = next(reversed(node.meta.get("nn_module_stack", {"": None})))
    return f"{owner + '/' + name!r}"
