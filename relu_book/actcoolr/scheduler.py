"""The scheduler ActCooLR: it holds a training at the temperatures of a target (thesis 3.3, A.4).

At the first step trial steps tell how the share of changed patterns depends on the learning rate.
From then on the rate of each step is that at which the wanted share is expected, and every so many
steps the share that a step did change corrects the expectation.
"""

import copy
import warnings
import weakref
from collections.abc import Callable, Iterable
from math import isfinite
from typing import Any, Literal, Self

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from torch.utils.hooks import RemovableHandle

from relu_book.actcoolr.auto import HOTTEST, Range
from relu_book.actcoolr.dynamic import DynamicPolicy
from relu_book.actcoolr.history import NUMBERS, History
from relu_book.actcoolr.listing import ListingPolicy
from relu_book.actcoolr.policy import Limits, Policy, Seen
from relu_book.actcoolr.ranks import largest_of_ranks, on_all_ranks, over_ranks
from relu_book.actcoolr.safe import SafePolicy
from relu_book.actcoolr.targets import (
    Target,
    TemperatureTarget,
    probability_of,
    target_at,
    temperature_of,
)
from relu_book.actcoolr.thesis import ThesisPolicy
from relu_book.actcoolr.weights import WeightWatch
from relu_book.patterns.packing import is_whole
from relu_book.spelling import did_you_mean
from relu_book.temperature import Distance, TemperatureProbe
from relu_book.temperature.probe import is_skipped

POLICIES: dict[str, type[Policy]] = {
    "safe": SafePolicy,
    "thesis": ThesisPolicy,
    "listing": ListingPolicy,
    "dynamic": DynamicPolicy,
}


