"""Algorithm 6 of the thesis (appendix A.4), with its defaults (table A.1).

The share of changed patterns is modelled as P(η) = ½ (1 + erf((ln η - μ)/(σ√2))). A *fit* measures
P at the rates where the last model expects 0.25, 0.5 and 0.75, walks on to rates beyond 0.25 and
0.75, and determines μ and σ. Between fits every probe corrects μ alone,

    μ = ln η - σ√2 erfinv(2P - 1),

and the rate of each step is η = exp(μ + σ√2 erfinv(2P - 1)) at the wanted P, at most 0.99. What is
printed ambiguously or contradicts itself is read so:

- the search for rates beyond the bounds: see ``search``;
- the fit: least squares in P; a truncation of singular values at 10 would leave nothing;
- P is capped at 0.99, not multiplied with it, and follows equation 3.45;
- the counter of large errors counts since the last fit (3.3.2), or consecutive ones (table A.1);
- μ is always updated, also by a large error; a P of 0 where less than one evaluation was to
  change is no event; a P of 0 or 1 else asks for a new fit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite, log
from typing import Any, ClassVar

import numpy as np
from scipy.special import ndtri

from relu_book.actcoolr.policy import DivergedError, Mean, Policy, Seen
from relu_book.actcoolr.search import bracket
from relu_book.transition import FitError, LogNormal

INITIAL_RATES = tuple(np.logspace(-4, 2, 25).tolist())
HIGHEST = 0.99
LEAST_SIGMA = 1e-3


@dataclass
class ThesisPolicy(Policy):
    """Algorithm 6 of appendix A.4, literally but for what contradicts itself.

    It follows the target wherever that leads. In networks with batch norm a hot target makes the
    weights grow, grown weights need a larger rate for the same temperature, and so on: see the
    table at ``ActCooLR``. The thesis lowers T_start by hand until a training is stable.

    Args:
        mean: ``"share"`` (A.4), or ``"temperature"``, which 3.3.2 speaks of.
        remeasure_init: the probabilities that a fit measures at.
        initlrs: rates that are measured where those tell nothing.
        error_num: how many large errors of μ ask for a new fit.
        error_muthresh: from where on an error is large.
        remeasure_jump: factor of the search.
        max_while_loop: most measurements of one search.
        consecutive: count errors in a row only, as table A.1 says, in place of all since the fit.

    Example:
        >>> from relu_book.actcoolr import Limits
        >>> policy, truth = ThesisPolicy(), LogNormal(mu=-4.0, sigma=2.0)
        >>> policy.begin(Limits(), 0.1)
        >>> rate = policy.fit(lambda rate: Seen(rate, truth.probability(rate)), target=0.6)
        >>> round(policy.mu, 3), round(policy.sigma, 3), round(truth.probability(rate), 3)
        (-4.0, 2.0, 0.6)
    """

    mean: Mean = "share"
    remeasure_init: tuple[float, ...] = (0.25, 0.5, 0.75)
    initlrs: tuple[float, ...] = INITIAL_RATES
    error_num: int = 5
    error_muthresh: float = 2.5
    remeasure_jump: float = 2.0
    max_while_loop: int = 100
    consecutive: bool = False

    initial: ClassVar[dict[str, Any]] = {"mu": -1.0, "sigma": 1.0, "errors": 0, "stale": True}

    @property
    def wants_fit(self) -> bool:
        """Whether the model is new, or too often wrong."""
        return self.state["stale"]

    def fit(self, try_at: Callable[[float], Seen], target: float) -> float:
        """A full update (item 4): see :meth:`Policy.fit`."""
        first = [try_at(self._rate_at(p)) for p in self.remeasure_init]
        points = _useful(first)
        tried = len(first)
        if not points:
            sweep = [try_at(self._within(rate)) for rate in self.initlrs]
            tried += len(sweep)
            points = _useful(sweep)
            if not points:
                points = self._between(try_at, first + sweep)
                tried += len(points)
        for bound, end in ((min(self.remeasure_init), min), (max(self.remeasure_init), max)):
            if not points:
                break
            near = end(points, key=lambda seen: seen.probability)
            if (near.probability > bound) if end is min else (near.probability < bound):
                walked = self._walk(try_at, near, bound)
                points = points + _useful(walked)
                tried += len(walked)
        self._take(points, tried)
        self.state["stale"], self.state["errors"] = False, 0
        return self.rate(target)

    def observe(self, seen: Seen, target: float) -> None:
        """The update of μ alone (item 6): see :meth:`Policy.observe`."""
        if seen.probability in (0.0, 1.0):
            if seen.probability == 1 or target >= 1 / seen.evaluations:
                self.state["stale"] = True
            return
        mu = log(seen.learning_rate) - self.state["sigma"] * ndtri(seen.probability).item()
        is_large = abs(mu - self.state["mu"]) > self.error_muthresh
        if is_large:
            self.state["errors"] += 1
        elif self.consecutive:
            self.state["errors"] = 0
        if self.state["errors"] >= self.error_num:
            self.state["stale"] = True
        self.state["mu"] = mu

    def rate(self, target: float) -> float:
        """Item 5: see :meth:`Policy.rate`."""
        if target <= 0:
            return self.limits.min_lr
        rate = LogNormal(self.state["mu"], self.state["sigma"]).learning_rate(min(target, HIGHEST))
        if not (isfinite(rate) and rate <= self.limits.max_lr):
            raise DivergedError(
                f"the training has run away: the share {target:.3g} of changed patterns asks for "
                f"the rate {rate:.3g}, above max_lr={self.limits.max_lr:g}; start again with a "
                "lower start_temperature, or with the default policy, which lowers it by itself"
            )
        return max(rate, self.limits.min_lr)

    def _rate_at(self, probability: float) -> float:
        model = LogNormal(self.state["mu"], self.state["sigma"])
        return self._within(model.learning_rate(probability))

    def _within(self, rate: float) -> float:
        return min(max(rate, self.limits.min_lr), self.limits.max_lr)

    def _walk(self, try_at: Callable[[float], Seen], near: Seen, bound: float) -> list[Seen]:
        jump, most = self.remeasure_jump, self.max_while_loop
        return bracket(try_at, near, bound, self.limits, jump=jump, most=most)

    def _between(self, try_at: Callable[[float], Seen], points: list[Seen]) -> list[Seen]:
        """Where all are 0 or 1, what lies between the two."""
        below = [seen for seen in points if seen.probability < 0.5]
        if not below or len(below) == len(points):
            return []
        highest = max(below, key=lambda seen: seen.learning_rate)
        return _useful(self._walk(try_at, highest, 0.5))

    def _take(self, points: list[Seen], tried: int) -> None:
        rates = [seen.learning_rate for seen in points]
        try:
            model = LogNormal.fit(rates, [seen.probability for seen in points])
        except FitError as error:
            self._centre(points, str(error).split(",")[0])
            return
        self.state["mu"], self.state["sigma"] = model.mu, max(model.sigma, LEAST_SIGMA)
        self.notes.append(
            f"fitted mu {self.state['mu']:.3g}, sigma {self.state['sigma']:.3g} to "
            f"{len(points)} of {tried} tried rates"
        )

    def _centre(self, points: list[Seen], why: str) -> None:
        """μ from the best single point, σ as it was."""
        if points:
            best = min(points, key=lambda seen: abs(seen.probability - 0.5))
            z = ndtri(best.probability).item()
            self.state["mu"] = log(best.learning_rate) - self.state["sigma"] * z
        self.notes.append(f"no new fit ({why})")


def _useful(points: list[Seen]) -> list[Seen]:
    """Those of which a quantile can be taken."""
    return [seen for seen in points if 1e-10 < seen.probability < 1 - 1e-10]
