"""The temperature of a training, step by step, with one extra forward pass a measurement.

Thesis 3.2.2: the training's own forward pass gives the patterns before the step, a second one with
the same inputs, after it, those to compare with.
"""

import warnings
from collections.abc import Callable, Collection, Iterable, Iterator
from operator import index
from typing import Any, Self

import numpy as np
import torch
from torch import nn
from torch.optim import Optimizer

from relu_book.patterns import Site, watch
from relu_book.patterns.packing import is_whole
from relu_book.temperature.changes import Patterns, changed_shares, check_evaluations
from relu_book.temperature.distance import Distance
from relu_book.temperature.measurement import Measurement, packed, unpacked
from relu_book.temperature.measuring import checked_rates, distance_of_pass
from relu_book.temperature.passes import Pass, is_repeating, unwrapped
from relu_book.temperature.steps import check_optimizer, present_rate


class TemperatureProbe:
    """Measures the distance of a training's own steps while the block lasts.

    The model's forward pass before a step gives the patterns, one extra pass after it those to
    compare with: the same inputs, dropout masks, buffers, modes and autocast, the new weights. The
    training is bitwise what it is without the probe, outputs, gradients, weights, the optimizer's
    state and random numbers. Nothing else is to be done in the loop.

    Of several forward passes before a step (accumulated gradients) the last one counts, those
    without gradients (validation) do not. In ``step(closure)`` it is the first one of the closure,
    which has the weights of before; this measures LBFGS too. Steps that a ``GradScaler`` skips are
    no steps. Where parts are compiled, the pass before the step is made again as well, eagerly:
    two extra passes. Forward hooks of the model run in the extra pass.

    Args:
        model: the module that the training calls, or that inside of what distributes it.
        optimizer: any of torch's, or another subclass of its ``Optimizer``.
        every: measure at the steps k, 2k, ….
        steps: measure at exactly these steps instead, counted from 1; or a function that is asked
            once of each step, when the one before it has been measured.
        sites: which, as for :class:`relu_book.patterns.watch`; all by default.
        learning_rates: of the first parameter group, tried besides the training's own at each
            measured step: what a phase diagram is drawn from
            (:func:`relu_book.plots.probe.phase_diagram`). Not for ``step(closure)``.
        before: called just before each measured step, with a function that tries this step at a
            rate of the first group and returns the :class:`Distance`, for one forward pass. It may
            set the rates that the step then takes.

    Attributes:
        history: a :class:`Measurement` of each measured step.

    Raises:
        TypeError: no module, no optimizer.
        ValueError: ``every`` or one of ``steps`` is no number of steps; rates that are none; in a
            step, what :func:`pattern_distance` says of sites, or a closure where rates are tried.

    Warns:
        UserWarning: a step is not measured, since no forward pass came before it, or the pass
            computed NaN, as after a training has diverged (said once).

    Cost: one forward pass a measurement, without a graph; with ``learning_rates``, as many more as
    :func:`pattern_distance` makes. Besides, the pass before the step is watched, and its inputs and
    the buffers are copied. On a device that computes in another way where there are no gradients,
    a few patterns may differ by rounding.

    A training that goes on from a checkpoint goes on measuring: ``load_state_dict`` gives the probe
    the number of steps and the history that ``state_dict`` had, inside its block or before.

    Example:
        >>> _ = torch.manual_seed(0)
        >>> model = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1))
        >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        >>> x = torch.randn(100, 2)
        >>> with TemperatureProbe(model, optimizer, every=2) as probe:
        ...     for _ in range(4):
        ...         optimizer.zero_grad()
        ...         model(x).square().mean().backward()
        ...         optimizer.step()
        >>> [found.step for found in probe.history], probe.history[0].distance
        ([2, 4], Distance(rates=1, sites=1, mean=...))
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: Optimizer,
        *,
        every: int = 1,
        steps: Collection[int] | Callable[[int], bool] | None = None,
        sites: str | int | Iterable[str | int] | Callable[[str], bool] | None = None,
        learning_rates: Iterable[float] | None = None,
        before: Callable[[Callable[[float], Distance]], object] | None = None,
    ) -> None:
        if not isinstance(model, nn.Module):
            raise TypeError(f"TemperatureProbe needs a torch.nn.Module, not {type(model).__name__}")
        if not isinstance(optimizer, Optimizer):
            kind = type(optimizer).__name__
            raise TypeError(f"TemperatureProbe needs a torch.optim.Optimizer, not {kind}")
        if not is_whole(every) or every < 1:
            raise ValueError(f"every is a number of steps, at least 1, not {every!r}")
        asked = steps if callable(steps) or steps is None else frozenset(steps)
        for step in () if callable(asked) else asked or ():
            if not is_whole(step) or step < 1:
                raise ValueError(f"steps holds numbers of steps, counted from 1, not {step!r}")
        self.history: list[Measurement] = []
        self._model, self._optimizer = unwrapped(model), optimizer
        self._rates = None if learning_rates is None else checked_rates(optimizer, learning_rates)
        sites = tuple(sites) if isinstance(sites, Iterator) else sites  # asked more than once
        self._every, self._sites = every, sites
        self._at = asked if callable(asked) or asked is None else asked.__contains__
        self._before_measured = before
        # Compiled code is seen only where it runs eagerly, which would round another way.
        self._compiled = any(map(_is_compiled, self._model.modules()))
        self._steps, self._due = 0, False
        self._handles: list = []
        self._look: Callable[[Site], object] = self._keep
        # Open while the training makes its passes before a measured step.
        self._block = watch(self._model, lambda site: self._look(site), sites=sites)
        self._is_open = False
        self._pass: Pass | None = None  # the latest of them, and its patterns
        self._before = Patterns()
        self._keeps = False
        self._nan_at: str | None = None  # the first site of that pass with NaN, if there is one
        self._told_of_nan = False
        self._in_closure = False
        self._tried: Distance | None = None

    def __enter__(self) -> Self:
        if self._handles:
            raise RuntimeError("this probe's block is open already; make another probe")
        self._handles = [
            self._model.register_forward_pre_hook(_Start(self._starts), with_kwargs=True),
            self._optimizer.register_step_pre_hook(self._before_step),
            self._optimizer.register_step_post_hook(self._after_step),
        ]
        self._open()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: object) -> None:
        for handle in self._handles:
            handle.remove()
        self._handles = []
        self._close(kind)

    @property
    def passes(self) -> int:
        """How many extra forward passes a measurement takes, without tried rates."""
        return 2 if self._compiled else 1

    def state_dict(self) -> dict:
        """Steps so far and what they changed, in the types that a checkpoint holds."""
        return {"steps": self._steps, "history": [packed(found) for found in self.history]}

    def load_state_dict(self, state: dict) -> None:
        """Goes on behind the step at which ``state_dict`` was taken.

        Raises:
            ValueError: it is no such state; the probe stays as it was.
        """
        try:
            steps, history = index(state["steps"]), [unpacked(part) for part in state["history"]]
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError(
                "a state of TemperatureProbe is what its state_dict() gave, with steps and "
                f"history, not {type(state).__name__} {state!r:.80}"
            ) from error
        self._steps, self.history = steps, history
        if self._handles:
            self._close()
            self._open()

    def _open(self) -> None:
        step = self._steps + 1
        self._due = step % self._every == 0 if self._at is None else self._at(step)
        if self._due and not self._compiled:
            self._block.__enter__()
            self._is_open = True

    def _close(self, kind: type | None = None) -> None:
        self._pass, self._before, self._tried = None, Patterns(), None
        self._nan_at, self._in_closure = None, False
        if self._is_open:
            self._is_open = False
            self._block.__exit__(kind, None, None)

    def _starts(self, model: nn.Module, args: tuple, kwargs: dict[str, Any]) -> None:
        """A forward pass starts. The training's are those with gradients, the last one counts."""
        if is_repeating():
            return
        later_in_closure = self._in_closure and self._pass is not None
        self._keeps = self._due and torch.is_grad_enabled() and not later_in_closure
        if self._keeps:
            self._pass, self._before = Pass(model, args, kwargs), Patterns()
            self._nan_at = None
            if self._compiled and self._in_closure:
                self._repeat(self._pass, self._keep)

    def _keep(self, site: Site) -> None:
        if not self._keeps or self._nan_at is not None:
            return
        try:
            self._before.keep(site)
        except ValueError:
            if not bool(site.pre_activation.isnan().any()):
                raise
            self._nan_at = site.name

    def _before_step(
        self, optimizer: Optimizer, args: tuple, kwargs: dict[str, Any]
    ) -> tuple[tuple, dict[str, Any]] | None:
        self._rate = present_rate(optimizer)
        if any(callable(given) for given in (*args[1:], kwargs.get("closure"))):
            if self._rates is not None:
                raise ValueError(
                    "TemperatureProbe tries learning_rates with the gradients that are there "
                    "before the step, and step(closure) computes them within; call backward() and "
                    "then step(), or leave learning_rates out"
                )
            self._pass, self._in_closure = None, True
            if self._before_measured is not None and self._due:
                return _with_gradients_told(args, kwargs, self._look_ahead)
        elif self._pass is not None:
            if self._compiled:
                self._repeat(self._pass, self._keep)
            self._look_ahead()
        return None

    def _look_ahead(self) -> None:
        """Tries rates before the step; the gradients are there."""
        if self._pass is None or self._nan_at is not None or is_skipped(self._optimizer):
            return
        if self._rates is not None:
            check_optimizer(self._optimizer)
            asked = self._pass, self._rates, self._sites
            self._tried = distance_of_pass(self._model, self._optimizer, *asked)
        if self._before_measured is not None:
            self._before_measured(self._try_at)
            self._rate = present_rate(self._optimizer)

    def _try_at(self, rate: float) -> Distance:
        check_optimizer(self._optimizer)
        rates = checked_rates(self._optimizer, rate)
        asked = self._model, self._optimizer, self._pass, rates, self._sites
        return distance_of_pass(*asked, before=self._before)

    def _repeat(self, forward: Pass, look: Callable[[Site], object]) -> None:
        self._look = look
        try:
            forward.repeat(self._block)
        finally:
            self._look = self._keep

    def _after_step(self, optimizer: Optimizer, args: tuple, kwargs: dict[str, Any]) -> None:
        if is_skipped(optimizer):
            return
        due, seen, nan_at = self._due, (self._pass, self._before, self._tried), self._nan_at
        self._close()
        self._steps += 1
        try:
            if due and nan_at is not None:
                self._tell_of_nan(nan_at)
            elif due:
                self._measure(*seen)
        finally:
            self._open()

    def _tell_of_nan(self, site: str) -> None:
        if not self._told_of_nan:
            self._told_of_nan = True
            warnings.warn(
                f"step {self._steps} is not measured, nor are later ones like it: before it the "
                f"network computes NaN at the site {site!r}, which has no sign",
                stacklevel=4,
            )

    def _measure(self, forward: Pass | None, before: Patterns, tried: Distance | None) -> None:
        if forward is None:
            warnings.warn(
                f"step {self._steps} is not measured: {type(self._model).__name__} made no forward "
                "pass with gradients since the step before; give the module that the training "
                "calls",
                stacklevel=4,
            )
            return
        check_evaluations(before.evaluations, type(self._model).__name__)
        after = Patterns(nan=True)
        self._repeat(forward, after.keep)
        shares, has_overflowed = changed_shares(before, after)
        distance = Distance(
            shares[None],
            np.array([self._rate]),
            tuple(before.words),
            np.array(list(before.evaluations.values()), dtype=np.int64),
            (self._rate,) * has_overflowed,
        )
        self.history.append(Measurement(self._steps, self._rate, distance, tried))


