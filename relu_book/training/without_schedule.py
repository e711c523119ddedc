"""Optimizers that bring what a schedule does: Schedule-Free and Prodigy, of packages of their own.

Schedule-Free (Defazio et al. 2024, arXiv 2405.15682) steps at one point y and is evaluated at
another, the average x: between them its ``train()`` and ``eval()`` switch. Prodigy (Mishchenko and
Defazio 2023, arXiv 2306.06101) estimates the rate, of which the given one is a factor, 1 as a rule.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
from torch.optim import Optimizer

from relu_book.extras import needs


def schedule_free(params: Iterable, lr: float = 0.0025, **options: object) -> Optimizer:
    """``schedulefree.AdamWScheduleFree``.

    Args:
        params: As torch's optimizers take them.
        lr: The rate; 0.0025 is its authors'.
        **options: As the class takes them.

    Raises:
        ModuleNotFoundError: schedulefree is not installed.
    """
    needs("the optimizer 'schedule_free'", "rivals", "schedulefree")
    from schedulefree import AdamWScheduleFree

    return AdamWScheduleFree(params, lr=lr, **options)


def prodigy(params: Iterable, lr: float = 1.0, **options: object) -> Optimizer:
    """``prodigyopt.Prodigy``.

    Args:
        params: As torch's optimizers take them.
        lr: A factor of the rate that it estimates.
        **options: As the class takes them.

    Raises:
        ModuleNotFoundError: prodigyopt is not installed.
    """
    needs("the optimizer 'prodigy'", "rivals", "prodigyopt")
    from prodigyopt import Prodigy

    return Prodigy(params, lr=lr, **options)


def switch(optimizer: Optimizer, to: str) -> bool:
    """Calls ``optimizer.train()`` or ``optimizer.eval()``, if it has both; whether it does.

    Args:
        optimizer: Any.
        to: ``"train"`` or ``"eval"``.

    Example:
        >>> switch(torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))]), "eval")
        False
    """
    if not all(callable(getattr(optimizer, name, None)) for name in ("train", "eval")):
        return False
    getattr(optimizer, to)()
    return True


@contextmanager
def weights_to_evaluate(optimizer: Optimizer) -> Iterator[None]:
    """While it lasts, the weights are those that an optimizer is evaluated at.

    Of most they are those that it trains. Afterwards they are bitwise what they were, which the
    optimizer's own way back would round.

    Args:
        optimizer: In training mode.

    Example:
        >>> weight = torch.nn.Parameter(torch.ones(1))
        >>> with weights_to_evaluate(torch.optim.SGD([weight])):
        ...     weight.item()
        1.0
    """
    weights = [weight for group in optimizer.param_groups for weight in group["params"]]
    kept = [weight.detach().clone() for weight in weights] if hasattr(optimizer, "eval") else []
    is_switched = switch(optimizer, "eval")
    try:
        yield
    finally:
        if is_switched:
            switch(optimizer, "train")
            with torch.no_grad():
                for weight, before in zip(weights, kept, strict=True):
                    weight.copy_(before)
