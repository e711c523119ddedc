"""The controller that the supplement lists (section H): σ from one sweep, μ from each measurement.

Before the first step P is measured at 25 rates (table 1) and σ is fitted, for good. Every k steps,
with η the rate in use, P now, P* the wanted one, z = √2 erfinv(2P - 1),

    b = ln η - σ z,        η* = exp(b + σ z*),

and the rate moves from η to η* along a line, to arrive at the next measurement. The listing
divides the way by k twice: it goes 1/k of it in the first step and 1/k² in each of the others,
23 % in all for k = 8. It also mixes two logarithms (-log2 u one way, 1 - e^-T back), which shifts
what is reported, but not the rates; here T = -log2(1 - P) both ways. Its first rate is the one that
the optimizer was given (supplement B, figure 5), and may be computed from the sweep instead.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, isfinite, log
from typing import Any, ClassVar, Literal

import numpy as np
from scipy.special import ndtri

from relu_book.actcoolr.policy import DivergedError, Mean, Policy, Seen
from relu_book.transition import FitError, LogNormal

SWEPT_RATES = tuple(np.logspace(-3.2, 2, 25).tolist())


@dataclass
class ListingPolicy(Policy):
    """The listing of supplement H, of the mean temperature over the layers.

    Args:
        mean: ``"temperature"`` as listed, or ``"share"``.
        sweep: the rates of the first fit, table 1 of the supplement.
        interpolation: ``"corrected"`` arrives after as many steps as lie between measurements,
            ``"printed"`` divides twice.
        start: the first rate: ``"given"`` to the optimizer, or ``"fitted"``.

    Raises:
        ValueError: a word that is not one of these.

    Example:
        >>> from relu_book.actcoolr import Limits
        >>> policy, truth = ListingPolicy(), LogNormal(mu=-2.0, sigma=1.5)
        >>> policy.begin(Limits(every=1), 0.1)
        >>> policy.fit(lambda rate: Seen(rate, truth.probability(rate)), target=0.6)
        0.1
        >>> policy.observe(Seen(0.1, truth.probability(0.1)), 0.6)
        >>> round(truth.probability(policy.rate(0.6)), 6)
        0.6
    """

    mean: Mean = "temperature"
    sweep: tuple[float, ...] = SWEPT_RATES
    interpolation: Literal["corrected", "printed"] = "corrected"
    start: Literal["given", "fitted"] = "given"

    initial: ClassVar[dict[str, Any]] = {
        **{"mu": None, "sigma": None, "way": 0.0, "gone": 0, "is_new": False}
    }

    def __post_init__(self) -> None:
        for name, known in (
            ("interpolation", ("corrected", "printed")),
            ("start", ("given", "fitted")),
        ):
            if getattr(self, name) not in known:
                raise ValueError(
                    f"{name} is {' or '.join(map(repr, known))}, not {getattr(self, name)!r}"
                )

    @property
    def wants_fit(self) -> bool:
        """Before the first step."""
        return self.state["sigma"] is None

    def fit(self, try_at: Callable[[float], Seen], target: float) -> float:
        """``model_fit``: see :meth:`Policy.fit`."""
        seen = [try_at(rate) for rate in self.sweep]
        rates = [each.learning_rate for each in seen]
        try:
            model = LogNormal.fit(rates, [each.probability for each in seen])
        except FitError as error:
            raise DivergedError(
                f"the sweep before the first step shows no transition: {error}; sweep other rates "
                "with policy=ListingPolicy(sweep=...)"
            ) from error
        self.state["mu"], self.state["sigma"] = model.mu, model.sigma
        self.notes.append(f"fitted mu {model.mu:.3g}, sigma {model.sigma:.3g} to {len(seen)} rates")
        if self.start == "fitted":
            self.state["learning_rate"] = self._checked(model.learning_rate(target))
        return self.state["learning_rate"]

    def observe(self, seen: Seen, target: float) -> None:
        """Keeps b, as μ: see :meth:`Policy.observe`."""
        z = ndtri(seen.between).item()
        self.state["mu"] = log(seen.learning_rate) - self.state["sigma"] * z
        self.state["is_new"] = True

    def rate(self, target: float) -> float:
        """``adapt_lr``: see :meth:`Policy.rate`."""
        state, every = self.state, self.limits.every
        if state["is_new"]:
            z = ndtri(target).item()
            wanted = exp(min(state["mu"] + state["sigma"] * z, 700.0)) if target > 0 else 0.0
            state["way"] = (self._checked(wanted) - state["learning_rate"]) / every
            state["gone"], state["is_new"] = 0, False
        if state["gone"] < every:
            slow = self.interpolation == "printed" and state["gone"]
            state["learning_rate"] += state["way"] / every if slow else state["way"]
            state["gone"] += 1
        state["learning_rate"] = self._checked(state["learning_rate"])
        return state["learning_rate"]

    def _checked(self, rate: float) -> float:
        if not (isfinite(rate) and rate <= self.limits.max_lr):
            raise DivergedError(
                f"the target temperature is too high: it asks for the rate {rate:.3g}, above "
                f"max_lr={self.limits.max_lr:g}; start again with a lower start_temperature, or "
                "with the default policy, which lowers it by itself"
            )
        return max(rate, self.limits.min_lr)