class ActCooLR(LRScheduler):
    """Sets the learning rate so that each step changes as many activation patterns as wanted.

    A loop changes in three lines: the import, the construction, and ``scheduler.step()`` after each
    ``optimizer.step()``; :meth:`attach` does the last by itself. The model's last training forward
    pass before a step is looked at, and made again after the step, every ``probing_step_size``
    steps. There is no loss function or closure to give, and no mode to forget. Weights, gradients,
    buffers and random numbers are bitwise those of a training with the same rates.

    The rates that the optimizer was made with set the ratios of its groups, and nothing else.
    Time is counted in optimizer steps: a ``scheduler.step()`` without one before it, since a
    ``GradScaler`` skipped it or gradients are accumulated, changes nothing and is told in the
    history. Of accumulated gradients the last forward pass is looked at. In a ``torch.distributed``
    group the evaluations of all processes count together, and all take the same rate; a step that
    one of them cannot measure, since its pass computed NaN, is measured by none.

    Who drops the scheduler ends it, as :meth:`close` does.

    Args:
        optimizer: any of torch's that takes a step without a closure, or with one that it calls
            once.
        model: the module that the training calls, or that inside of what distributes it.
        total_steps: optimizer steps of the whole training, t_max of equation 3.45.
        start_temperature: T_start in bits; 3.17 is 89 % of changed patterns. ``"auto"`` takes what
            the first tenth of the training bears, 8 to 32 steps of it (policy ``"safe"``).
        gamma: γ of equation 3.45.
        shape: ``"power"`` or ``"late"``, see :class:`TemperatureTarget`.
        probing_step_size: steps from one measurement to the next; by default those of the policy,
            8, of ``"dynamic"`` 10.
        min_lr: the lowest rate of the first group.
        max_lr: the highest one; the policy ``"thesis"`` gives up there.
        policy: ``"safe"``, ``"thesis"``, ``"listing"``, ``"dynamic"``, or a :class:`Policy` with
            settings of your own; a copy of it is used.
        target: in place of ``start_temperature``, ``gamma`` and ``shape``: a
            :class:`TemperatureTarget`, a :class:`ProbabilityTarget`, or any function from the
            progress (0 to 1) to a temperature in bits.
        sites: which, as for :class:`relu_book.patterns.watch`; all by default.

    Attributes:
        history: a :class:`History`, one entry for each ``step()``.

    Raises:
        TypeError: no optimizer, no module.
        ValueError: a number out of its range, an unknown name; in a step, what
            :func:`relu_book.temperature.pattern_distance` says of sites and gradients.
        RuntimeError: the first step came without a forward pass of the model, or with NaN in it.
        DivergedError: the rate has left its limits (policy ``"thesis"``).

    The policy ``"safe"`` steers the mean of the layers' temperatures. Of the mean of their shares
    the narrow layers decide, which cannot change more than about 1 - 2^-d of their patterns. Mean
    training loss over the last 10 of 200 steps on the digits, the worst of three seeds (SGD with
    momentum 0.9, batches of 64; it starts at 2.3 to 4.8), by T_start:

    ======================== ========== ======= ============ =========
    network                  safe, 3.17 safe, 6 thesis, 3.17 thesis, 6
    ======================== ========== ======= ============ =========
    4 dense layers           0.02       0.03    NaN          NaN
    the same, batch norm     0.03       0.03    NaN          NaN
    2 convolutions           0.28       0.50    58,000       diverged
    the same, batch norm     0.008      0.008   46,000       17,000
    3, residual, batch norm  0.002      0.002   diverged     5,900
    10 dense layers          0.19       0.26    NaN          NaN
    ======================== ========== ======= ============ =========

    "Diverged" is a rate beyond ``max_lr``; the 2 convolutions and the 10 dense layers begin with
    He's weights, the others as torch draws them. With SGD without momentum, Adam and T_start 0.8
    there are 162 such trainings; the safe policy ends all finite and below their start.

    No policy trains where signals vanish on the way, as in 12 dense layers as torch draws them: the
    safe one ends where it began, at 2.3.

    Cost: about 10 forward passes at the first step, and one every ``probing_step_size`` steps; of
    the policy ``"safe"`` 14 in the first 32 steps, and later one more for five of these where
    something surprises: 1.08 times the time of 160 steps of ResNet-20 with OneCycle (batches of
    32, one core).

    A checkpoint holds ``scheduler.state_dict()`` beside those of model and optimizer; a killed
    training that loads the three goes on bitwise as if it had not been killed. With the recorded
    rates torch's ``LambdaLR`` repeats a training bitwise without a measurement::

        optimizer = SGD(model.parameters(), lr=1.0)
        LambdaLR(optimizer, lambda step: history[step]["learning_rate"])

    Example:
        >>> _ = torch.manual_seed(0)
        >>> model = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 1))
        >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        >>> scheduler = ActCooLR(optimizer, model, total_steps=20, start_temperature=0.2)
        >>> x = torch.randn(200, 2)
        >>> for _ in range(20):
        ...     optimizer.zero_grad()
        ...     (model(x) - x[:, :1] * x[:, 1:]).square().mean().backward()
        ...     optimizer.step()
        ...     scheduler.step()
        >>> first, last = scheduler.history[0], scheduler.history[-1]
        >>> first["target_temperature"], round(last["target_temperature"], 3)
        (0.2, 0.01)
        >>> first["reason"]
        '...ed ... x...'
    """

    _is_built = False
    _is_attached = False

    def __init__(
        self,
        optimizer: Optimizer,
        model: nn.Module,
        total_steps: int,
        *,
        start_temperature: float | Literal["auto"] = 3.17,
        gamma: float = 1.0,
        shape: Literal["power", "late"] = "power",
        probing_step_size: int | None = None,
        min_lr: float = 1e-10,
        max_lr: float = 1e10,
        policy: str | Policy = "safe",
        target: Target | None = None,
        sites: str | int | Iterable[str | int] | Callable[[str], bool] | None = None,
    ) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"ActCooLR needs a torch.optim.Optimizer, not {_named(optimizer)}")
        if not isinstance(model, nn.Module):
            raise TypeError(f"ActCooLR needs a torch.nn.Module, not {_named(model)}")
        self._policy = _policy(policy)
        every = self._policy.probing_step_size if probing_step_size is None else probing_step_size
        for name, value in (("total_steps", total_steps), ("probing_step_size", every)):
            if not is_whole(value) or value < 1:
                raise ValueError(
                    f"{name} is a number of optimizer steps, at least 1, not {value!r}"
                )
        if not 0 < min_lr < max_lr < float("inf"):
            raise ValueError(
                f"min_lr and max_lr bound the rate, 0 < min_lr < max_lr, but came as {min_lr!r} "
                f"and {max_lr!r}"
            )
        self.history = History()
        self.total_steps = total_steps
        self._range: Range | None = None
        if start_temperature == "auto":
            if target is not None or not isinstance(self._policy, SafePolicy):
                raise ValueError(
                    "start_temperature='auto' is found by the policy 'safe' and without target=; "
                    "give a number, or leave these out"
                )
            self._curve = lambda start: TemperatureTarget(start, gamma, shape)
            self._target = self._curve(HOTTEST)
            self._range = Range(min(self._policy.dense_steps, max(8, total_steps // 10)))
        else:
            self._target = _target(target, start_temperature, gamma, shape)
        self._taken = 0  # optimizer steps
        self._told = 0  # of them, at the last step()
        self._seen: Seen | None = None  # the measurement since then
        self._used = 0.0  # the rate of the last optimizer step
        self._asked: tuple[int, bool] | None = None  # the latest step, and whether it is measured
        self._have_met = False  # all ranks, to try rates before the latest step
        self._has_warned = False
        super().__init__(optimizer)
        self._is_built = True
        first = float(optimizer.param_groups[0]["initial_lr"])
        for number, base in enumerate(self._bases()):
            if not (isfinite(base) and base >= 0) or first <= 0:
                raise ValueError(
                    "the rates that the optimizer was made with set the ratios of its groups to "
                    f"the first one, so they are finite and that is above 0, but {first!r} came "
                    f"for the first and {base!r} for group {number}; give each group a rate"
                )
        self._last_lr = [float(group["lr"]) for group in optimizer.param_groups]
        self._weights = WeightWatch(optimizer)
        self._probe = TemperatureProbe(
            model,
            optimizer,
            steps=_weakly(self._measures),
            sites=sites,
            before=_weakly(self._before_measured),
        )
        limits = Limits(min_lr, max_lr, every, self._probe.passes)
        self._policy.begin(limits, self._last_lr[0])
        self._put_on()

    @classmethod
    def attach(
        cls, optimizer: Optimizer, model: nn.Module, total_steps: int, **options: Any
    ) -> Self:
        """A scheduler that steps by itself after each ``optimizer.step()``.

        For loops that step a scheduler once an epoch: they may, it does nothing. Nobody needs to
        hold it; it ends with its last step, or by :meth:`close`.

        Args:
            optimizer: as for the constructor.
            model: as for the constructor.
            total_steps: as for the constructor.
            **options: as for the constructor.

        Example:
            >>> model = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 1))
            >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
            >>> scheduler = ActCooLR.attach(optimizer, model, 20, start_temperature=0.2)
            >>> for _ in range(20):
            ...     optimizer.zero_grad()
            ...     x = torch.randn(50, 2)
            ...     (model(x) - x.prod(1, keepdim=True)).square().mean().backward()
            ...     optimizer.step()  # of the scheduler too
            >>> len(scheduler.history)
            20
        """
        scheduler = cls.__new__(cls)
        scheduler._is_attached = True
        scheduler.__init__(optimizer, model, total_steps, **options)
        return scheduler

    def step(self, epoch: int | None = None) -> None:
        """Sets the rate of the next optimizer step; call it after each one.

        Args:
            epoch: not used; torch's schedulers have it.
        """
        if self._is_built and not self._is_attached:
            self._step()

    def close(self) -> None:
        """Measures no more, and takes its hooks off; done by itself after ``total_steps``."""
        _take_off(weakref.ref(self._probe), self._counter)
        self._is_on = False

    def get_lr(self) -> list[float]:
        """The rates of the groups."""
        return [float(group["lr"]) for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """What a training is continued from: numbers and the history, in types without pickle."""
        return {
            "taken": self._taken,
            "told": self._told,
            "used": self._used,
            "asked": list(self._asked),
            "learning_rates": self.get_lr(),
            "range": None if self._range is None else dict(vars(self._range)),
            "weights": list(self._weights.start),
            "policy": dict(self._policy.state),
            "notes": list(self._policy.notes),
            "seen": None if self._seen is None else dict(vars(self._seen)),
            "history": self.history.packed(),
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Goes on where ``state_dict`` was taken, with the rates of then.

        Args:
            state_dict: of a scheduler with the same settings.

        Raises:
            ValueError: it is no such state; the scheduler stays as it was.
        """
        try:
            history = History.unpacked(state_dict["history"])
            seen = None if state_dict["seen"] is None else Seen(**state_dict["seen"])
            taken, told, used = (state_dict[name] for name in ("taken", "told", "used"))
            step, is_due = state_dict["asked"]
            weights = list(state_dict["weights"])
            found = None if state_dict["range"] is None else Range(**state_dict["range"])
            policy, notes = dict(state_dict["policy"]), list(state_dict["notes"])
            rates = [float(rate) for rate in state_dict["learning_rates"]]
        except (TypeError, KeyError, AttributeError, ValueError) as error:
            raise ValueError(
                "a state of ActCooLR is what its state_dict() gave, not this "
                f"{type(state_dict).__name__} ({error!r:.100})"
            ) from error
        if policy.keys() != self._policy.state.keys() or (found is None) != (self._range is None):
            raise ValueError(
                f"this state is of another policy than {type(self._policy).__name__}, or of "
                "another start_temperature; construct the scheduler as it was at that time"
            )
        if len(rates) != len(self.optimizer.param_groups):
            raise ValueError(
                f"this state is of an optimizer with {len(rates)} parameter groups, not with "
                f"{len(self.optimizer.param_groups)}"
            )
        self.history, self._seen, self._weights.start = history, seen, weights
        self._taken, self._told, self._used, self.last_epoch = taken, told, used, told
        self._policy.state, self._policy.notes = policy, notes
        self._range, self._asked = found, (step, is_due)
        if found is not None and found.start is not None:
            self._target = self._curve(found.start)
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            _set(group, rate)
        self._last_lr = rates
        self._probe.load_state_dict({"steps": taken, "history": []})
        if told >= self.total_steps:
            self.close()
        elif not self._is_on:  # a training that had ended goes back
            self._put_on()

    def _put_on(self) -> None:
        """The hooks, which keep a scheduler alive only where it steps by itself."""
        self._probe.__enter__()
        count = self._after_step if self._is_attached else _weakly(self._after_step)
        self._counter = self.optimizer.register_step_post_hook(count)
        self._is_on = True
        if not self._is_attached:
            # The probe would keep the model alive, and whoever holds the scheduler through that.
            probe = weakref.ref(self._probe)
            weakref.finalize(self, _take_off, probe, self._counter).atexit = False

    def _bases(self) -> list[float]:
        """The rates that give the groups' ratios; a group that was added later brings its own."""
        groups = self.optimizer.param_groups
        return [float(group.setdefault("initial_lr", group["lr"])) for group in groups]

    def _set_rate(self, rate: float) -> None:
        first, *_ = bases = self._bases()
        for group, base in zip(self.optimizer.param_groups, bases, strict=True):
            _set(group, rate * (base / first))
        self._last_lr = self.get_lr()

    def _wanted(self, step: int) -> float:
        """The temperature that is wanted after so many steps."""
        return target_at(self._target, step / self.total_steps)

    def _measures(self, step: int) -> bool:
        """Whether a step is measured; asked when the one before has been, and after loading."""
        last, was_due = (0, False) if self._asked is None else self._asked
        if last == step:
            return was_due  # a policy may have paid for it
        if was_due and self._policy.wants_fit and not self._have_met:
            on_all_ranks(False)  # the others wait for this one, whose pass had NaN
        self._have_met = False
        if was_due and on_all_ranks(bool(self._probe.history)):
            distance = over_ranks(self._probe.history[-1].distance)
            moved = (1.0, 0.0)
            if self._policy.watches_weights:
                moved = largest_of_ranks(self._weights.after())
            self._seen = Seen.of(distance, self._policy.mean, moved)
            self._policy.observe(self._seen, probability_of(self._wanted(step - 2)))
            self._look_for_a_start(step - 1, self._seen)
        self._probe.history.clear()
        is_due = self._policy.measures(step) or self._policy.wants_fit
        self._asked = step, is_due
        return is_due

    def _look_for_a_start(self, step: int, seen: Seen) -> None:
        if self._range is not None and self._range.start is None:
            self._range.observe(step, seen, self._policy)
            if self._range.start is not None:
                self._target = self._curve(self._range.start)
                self._policy.notes.append(f"start temperature {self._range.start:.3g} chosen")

    def _before_measured(self, try_at: Callable[[float], Distance]) -> None:
        if self._policy.watches_weights:
            self._weights.before()
        if not self._policy.wants_fit:
            return
        self._have_met = True
        if on_all_ranks(True):
            target = probability_of(self._wanted(self._taken))
            mean = self._policy.mean
            rate = self._policy.fit(lambda rate: Seen.of(over_ranks(try_at(rate)), mean), target)
            self._set_rate(rate)

    def _after_step(self, optimizer: Optimizer, args: tuple, kwargs: dict[str, Any]) -> None:
        if is_skipped(optimizer):
            return
        self._taken += 1
        self._used = self.get_lr()[0]
        if self._taken == 1 and self._seen is None:
            raise RuntimeError(
                f"the first step of {type(optimizer).__name__} could not be measured, as no "
                "forward pass with gradients of the model that ActCooLR was given came before it, "
                "or one that computed NaN, here or in another process; give the module that the "
                "training calls before its first step, and inputs without NaN"
            )
        if self._is_attached:
            self._step()

    def _step(self) -> None:
        steps = self._taken - self._told
        if steps == 0:
            self._record(reason="unchanged: no optimizer step", skipped=True)
            return
        if steps > 1 and not self._has_warned:
            self._has_warned = True
            warnings.warn(
                f"the optimizer took {steps} steps since the last scheduler.step(), and the rate "
                "stayed as it was; call it after each optimizer.step(), or let "
                "ActCooLR.attach(...) do that",
                stacklevel=3,
            )
        wanted = self._wanted(self._told)
        self._told = self.last_epoch = self._taken
        if self._told < self.total_steps:
            rate = self._policy.rate(probability_of(self._wanted(self._told)))
            self._set_rate(rate)
        reason = _reason(self._used, self.get_lr()[0], self._seen, wanted)
        self._record("; ".join([*self._policy.notes, reason]), wanted=wanted)
        self._policy.notes.clear()
        self._seen = None
        if self._told >= self.total_steps:
            self.close()

    def _record(self, reason: str, *, skipped: bool = False, wanted: float | None = None) -> None:
        entry = dict.fromkeys(NUMBERS) | {"step": self._taken, "skipped": skipped, "reason": reason}
        entry["learning_rate"] = self.get_lr()[0] if skipped else self._used
        entry["target_temperature"] = self._wanted(self._told) if skipped else wanted
        entry["mu"], entry["sigma"] = self._policy.mu, self._policy.sigma
        if self._seen is not None:
            entry["temperature"] = temperature_of(self._seen.between)
            entry["mean_share"] = self._seen.mean_share
            entry["mean_temperature"] = self._seen.mean_temperature
        self.history.append(entry)


def _reason(used: float, rate: float, seen: Seen | None, wanted: float) -> str:
    """Why the next rate is another one.

    Example:
        >>> _reason(0.1, 0.14, Seen(0.1, 0.25), 0.58)
        'raised 1.4 x: measured 0.42 below target 0.58'
        >>> _reason(0.1, 0.09, None, 0.58)
        'lowered 0.9 x with the target'
    """
    factor = rate / used
    verb = "kept" if factor == 1 else f"{'raised' if factor > 1 else 'lowered'} {factor:.3g} x"
    if seen is None:
        return verb if factor == 1 else f"{verb} with the target"
    found = temperature_of(seen.between)
    side = "above" if found > wanted else "below"
    return f"{verb}: measured {found:.2f} {side} target {wanted:.2f}"


def _target(target: Target | None, start: float, gamma: float, shape: str) -> Target:
    if target is None:
        return TemperatureTarget(start, gamma, shape)
    if (start, gamma, shape) != (3.17, 1.0, "power"):
        raise ValueError(
            "target= says how hot the training is to be, so that start_temperature, gamma and "
            "shape say nothing; leave them out, or target="
        )
    if not callable(target):
        raise TypeError(
            "target is a function from the progress (0 to 1) to a temperature in bits, not "
            f"{_named(target)}"
        )
    target_at(target, 0.0)
    return target


def _policy(policy: str | Policy) -> Policy:
    if isinstance(policy, Policy):
        return copy.deepcopy(policy)
    if policy not in POLICIES:
        names = ", ".join(map(repr, POLICIES))
        hint = did_you_mean(str(policy), POLICIES, f"there are {names}, or a Policy of your own")
        raise ValueError(f"no policy {policy!r}; {hint}")
    return POLICIES[policy]()


def _weakly(method: Callable) -> Callable:
    """The method as long as its object is there, and then nothing."""
    reference = weakref.WeakMethod(method)

    def call(*args: Any) -> Any:
        alive = reference()
        return None if alive is None else alive(*args)

    return call


def _take_off(probe: weakref.ref[TemperatureProbe], counter: RemovableHandle) -> None:
    if (alive := probe()) is not None:
        alive.__exit__(None, None, None)
    counter.remove()


def _named(value: object) -> str:
    return value.__name__ if isinstance(value, type) else type(value).__name__


@torch.no_grad()
def _set(group: dict[str, Any], rate: float) -> None:
    if isinstance(group["lr"], Tensor):
        group["lr"].fill_(rate)
    else:
        group["lr"] = rate
