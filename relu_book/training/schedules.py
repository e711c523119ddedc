"""Learning rate schedules over a whole run, all made in one way: ``Kind(optimizer, total_steps)``.

The rate that the optimizer was given is the largest one that a schedule reaches, times are shares
of the run, and ``step()`` is called once an update. Thesis 2.1 and 3.1.6; each is a thin layer over
torch's class, and ``train`` takes any other ``LRScheduler`` of torch as well.

    Constant    eta
    StepDecay   eta times a factor (1/10) from a half and again from three quarters of the run on
    CyclicLR    from low * eta up to eta and down again in straight lines, several times (Smith)
    OneCycle    from eta / 25 up to eta and down to almost 0 along cosines, momentum against the
                rate (Smith and Topin)
    Cosine      eta (1 + cos(pi s / steps)) / 2
"""

import math
from collections.abc import Sequence

from torch.optim import Optimizer
from torch.optim import lr_scheduler as torch_schedules
from torch.optim.lr_scheduler import LRScheduler

from relu_book.training import checks


def _rates(optimizer: Optimizer) -> list[float]:
    return [group["lr"] for group in optimizer.param_groups]


def _cycles_momentum(optimizer: Optimizer, momentum: tuple[float, float] | None) -> bool:
    """Whether momentum is to be moved: only where the optimizer uses one."""
    if momentum is None:
        return False
    low, high = momentum
    if not 0 <= low <= high < 1:
        raise ValueError(f"momentum must be (low, high) with 0 <= low <= high < 1, not {momentum}")
    return all(group.get("momentum") or "betas" in group for group in optimizer.param_groups)


class Constant(torch_schedules.ConstantLR):
    """The same learning rate all the time.

    Args:
        optimizer: Whose rate is kept.
        total_steps: Updates of the run.

    Example:
        >>> import torch
        >>> from relu_book.training import Constant
        >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
        >>> Constant(optimizer, 10).get_last_lr()
        [0.1]
    """

    def __init__(self, optimizer: Optimizer, total_steps: int) -> None:
        steps = checks.positive(total_steps, "total_steps")
        super().__init__(optimizer, factor=1.0, total_iters=steps)


class StepDecay(torch_schedules.MultiStepLR):
    """The rate falls by a factor at given shares of the run (thesis 3.1.6).

    Args:
        optimizer: Whose rates are scheduled; they start where they are.
        total_steps: Updates of the run.
        at: Shares of the run, each in (0, 1), after which the rate falls.
        factor: What the rate is multiplied with each time.

    Raises:
        ValueError: a share outside (0, 1), or a factor that is not positive.

    Example:
        >>> import torch
        >>> from relu_book.training import StepDecay
        >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
        >>> schedule, rates = StepDecay(optimizer, 8), []
        >>> for _ in range(8):
        ...     rates += schedule.get_last_lr()
        ...     optimizer.step()
        ...     schedule.step()
        >>> [round(rate, 6) for rate in rates]
        [1.0, 1.0, 1.0, 1.0, 0.1, 0.1, 0.01, 0.01]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        total_steps: int,
        *,
        at: Sequence[float] = (0.5, 0.75),
        factor: float = 0.1,
    ) -> None:
        steps = checks.positive(total_steps, "total_steps")
        if not all(0 < share < 1 for share in at):
            raise ValueError(f"at must hold shares of the run between 0 and 1, not {tuple(at)}")
        if not 0 < factor < math.inf:
            raise ValueError(f"factor must be a positive number, not {factor}")
        super().__init__(optimizer, [round(share * steps) for share in sorted(at)], factor)


class CyclicLR(torch_schedules.CyclicLR):
    """Several triangles: the rate climbs from ``low`` times its largest value and falls back.

    Smith 2017; cycle length and bounds are not given in the sources, so they are the caller's.

    Args:
        optimizer: Whose rates are scheduled; what they are is the top of the triangles.
        total_steps: Updates of the run.
        cycles: Triangles in the run.
        low: The bottom of the triangles, as a share of the top, in (0, 1].
        momentum: ``(low, high)``: cycled against the rate; None leaves it alone. An optimizer
            without momentum stays without.

    Raises:
        ValueError: a number out of its range, or cycles shorter than two steps.

    Example:
        >>> import torch
        >>> from relu_book.training import CyclicLR
        >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
        >>> schedule, rates = CyclicLR(optimizer, 8, cycles=2, low=0.5), []
        >>> for _ in range(8):
        ...     rates += schedule.get_last_lr()
        ...     optimizer.step()
        ...     schedule.step()
        >>> rates
        [0.5, 0.75, 1.0, 0.75, 0.5, 0.75, 1.0, 0.75]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        total_steps: int,
        *,
        cycles: int = 5,
        low: float = 0.1,
        momentum: tuple[float, float] | None = (0.85, 0.95),
    ) -> None:
        steps = checks.positive(total_steps, "total_steps")
        if checks.positive(cycles, "cycles") * 2 > steps:
            raise ValueError(
                f"{steps} steps are too few for {cycles} cycles of at least two steps each"
            )
        if not 0 < low <= 1:
            raise ValueError(f"low must be a share of the largest rate in (0, 1], not {low}")
        cycled = _cycles_momentum(optimizer, momentum)
        bottom, top = momentum if cycled else (0.0, 0.0)
        rates = _rates(optimizer)
        super().__init__(
            optimizer,
            base_lr=[low * rate for rate in rates],
            max_lr=rates,
            step_size_up=steps / (2 * cycles),
            cycle_momentum=cycled,
            base_momentum=bottom,
            max_momentum=top,
        )


