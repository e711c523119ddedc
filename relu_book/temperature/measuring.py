"""The activation pattern distance of the step that an optimizer would take next, at any rates.

Thesis 3.2.2, definition 5: the patterns of a batch before and after the step are compared, site by
site, evaluation by evaluation; supplement, section H, for the measurement with PyTorch.
"""

from collections.abc import Callable, Iterable
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from relu_book.patterns import watch
from relu_book.temperature.changes import Patterns, changed_shares, check_evaluations
from relu_book.temperature.distance import Distance
from relu_book.temperature.linearised import linearised
from relu_book.temperature.passes import Pass, arguments_of, as_in_training, unwrapped
from relu_book.temperature.steps import check_optimizer, line, present_rate, steps
from relu_book.undisturbed import (
    parameters_as_they_were,
    random_numbers_as_they_were,
)


def pattern_distance(
    model: nn.Module,
    optimizer: Optimizer,
    inputs: Any,
    learning_rates: float | Iterable[float] | None = None,
    *,
    method: Literal["exact", "jvp"] = "exact",
    sites: str | int | Iterable[str | int] | Callable[[str], bool] | None = None,
) -> Distance:
    """The share of activation patterns that the optimizer's next step would change, by site.

    Call it after ``backward()`` and before ``zero_grad()``: the step is the one that the optimizer
    would take from the gradients that lie in ``.grad``, with its momentum, decay and all, at each
    of the rates. The same inputs go through the network before and after the step, with the same
    random numbers (dropout keeps its masks, unless an ``nn.RReLU`` before it draws more or fewer
    slopes, one for each filter below zero), inside the ``torch.autocast`` of the caller. Modules
    run in the mode they are in; only the batch norms of a model in evaluation mode normalise by
    the batch, as in training.

    Afterwards everything is bitwise what it was: parameters, gradients, buffers, attributes of
    modules, the optimizer's state (also what a fresh one does not have yet), random numbers, flags;
    also after an exception. Step hooks do not run; forward hooks of the model do.

    Args:
        model: any module that :class:`relu_book.patterns.watch` sees; compiled parts run eagerly.
        optimizer: any of torch's that takes a step without a closure, or another subclass of its
            ``Optimizer``, trained or not, with or without a scheduler.
        inputs: what ``model(*inputs)`` takes: a tensor, or a tuple of arguments; a mapping gives
            them by name, any other object is the one argument.
        learning_rates: of the first parameter group, of either sign; the other groups keep their
            ratio to it. By default the present rate.
        method: ``"exact"`` steps and looks at each rate. ``"jvp"`` approximates all rates by the
            first-order critical rates of one linearisation, as far as the step is proportional to
            the rate: exact but for rounding in a first layer without batch norm, better the fewer
            patterns change. In ResNet-20 at initialisation (a batch of 128, noise of 32 x 32, SGD)
            shares of up to 0.2 were off by at most 0.003, shares of up to 0.02 by 0.0003, and 3 %
            where at least 100 evaluations change; ``python -m benchmarks temperature`` measures
            the error anew.
        sites: which, as for :class:`relu_book.patterns.watch`; all by default.

    Returns:
        A :class:`Distance`. Rate 0 gives exactly 0 with every optimizer whose step vanishes with
        its rate; decay that ignores the rate, as in :class:`relu_book.training.SGDW`, moves weights
        at rate 0 as well. Evaluations whose pre-activations become infinite or NaN count as
        changed, and ``Distance.overflowed`` names the rates at which there are such.

    Raises:
        TypeError: no module, no optimizer, one that needs a closure (LBFGS), or calls that
            :class:`relu_book.patterns.watch` refuses.
        ValueError: no gradient; an optimizer of other parameters; rates that are none; no site, or
            one without evaluations; NaN before the step; a site whose evaluations are others after
            a step; ratios of groups that are unknown, the first rate being 0; by jvp, a step that
            is not proportional to the rate, weights of 16 bits, or operations without a
            forward-mode derivative.
        RuntimeError: another thread runs or measures the model meanwhile.

    Cost: 1 + number of rates forward passes; by jvp three to seven in all, for any number of rates.
    Where the step is proportional to the rate, which two trial steps show, its direction serves
    all rates, with weights that differ from the optimizer's own by rounding (see
    ``relu_book.temperature.steps``); else, and for up to three rates, each step is tried. Memory
    for a copy of parameters, gradients and state, and for packed patterns of two passes, one bit a
    filter and evaluation.

    Example:
        >>> _ = torch.manual_seed(0)
        >>> model = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 8), nn.ReLU())
        >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        >>> x = torch.randn(1000, 2)
        >>> model(x).square().mean().backward()
        >>> distance = pattern_distance(model, optimizer, x, [0, 0.1, 1])
        >>> distance
        Distance(rates=3, sites=2, mean=0 to ...)
        >>> distance.values.shape, distance.mean[0]
        ((3, 2), np.float64(0.0))
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"pattern_distance needs a torch.nn.Module, not {type(model).__name__}")
    if method not in ("exact", "jvp"):
        raise ValueError(f"method is 'exact' or 'jvp', not {method!r}")
    check_optimizer(optimizer)
    model = unwrapped(model)
    rates = checked_rates(optimizer, learning_rates)
    stepped = [p for group in optimizer.param_groups for p in group["params"]]
    own = list(model.parameters())
    if not {id(p) for p in own} & {id(p) for p in stepped}:
        raise ValueError(
            f"the optimizer moves no parameter of this {type(model).__name__}; give the model "
            "whose parameters it was made with"
        )
    measured = _exact if method == "exact" else _by_jvp
    with torch.no_grad(), as_in_training(model):
        forward = Pass(model, *arguments_of(inputs))
        return distance_of_pass(model, optimizer, forward, rates, sites, measured)


def distance_of_pass(
    model, optimizer, forward: Pass, rates, sites, measured=None, before: Patterns | None = None
) -> Distance:
    """As :func:`pattern_distance`, of a forward pass that may have been made already.

    With ``before``, its patterns where they are known, it is not made again: one pass a rate.
    """
    stepped = [p for group in optimizer.param_groups for p in group["params"]]
    with (
        torch.no_grad(),
        parameters_as_they_were([*stepped, *model.parameters()]) as start,
        random_numbers_as_they_were(model),
    ):
        start = {p: start[p] for p in stepped}
        if measured is not None:
            return measured(model, optimizer, forward, start, rates, sites)
        return _exact(model, optimizer, forward, start, rates, sites, before)


def _exact(
    model, optimizer, forward: Pass, start, rates, sites, before: Patterns | None = None
) -> Distance:
    is_known = before is not None
    seen = before = before if is_known else Patterns()
    values, overflowed = [], []
    block = watch(model, lambda site: seen.keep(site), sites=sites)
    with (
        steps(optimizer, start, rates.tolist()) as take_step,
        forward.repeating(block) as again,
    ):
        if not is_known:
            again()
        check_evaluations(before.evaluations, type(model).__name__)
        for rate in rates.tolist():
            take_step(rate)
            seen = Patterns(nan=True)
            again()
            shares, has_overflowed = changed_shares(before, seen)
            values.append(shares)
            if has_overflowed:
                overflowed.append(rate)
    return _distance(np.stack(values), rates, before.evaluations, overflowed)


def _by_jvp(model, optimizer, forward: Pass, start, rates, sites) -> Distance:
    direction = line(optimizer, start, rates.tolist() if rates.any() else [1.0])
    if direction is None:
        raise ValueError(
            f"method='jvp' needs a finite step in proportion to the rate, of float32 or float64 "
            f"weights, which that of {type(optimizer).__name__} is not at these rates; use "
            "method='exact'"
        )
    found = linearised(forward, model, start, direction, rates, sites)
    check_evaluations(found.evaluations, type(model).__name__)
    values = np.stack(list(found.shares.values()), axis=1)
    return _distance(values, rates, found.evaluations, method="jvp")


def _distance(values, rates, evaluations: dict[str, int], overflowed=(), method="exact"):
    counts = np.array(list(evaluations.values()), dtype=np.int64)
    return Distance(values, rates, tuple(evaluations), counts, tuple(overflowed), method)


def checked_rates(optimizer: Optimizer, learning_rates: Any) -> np.ndarray:
    """Rates as float64 of shape (rates,), the present one for ``None``; or why they are none."""
    if learning_rates is None:
        learning_rates = present_rate(optimizer)
    given = learning_rates
    if isinstance(given, Tensor):
        given = given.detach().cpu().numpy()
    elif isinstance(given, Iterable):
        given = list(given)
    try:
        rates = np.array(given, dtype=np.float64, ndmin=1)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"learning_rates is one rate or a row of them, not {learning_rates!r:.100}"
        ) from error
    if rates.ndim != 1 or not rates.size:
        raise ValueError(
            f"learning_rates is one rate or a row of them, not an array of shape {rates.shape}"
        )
    if not np.isfinite(rates).all():
        wrong = rates[~np.isfinite(rates)][0]
        raise ValueError(f"learning rates are finite numbers, not {float(wrong)!r}")
    dtypes = {p.dtype for group in optimizer.param_groups for p in group["params"]}
    largest = torch.finfo(torch.float64 if dtypes == {torch.float64} else torch.float32).max
    if abs(rates).max() > largest:
        raise ValueError(
            f"learning rates for weights of {', '.join(sorted(map(str, dtypes)))} lie within "
            f"{largest:.3g}, and {float(rates[abs(rates).argmax()])!r} does not"
        )
    return rates
