"""Scripted functions that a model calls: their ReLUs run where no Python call is made.

A scripted module is known by its type and refused; a function under ``@torch.jit.script`` hides in
the code of an ordinary module. It is looked for in the module's attributes, and in what its methods
name: globals, closures, attributes of imported modules, and the functions that these call.
"""

import inspect
from collections.abc import Iterator
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import torch
from torch import nn

from relu_book.patterns.calls import RELUS, has_kink_at_zero


def scripted_relus(model: nn.Module) -> Iterator[tuple[str, str, list[str]]]:
    """Scripted functions with ReLU-like calls: module, function, operators.

    Example:
        >>> list(scripted_relus(nn.Sequential(nn.Linear(2, 3), nn.ReLU())))
        []
    """
    for name, module in model.named_modules():
        for function in _reached(module):
            operators = [op for op in RELUS if _occurs(op, function)]
            if operators:
                yield name or type(module).__name__, function.name, operators


def _occurs(operator: str, function: torch.jit.ScriptFunction) -> bool:
    graph = function.inlined_graph
    nodes = [*graph.findAllNodes(f"aten::{operator}"), *graph.findAllNodes(f"aten::{operator}_")]
    arguments = [[value.toIValue() for value in node.inputs()] for node in nodes]
    return any(has_kink_at_zero(operator, values) for values in arguments)


def _reached(module: nn.Module) -> list[torch.jit.ScriptFunction]:
    """The scripted functions that a module's forward names, over any number of calls."""
    found: dict[int, torch.jit.ScriptFunction] = {}
    seen: set[int] = set()
    left: list[Any] = [type(module).forward, *vars(module).values()]
    while left:
        value = left.pop()
        if isinstance(value, MethodType):
            value = value.__func__
        if isinstance(value, FunctionType):
            value = inspect.unwrap(value)
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, torch.jit.ScriptFunction):
            found[id(value)] = value
        elif isinstance(value, FunctionType) and not _is_of_torch(value):
            left += _named_in(value, module)
    return list(found.values())


def _named_in(function: FunctionType, module: nn.Module) -> Iterator[Any]:
    names = set(_names(function.__code__))
    yield from (cell.cell_contents for cell in function.__closure__ or () if _is_filled(cell))
    for name in names:
        value = function.__globals__.get(name)
        yield value
        yield getattr(type(module), name, None)
        if isinstance(value, ModuleType):
            yield from (vars(value).get(other) for other in names)


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _is_of_torch(function: FunctionType) -> bool:
    return (function.__module__ or "").partition(".")[0] == "torch"


def _is_filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:  # a name that was never assigned
        return False
