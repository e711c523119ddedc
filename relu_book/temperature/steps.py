"""Where an optimizer's next step would end, at any learning rate.

A trial step runs the optimizer's own code and puts all but the weights back: state, rates,
gradients. Nearly every optimizer moves the weights in proportion to its rate,

    Opt(theta, eta) = theta + eta d,

and then one trial step gives the direction d for all rates. Whether it does is not taken from a
list of names: two further trial steps, at the smallest rate and at half of the largest, must end on
the line from the weights to where the step at the largest rate ends, up to rounding. They do
for SGD with momentum, Nesterov and L2, Adam, AdamW, RMSprop, Adagrad, Adadelta, Adamax, NAdam and
RAdam. Each rate is tried where they do not (decay that ignores the rate, Adafactor's cap, Rprop and
ASGD after their first step, noise, methods that estimate a rate of their own), where steps
overflow, for weights of 16 bits, and for three rates or fewer.
"""

import inspect
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor
from torch.optim import Optimizer
from torch.optim import optimizer as optimizers

from relu_book.undisturbed import optimizer_as_it_was, random_numbers_as_they_were

FEW = 3  # rates that are tried one by one: the line would take as many steps
_ROUNDING = 8  # how many units of the largest weight a step may end beside the line


def check_optimizer(optimizer: Optimizer) -> None:
    """Raises one sentence unless a step can be tried.

    Raises:
        TypeError: it is no optimizer of torch, has no rate, or needs a closure.
        ValueError: nothing has a gradient.
    """
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"optimizer is a torch.optim.Optimizer, not {type(optimizer).__name__}")
    name = type(optimizer).__name__
    closure = inspect.signature(type(optimizer).step).parameters.get("closure")
    if closure is not None and closure.default is inspect.Parameter.empty:
        raise TypeError(
            f"{name} calls a closure that evaluates the loss several times a step, so that no step "
            "can be tried from the gradients alone; use an optimizer whose step() takes none"
        )
    if any("lr" not in group for group in optimizer.param_groups):
        raise TypeError(f"the groups of {name} have no learning rate 'lr' that could be set")
    if all(p.grad is None for group in optimizer.param_groups for p in group["params"]):
        raise ValueError(
            f"no parameter of {name} has a gradient; call backward() before, and zero_grad() after"
        )


def present_rate(optimizer: Optimizer) -> float:
    """The rate of the first group, of which all others keep their ratio."""
    return float(optimizer.param_groups[0]["lr"])


def group_rates(optimizer: Optimizer, rate: float) -> list[float]:
    """The rate of each group when the first one has this rate.

    Raises:
        ValueError: the ratios are unknown, because the first rate is 0.

    Example:
        >>> weights = [torch.nn.Parameter(torch.ones(1)) for _ in range(2)]
        >>> groups = [{"params": weights[:1]}, {"params": weights[1:], "lr": 0.25}]
        >>> group_rates(torch.optim.SGD(groups, lr=0.5), 2.0)
        [2.0, 1.0]
    """
    rates = [float(group["lr"]) for group in optimizer.param_groups]
    if rates[0] == 0 and len(rates) > 1:
        # A schedule that starts or ends at 0 has left the ratios here.
        rates = [float(group.get("initial_lr", 0.0)) for group in optimizer.param_groups]
    first = rates[0]
    if first == 0 and len(rates) > 1:
        raise ValueError(
            "the rate of the first parameter group is 0, so the ratios of the others to it are not "
            "known; set rates that are not 0 before"
        )
    return [rate if each == first else each * (rate / first) for each in rates]


def try_step(optimizer: Optimizer, rate: float) -> None:
    """Moves the weights as ``step()`` would at this rate, and changes nothing else.

    Step hooks, and functions that were put in the place of ``optimizer.step``, as schedulers do, do
    not run. Random numbers are those that the step would draw now. Cost: the step, and a copy of
    state and gradients.
    """
    rates = group_rates(optimizer, rate)
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    with (
        torch.enable_grad(),  # as where the training calls it
        random_numbers_as_they_were(parameters),
        optimizer_as_it_was(optimizer),
        _without_hooks(optimizer),
    ):
        for group, each in zip(optimizer.param_groups, rates, strict=True):
            tensor = isinstance(group["lr"], Tensor)
            group["lr"] = torch.full_like(group["lr"], each) if tensor else each
        type(optimizer).step(optimizer)


@contextmanager
def _without_hooks(optimizer: Optimizer) -> Iterator[None]:
    """Those of the optimizer are restored with it; those of all optimizers are put back here.

    Other dicts take their place, since a hook that measures stands in a loop over these.
    """
    of_all = optimizers._global_optimizer_pre_hooks, optimizers._global_optimizer_post_hooks
    try:
        optimizers._global_optimizer_pre_hooks = OrderedDict()
        optimizers._global_optimizer_post_hooks = OrderedDict()
        optimizer._optimizer_step_pre_hooks = OrderedDict()
        optimizer._optimizer_step_post_hooks = OrderedDict()
        yield
    finally:
        optimizers._global_optimizer_pre_hooks, optimizers._global_optimizer_post_hooks = of_all


@torch.no_grad()
def line(
    optimizer: Optimizer, start: dict[Tensor, Tensor], rates: Sequence[float]
) -> dict[Tensor, Tensor] | None:
    """The step for each unit of rate, if steps at these rates lie on a line; else ``None``.

    Args:
        optimizer: with gradients.
        start: a copy of each of its parameters, from which the steps start.
        rates: at which the line is wanted, of either sign.
    """
    far = max(rates, key=abs)
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    parameters = [p for p in parameters if p.grad is not None]
    precise = all(p.dtype in (torch.float32, torch.float64) for p in parameters)
    if far == 0 or not precise:
        return None
    _move(start)
    try_step(optimizer, far)
    origin = [start[p] for p in parameters]
    direction = torch._foreach_sub(parameters, origin)
    torch._foreach_div_(direction, far)
    lengths = torch._foreach_norm(direction, torch.inf)
    if not torch.stack(lengths).isfinite().all():
        return None
    sizes = torch._foreach_norm(origin, torch.inf)
    for rate in {min(rates), far / 2} - {far, 0}:
        _move(start)
        try_step(optimizer, rate)
        beside = torch._foreach_sub(parameters, origin)
        torch._foreach_add_(beside, direction, alpha=-rate)
        found = torch._foreach_norm(beside, torch.inf)
        for off, size, length in zip(found, sizes, lengths, strict=True):
            unit = torch.finfo(off.dtype).eps * (size + abs(rate) * length)
            if not off <= _ROUNDING * unit:
                return None
    return dict(zip(parameters, direction, strict=True))


def steps(
    optimizer: Optimizer, start: dict[Tensor, Tensor], rates: Sequence[float]
) -> Callable[[float], None]:
    """A function that moves the weights to where the step at one of these rates ends.

    Args:
        optimizer: with gradients.
        start: a copy of each of its parameters, from which every step starts.
        rates: those that will be asked for.
    """
    direction = line(optimizer, start, rates) if len(rates) > FEW else None

    @torch.no_grad()
    def take(rate: float) -> None:
        _move(start)
        if direction is None:
            try_step(optimizer, rate)
        else:
            torch._foreach_add_(list(direction), list(direction.values()), alpha=rate)

    return take


def _move(to: dict[Tensor, Tensor]) -> None:
    torch._foreach_copy_(list(to), list(to.values()))
