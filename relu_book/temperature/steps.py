"""Where an optimizer's next step would end, at any learning rate.

A trial step runs the optimizer's own code and puts all but the weights back: state, rates,
gradients. Nearly every optimizer moves the weights in proportion to its rate,

    Opt(theta, eta) = theta + eta d,

and then one trial step gives the direction d for all rates. Whether it does is not taken from a
list of names: a second trial step, at a rate of which it is about as long as the weights, must end
on the line from the weights to where the step at the largest rate ends, up to rounding. It does for
SGD with momentum, Nesterov and L2, Adam, AdamW, RMSprop, Adagrad, Adadelta, Adamax, NAdam and
RAdam. Each rate is tried where it does not (decay that ignores the rate, Adafactor's cap, Rprop and
ASGD after their first step, noise, methods that estimate a rate of their own), where steps
overflow, for weights of 16 bits, and for three rates or fewer.
"""

import inspect
import math
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor
from torch.optim import Optimizer
from torch.optim import optimizer as optimizers

from relu_book.undisturbed import cuda_devices, optimizer_as_it_was, random_numbers_from_now

FEW = 3  # rates that are tried one by one: the line would take as many steps
_ROUNDING = 8  # how many units of the largest weight a step may end beside the line


def check_optimizer(optimizer: Optimizer) -> None:
    """Raises one sentence unless a step can be tried.

    Raises:
        TypeError: it is no optimizer of torch, has no rate, or needs a closure.
        ValueError: nothing has a gradient, or a rate of its groups is no number.
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
    for number, group in enumerate(optimizer.param_groups):
        if not math.isfinite(float(group["lr"])):
            raise ValueError(
                f"parameter group {number} of {name} has the rate {float(group['lr'])!r}, to which "
                "no other has a ratio; give it a finite one"
            )
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


@contextmanager
def trials(optimizer: Optimizer) -> Iterator[Callable[[float], None]]:
    """Yields a function that moves the weights as ``step()`` would now at a rate.

    When the block ends, all but the weights is as it was. Step hooks, and functions that were put
    in the place of ``optimizer.step``, as schedulers do, do not run. Every step draws the random
    numbers that come when the block begins. Cost: a copy of state and gradients, and the steps.
    """
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    draw_again = random_numbers_from_now(cuda_devices(parameters))

    def try_step(rate: float) -> None:
        start_again()
        for group, each in zip(optimizer.param_groups, group_rates(optimizer, rate), strict=True):
            tensor = isinstance(group["lr"], Tensor)
            group["lr"] = torch.full_like(group["lr"], each) if tensor else each
        draw_again()
        with torch.enable_grad(), _without_hooks(optimizer):  # as where the training calls it
            _step(optimizer)

    try:
        with optimizer_as_it_was(optimizer) as start_again:
            yield try_step
    finally:
        draw_again()


def _step(optimizer: Optimizer) -> None:
    """The step that needs no closure.

    Raises:
        TypeError: it needs one, which its signature did not tell.
    """
    try:
        type(optimizer).step(optimizer)
    except (AssertionError, TypeError, RuntimeError, ValueError) as error:
        if isinstance(error, RuntimeError | ValueError) and "closure" not in str(error):
            raise
        raise TypeError(
            f"{type(optimizer).__name__} cannot step without a closure ({error!r:.200}), so no "
            "step can be tried from the gradients alone; use an optimizer whose step() takes none"
        ) from error


@contextmanager
def _without_hooks(optimizer: Optimizer) -> Iterator[None]:
    """Empty dicts take the place of the hooks, one of which may be what tries the step."""
    places = [
        (vars(optimizer), "_optimizer_step_pre_hooks"),
        (vars(optimizer), "_optimizer_step_post_hooks"),
        (vars(optimizers), "_global_optimizer_pre_hooks"),
        (vars(optimizers), "_global_optimizer_post_hooks"),
    ]
    kept = [owner[name] for owner, name in places]
    try:
        for owner, name in places:
            owner[name] = OrderedDict()
        yield
    finally:
        for (owner, name), hooks in zip(places, kept, strict=True):
            owner[name] = hooks


@torch.no_grad()
def line(
    optimizer: Optimizer, start: dict[Tensor, Tensor], rates: Sequence[float]
) -> dict[Tensor, Tensor] | None:
    """The step for each unit of rate, if steps at these rates lie on a line; else ``None``.

    Args:
        optimizer: with gradients.
        start: a copy of each of its parameters, which are there when this begins.
        rates: at which the line is wanted, of either sign.
    """
    far = max(rates, key=abs)
    moved = [p for p in start if p.grad is not None and p.numel()]
    precise = all(p.dtype in (torch.float32, torch.float64) for p in moved)
    if far == 0 or not moved or not precise:
        return None
    with trials(optimizer) as try_step:
        try_step(far)
        direction = {p: (p - start[p]).div_(far) for p in moved}
        lengths = [_largest(each) for each in direction.values()]
        if not all(map(math.isfinite, lengths)):
            return None
        sizes = [_largest(start[p]) for p in moved]
        rate = _checked_at(rates, far, sum(sizes), sum(lengths))
        _move(start)
        try_step(rate)
        for p, size, length in zip(moved, sizes, lengths, strict=True):
            beside = _largest((p - start[p]).sub_(direction[p], alpha=rate))
            unit = torch.finfo(p.dtype).eps * (size + abs(rate) * length)
            if not beside <= _ROUNDING * unit:
                return None
    return direction


def _checked_at(rates: Sequence[float], far: float, size: float, length: float) -> float:
    """Where a second step shows best that steps lie on a line: it is as long as the weights.

    Of a much shorter one the rounding of the weights hides most, beside a much longer one what does
    not grow with the rate. On the other side of 0, if rates lie on both.
    """
    smallest = min(abs(rate) for rate in rates if rate)
    near = size / length if length else smallest
    near = min(max(near, smallest), abs(far) / 2)
    return math.copysign(near, -far if min(rates) < 0 < max(rates) else far)


@contextmanager
def steps(
    optimizer: Optimizer, start: dict[Tensor, Tensor], rates: Sequence[float]
) -> Iterator[Callable[[float], None]]:
    """Yields a function that moves the weights to where the step at one of these rates ends.

    Args:
        optimizer: with gradients.
        start: a copy of each of its parameters, from which every step starts, and where they are
            when the block begins.
        rates: those that will be asked for.
    """
    direction = line(optimizer, start, rates) if len(rates) > FEW else None
    _move(start)
    if direction is None:
        with trials(optimizer) as try_step:

            def take(rate: float) -> None:
                _move(start)
                try_step(rate)

            yield take
    else:
        resting = {p: copy for p, copy in start.items() if p not in direction}
        moved = [(p, start[p], per_rate) for p, per_rate in direction.items()]

        @torch.no_grad()
        def take(rate: float) -> None:
            _move(resting)
            for p, origin, per_rate in moved:
                torch.add(origin, per_rate, alpha=rate, out=p)

        yield take


@torch.no_grad()
def _move(to: dict[Tensor, Tensor]) -> None:
    for parameter, place in to.items():
        parameter.copy_(place)


def _largest(tensor: Tensor) -> float:
    """The largest absolute value; ``torch.linalg.vector_norm`` takes ten times as long."""
    low, high = tensor.aminmax()
    return max(-low.item(), high.item())