class OneCycle(torch_schedules.OneCycleLR):
    """One climb and one long descent of the rate, momentum the other way round.

    Smith and Topin 2019, as torch has it. Momentum (of Adam: the first beta) falls from its high
    to its low value while the rate climbs, and comes back.

    Args:
        optimizer: Whose rates are scheduled; what they are is the peak.
        total_steps: Updates of the run.
        peak: Share of the run at which the largest rate is reached.
        start_divisor: The run starts at the largest rate divided by this.
        end_divisor: It ends at the starting rate divided by this.
        momentum: ``(low, high)``; None leaves momentum alone. An optimizer without momentum stays
            without.
        shape: ``"cos"`` or ``"linear"``.

    Raises:
        ValueError: a number out of its range, or a run too short for its peak.

    Example:
        >>> import torch
        >>> from relu_book.training import OneCycle
        >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0, momentum=0.9)
        >>> schedule = OneCycle(optimizer, 100)
        >>> round(optimizer.param_groups[0]["lr"], 6), optimizer.param_groups[0]["momentum"]
        (0.04, 0.95)
    """

    def __init__(
        self,
        optimizer: Optimizer,
        total_steps: int,
        *,
        peak: float = 0.3,
        start_divisor: float = 25.0,
        end_divisor: float = 1e4,
        momentum: tuple[float, float] | None = (0.85, 0.95),
        shape: str = "cos",
    ) -> None:
        steps = checks.positive(total_steps, "total_steps")
        # torch places the peak at step peak * steps - 1 and divides by this number.
        if not (peak < 1 and peak * steps > 1):
            raise ValueError(
                f"the peak must lie behind the first of the {steps} steps and before the last, "
                f"so peak must be between {1 / steps:.4g} and 1, not {peak}"
            )
        if not min(start_divisor, end_divisor) >= 1:
            raise ValueError(
                f"start_divisor and end_divisor must be at least 1, not {start_divisor} and "
                f"{end_divisor}"
            )
        cycled = _cycles_momentum(optimizer, momentum)
        low, high = momentum if cycled else (0.0, 0.0)
        super().__init__(
            optimizer,
            max_lr=_rates(optimizer),
            total_steps=steps,
            pct_start=float(peak),
            anneal_strategy=shape,
            cycle_momentum=cycled,
            base_momentum=low,
            max_momentum=high,
            div_factor=start_divisor,
            final_div_factor=end_divisor,
        )


class Cosine(torch_schedules.CosineAnnealingLR):
    """Half a cosine from the rate down to 0 (Loshchilov and Hutter 2017, without restarts).

    Args:
        optimizer: Whose rates are scheduled; they start where they are.
        total_steps: Updates of the run.

    Example:
        >>> import torch
        >>> from relu_book.training import Cosine
        >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
        >>> schedule = Cosine(optimizer, 4)
        >>> for _ in range(2):
        ...     optimizer.step()
        ...     schedule.step()
        >>> round(schedule.get_last_lr()[0], 6)
        0.5
    """

    def __init__(self, optimizer: Optimizer, total_steps: int) -> None:
        super().__init__(optimizer, T_max=checks.positive(total_steps, "total_steps"))


SCHEDULES: dict[str, type[LRScheduler]] = {
    "constant": Constant,
    "step_decay": StepDecay,
    "cyclic": CyclicLR,
    "one_cycle": OneCycle,
    "cosine": Cosine,
}


def make_schedule(
    name: str, optimizer: Optimizer, total_steps: int, **options: object
) -> LRScheduler:
    """A schedule by the name that settings carry.

    Args:
        name: ``"constant"``, ``"step_decay"``, ``"cyclic"``, ``"one_cycle"`` or ``"cosine"``.
        optimizer: Whose learning rate (the largest one) is scheduled.
        total_steps: Updates of the run.
        **options: As the class takes them.

    Returns:
        The schedule, to be given to ``train``.

    Raises:
        ValueError: unknown name (the close ones are named), or an option out of its range.
        TypeError: an option that this schedule does not have.

    Example:
        >>> import torch
        >>> from relu_book.training import make_schedule
        >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
        >>> make_schedule("onecycle", optimizer, 100)
        Traceback (most recent call last):
        ValueError: no schedule 'onecycle'; close names: 'one_cycle', 'cyclic'
    """
    kind = checks.lookup(name, SCHEDULES, "schedule")
    try:
        return kind(optimizer, total_steps, **options)
    except TypeError as error:
        raise TypeError(f"schedule {name!r} cannot be made of these options: {error}") from None
