"""What makes a function a measure of similarity: two steps, and which way it points.

``prepare`` looks at one matrix alone, ``value`` at two prepared ones, the second with its rows in
any order. So a null of a hundred permutations, or a map of many layers, prepares each matrix once.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from torch import Tensor

from relu_book.similarity.bases import Basis


class Steps(NamedTuple):
    """The two steps of a measure, with its options filled in."""

    prepare: Callable[[Any, str], Basis]
    value: Callable[..., float]


def measure(steps: Callable[..., Steps]) -> Callable:
    """A decorator: the function is a measure whose steps are those, made from its options."""

    def mark(function: Callable) -> Callable:
        function.larger_is_more_similar = True
        function.steps = steps
        return function

    return mark


def steps_of(given: Callable) -> Steps | None:
    """The steps of one of the library's measures, also with options by ``partial``; else None."""
    if isinstance(given, partial):
        known = getattr(given.func, "steps", None)
        return None if known is None or given.args else known(**given.keywords)
    known = getattr(given, "steps", None)
    return None if known is None else known()


def name_of(given: Callable) -> str:
    """What a picture calls a measure."""
    if isinstance(given, partial):
        options = ", ".join(f"{key}={value!r}" for key, value in given.keywords.items())
        return f"{name_of(given.func)}, {options}" if options else name_of(given.func)
    return getattr(given, "__name__", type(given).__name__)


def of_two(steps: Steps, x: Any, y: Any, order: Tensor | None = None) -> float:
    """The value of a measure for two matrices."""
    return steps.value(steps.prepare(x, "x"), steps.prepare(y, "y"), order)
