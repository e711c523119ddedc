"""Optimizers by name: SGD with l2, SGD with decoupled decay, Adam, and two without schedules.

Thesis 2.1 and equation 2.5, corrected. With the gradient g, momentum beta, learning rate eta and
decay lambda, SGD with l2 adds the decay to the gradient, before momentum, and scales it with eta:

    v <- beta v + g + lambda w,     w <- w - eta v

SGDW keeps it apart; each step shortens the weights by the same factor, whatever the learning rate:

    v <- beta v + g,                w <- w - eta v,     then    w <- w - lambda w

The printed equation has (1 - lambda) where lambda is meant: taken literally it would remove all but
a share lambda of each weight in one step. At a constant rate and without momentum the two agree if
the decoupled lambda is eta times the other; with momentum they do not, since the momentum of l2
contains the decay as well.
"""

from collections.abc import Callable, Iterable

import torch
from torch import nn
from torch.optim import SGD, Adam, Optimizer

from relu_book.training import checks
from relu_book.training.without_schedule import prodigy, schedule_free


class SGDW(Optimizer):
    """Stochastic gradient descent with momentum and decoupled weight decay.

    Loshchilov and Hutter 2019 in the reading of thesis 3.2.4: a constant factor 1 - lambda a step,
    multiplied neither with the learning rate nor with the schedule. (torch's ``AdamW`` multiplies
    with the learning rate.) With ``weight_decay=0`` it is torch's ``SGD`` to the bit.

    Args:
        params: Parameters, or groups of them as torch takes them.
        lr: Learning rate.
        momentum: beta, in [0, 1).
        weight_decay: lambda, the share of each weight that a step removes, in [0, 1).

    Raises:
        ValueError: one of the numbers is out of its range.

    Example:
        >>> import torch
        >>> from relu_book.training import SGDW
        >>> weight = torch.nn.Parameter(torch.ones(1))
        >>> optimizer = SGDW([weight], lr=0.1, weight_decay=0.25)
        >>> weight.grad = torch.full((1,), 2.0)
        >>> optimizer.step()  # (1 - 0.1 * 2) * (1 - 0.25)
        >>> round(weight.item(), 6)
        0.6
    """

    def __init__(
        self,
        params: Iterable,
        lr: float = 1e-3,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})
        for group in self.param_groups:
            for name, limit in (("lr", float("inf")), ("momentum", 1), ("weight_decay", 1)):
                if not 0 <= group[name] < limit:
                    raise ValueError(f"{name} must lie in [0, {limit}), not {group[name]}")

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """One update of every parameter that has a gradient.

        Args:
            closure: Evaluates the loss anew, as torch's optimizers take it.

        Returns:
            What the closure returned; None without one.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                direction = weight.grad
                if group["momentum"] != 0:
                    state = self.state[weight]
                    if "momentum_buffer" not in state:
                        state["momentum_buffer"] = direction.clone()
                    else:
                        state["momentum_buffer"].mul_(group["momentum"]).add_(direction)
                    direction = state["momentum_buffer"]
                weight.add_(direction, alpha=-group["lr"])
                if group["weight_decay"] != 0:
                    weight.mul_(1 - group["weight_decay"])
        return loss


OPTIMIZERS: dict[str, type[Optimizer]] = {"sgd": SGD, "sgdw": SGDW, "adam": Adam}
WITHOUT_SCHEDULE = {"schedule_free": schedule_free, "prodigy": prodigy}  # make one, if installed


def make_optimizer(
    name: str, model: nn.Module, learning_rate: float, **options: object
) -> Optimizer:
    """An optimizer for all parameters of a model, by the name that settings carry.

    Args:
        name: ``"sgd"`` (torch's; ``weight_decay`` is l2), ``"sgdw"``, ``"adam"`` (torch's),
            ``"schedule_free"`` or ``"prodigy"``, which bring what a schedule does.
        model: Whose parameters are trained.
        learning_rate: Of every parameter; for the schedules of this package the largest one.
        **options: As the class takes them: ``momentum``, ``weight_decay``, ``betas``, ...

    Returns:
        The optimizer.

    Raises:
        ValueError: unknown name (the close ones are named), or an option out of its range.
        TypeError: an option that this optimizer does not have.
        ModuleNotFoundError: the package of the last two is not installed.

    Example:
        >>> from relu_book.models import mlp
        >>> from relu_book.training import make_optimizer
        >>> type(make_optimizer("sgdw", mlp((2, 8, 2)), 0.1, momentum=0.9)).__name__
        'SGDW'
        >>> make_optimizer("sdg", mlp((2, 8, 2)), 0.1)
        Traceback (most recent call last):
        ValueError: no optimizer 'sdg'; close names: 'sgd', 'sgdw'
    """
    kind = checks.lookup(name, {**OPTIMIZERS, **WITHOUT_SCHEDULE}, "optimizer")
    try:
        return kind(model.parameters(), lr=learning_rate, **options)
    except TypeError as error:
        raise TypeError(f"optimizer {name!r} cannot be made of these options: {error}") from None
