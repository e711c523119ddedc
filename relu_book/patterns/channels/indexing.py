"""Reading and writing parts of a tensor: ``x[...]`` and ``x[...] = y``."""

from typing import Any

import numpy as np
from torch import Tensor

from relu_book.patterns.channels.layouts import PLAIN, WEIGHT, Layout, agreed, layout, whole
from relu_book.patterns.channels.movers import Of, Rule

_FULL = slice(None)


def indexed(marks: list, index: Any) -> list:
    """What becomes of one mark for each dimension; dimensions that merge leave a list of theirs.

    Example:
        >>> indexed(["n", "c", "h", "w"], (0, ..., None, slice(2)))
        ['c', 'h', 0, 'w']
        >>> indexed(["n", "c", "h", "w"], (slice(None), slice(None), np.ones((5, 5), bool)))
        ['n', 'c', ['h', 'w']]
    """
    items = list(index) if isinstance(index, tuple) else [index]
    used = sum(_dimensions(item) for item in items)
    place = next((n for n, item in enumerate(items) if item is ...), len(items))
    items[place : place + 1] = [_FULL] * (len(marks) - used)
    left, found, blocks, gathered, length = list(marks), [], [], [], 0
    for item in items:
        if item is None:
            found.append(PLAIN)
        elif isinstance(item, slice):
            mark = left.pop(0)
            found.append(whole(mark) if isinstance(mark, tuple) and item != _FULL else mark)
        elif _is_number(item):
            left.pop(0)
        else:
            count = _dimensions(item)
            blocks.append(len(found) + len(blocks))
            gathered += left[:count]
            del left[:count]
            length = max(length, 1 if count > 1 or _is_mask(item) else np.ndim(item))
    if not blocks:
        return found
    if len(gathered) == 1:
        gathered = whole(gathered[0]) if isinstance(gathered[0], tuple) else gathered[0]
    block = [gathered] * length
    adjacent = blocks[-1] - blocks[0] == len(blocks) - 1
    start = blocks[0] if adjacent else 0
    return found[:start] + block + found[start:]


def _is_number(item: Any) -> bool:
    return isinstance(item, int | np.integer) and not isinstance(item, bool)


def _is_mask(item: Any) -> bool:
    if isinstance(item, Tensor):
        return not item.is_floating_point() and str(item.dtype) in ("torch.bool", "torch.uint8")
    return np.asarray(item).dtype == bool


def _dimensions(item: Any) -> int:
    """How many dimensions an item of an index uses up."""
    if item is None or item is ...:
        return 0
    if isinstance(item, slice) or _is_number(item):
        return 1
    return np.ndim(item) if _is_mask(item) else 1


def _read(of: Of, result: Tensor, args: tuple, kwargs: dict) -> Layout | None:
    tensor, index = args
    one = of(tensor)
    if one is None or one is WEIGHT:
        return one
    marks = indexed(list(one.marks), index)
    if any(isinstance(mark, list) and any(mark) for mark in marks):
        return None
    return layout(tuple(_unlisted(marks)), one.sure)


def _unlisted(marks: list) -> list:
    return [PLAIN if isinstance(mark, list) else mark for mark in marks]


def _written(of: Of, result: Tensor, args: tuple, kwargs: dict) -> Layout | None:
    """The tensor keeps what it had; if that was unknown, it takes what the written part has."""
    tensor, index, value = args[:3]
    before, one = of(tensor), of(value)
    if one is None or one is WEIGHT:
        return before
    dimensions = _unlisted(indexed([d + 1 for d in range(tensor.ndim)], index))
    if len(dimensions) < len(one.marks):
        return before
    marks = [PLAIN] * tensor.ndim
    into = dimensions[len(dimensions) - len(one.marks) :]
    for dimension, mark in zip(into, one.marks, strict=True):
        if mark and dimension:
            marks[dimension - 1] = whole(mark)
    written = layout(tuple(marks), one.sure)
    return agreed([known for known in (before, written) if known not in (None, WEIGHT)])


def _operator(rule: Rule) -> Rule:
    """The operators index and index_put: tensors for the first dimensions, None for all of one."""

    def indexing(of: Of, result: Tensor, args: tuple, kwargs: dict) -> Layout | None:
        index = tuple(_FULL if item is None else item for item in args[1])
        return rule(of, result, (args[0], index, *args[2:]), kwargs)

    return indexing


def _replaced(of: Of, result: Tensor, args: tuple, kwargs: dict) -> Layout | None:
    return of(args[1])


INDEXING: dict[str, Rule] = {
    "getitem": _read,
    "index": _operator(_read),
    "index_put": _operator(_written),
}
# These return nothing: what they write to is their first argument.
WRITES: dict[str, Rule] = {"setitem": _written, "data=": _replaced}
