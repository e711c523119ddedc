"""Runs a model on points of a window, as one fixed map, and leaves it as it was."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from relu_book.cells.batch_norm import frozen_batch_norm
from relu_book.patterns import Site, resolve_site, watch
from relu_book.undisturbed import random_numbers_as_they_were, written_parameters_named

# What torch and modules raise at inputs of a shape or type that they do not take; subclasses, as
# for a lack of memory, mean something else.
_REFUSALS = (RuntimeError, ValueError, IndexError, AssertionError)


@contextmanager
def one_map(model: nn.Module, reference) -> Iterator[None]:
    """``frozen_batch_norm`` without gradients, after which random numbers are as before too.

    Raises:
        TypeError: ``model`` is no module, or scripted, so that its calls cannot be seen.
        ValueError: Parameters without shape or numbers, or as ``frozen_batch_norm`` says.
    """
    with (
        frozen_batch_norm(model, reference),
        written_parameters_named(model),
        random_numbers_as_they_were(model),
        torch.no_grad(),
        warnings.catch_warnings(),
    ):
        # A cell is made of all signs of a point, in whatever dimension the channels are.
        warnings.filterwarnings("ignore", "the channels cannot be followed")
        yield


def seen_sites(model: nn.Module, inputs: Tensor, layer: int | str) -> tuple[dict[str, Site], int]:
    """All sites of the model at some inputs, in order of execution, and the number of one.

    Raises:
        TypeError: ``layer`` is neither a name nor a number.
        ValueError: The model does not take the inputs; it has no such site; the site has no
            filters.
    """
    shape = tuple(inputs.shape)
    with watch(model) as seen:
        try:
            model(inputs)
        except Exception as error:
            if type(error) not in _REFUSALS:
                raise
            reason = str(error).strip().partition("\n")[0]
            raise ValueError(
                f"{type(model).__name__} does not take inputs of shape {shape}, the points of the "
                f"window ({reason}); lay the window through its input space with "
                f"slice=Slice.through(x0, x1, x2), where each x is one input as the model takes it."
            ) from error
    names = list(seen.sites)
    wanted = resolve_site(names, layer)
    if not seen.sites[wanted].width:
        raise ValueError(
            f"The layer at site {wanted!r} has no filters (its pre-activation has shape "
            f"{tuple(seen.sites[wanted].pre_activation.shape)}), so it has no cells."
        )
    return seen.sites, names.index(wanted)