class _Start:
    """The hook on the model. Copies and files of the model carry it without the probe."""

    def __init__(self, tell: Callable | None = None) -> None:
        self._tell = tell

    @torch.compiler.disable
    def __call__(self, *call: Any) -> None:
        if self._tell is not None:
            self._tell(*call)

    def __reduce__(self) -> tuple:
        return _Start, ()


def is_skipped(optimizer: Optimizer) -> bool:
    """Whether a ``GradScaler`` has told a fused optimizer that its step is none."""
    infinite = getattr(optimizer, "found_inf", None)
    return infinite is not None and bool(infinite)


def _with_gradients_told(
    args: tuple, kwargs: dict[str, Any], tell: Callable[[], None]
) -> tuple[tuple, dict[str, Any]]:
    """The arguments of ``step(closure)``, whose closure tells when it has computed gradients."""
    told = False

    def telling(closure: Callable) -> Callable:
        def call() -> Any:
            nonlocal told
            loss = closure()
            if not told:
                told = True
                tell()
            return loss

        return call

    args = args[:1] + tuple(telling(each) if callable(each) else each for each in args[1:])
    if callable(kwargs.get("closure")):
        kwargs = kwargs | {"closure": telling(kwargs["closure"])}
    return args, kwargs


def _is_compiled(module: nn.Module) -> bool:
    return module._compiled_call_impl is not None or "_orig_mod" in module._modules
