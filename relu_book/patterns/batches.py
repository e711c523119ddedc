"""Batches as data loaders give them, and the arguments that a model takes from one."""

import copy
from collections.abc import Iterable, Iterator, Mapping
from numbers import Number
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves, tree_map_only


def checked_batches(batches: Iterable[Any], progress: bool = False) -> Iterator[Any]:
    """The batches, one after another, with a bar if asked; one sentence for what gives none."""
    single = isinstance(batches, torch.utils.data.Dataset) and hasattr(batches, "__getitem__")
    if single or isinstance(batches, Tensor | Mapping | str) or not isinstance(batches, Iterable):
        remedy = "wrap a data set in torch.utils.data.DataLoader"
        if isinstance(batches, Tensor):
            remedy = "batches=[tensor] counts one, batches=tensor.split(256) several"
        elif isinstance(batches, Mapping):
            remedy = "batches=[mapping] counts one"
        raise TypeError(
            f"batches is an iterable of batches, not {type(batches).__name__}; {remedy}"
        )
    if not progress:
        yield from batches
        return
    try:
        from tqdm import tqdm
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            "progress=True needs the package tqdm: pip install tqdm"
        ) from None
    # On a terminal only: in a log or a notebook every update would stay.
    with tqdm(batches, desc="counting patterns", unit="batch", disable=None) as bar:
        yield from bar


# What is no input of a model, or only one of several.
_NO_INPUT = (tuple, list, Mapping, set, str, bytes, Number, np.ndarray, np.generic, type(None))


def as_arguments(
    batch: Any, number: int, device: torch.device | None
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The positional and keyword arguments that the model is called with."""

    def moved(value: Any) -> Any:
        return value if device is None else value.to(device)

    given = batch[0] if isinstance(batch, tuple | list) and batch else batch
    if isinstance(given, Tensor):
        return (moved(given),), {}
    if isinstance(given, Mapping) and all(isinstance(key, str) for key in given):
        return (), tree_map_only(Tensor, moved, dict(given))
    if isinstance(given, tuple | list) and any(isinstance(t, Tensor) for t in tree_leaves(given)):
        return tuple(tree_map_only(Tensor, moved, given)), {}
    if not isinstance(given, _NO_INPUT):
        # Some objects move themselves where others return a moved copy.
        return (moved(copy.copy(given)) if hasattr(given, "to") else given,), {}
    raise TypeError(
        f"batch {number} is the input or a tuple that begins with it; an input is a tensor, a "
        "tuple of arguments, a mapping of named ones or an object that the model takes, not "
        f"{type(given).__name__}"
    )
