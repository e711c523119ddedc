"""Algorithm 6 of the thesis (appendix A.4), with its defaults (table A.1).

The share of changed patterns is modelled as P(η) = ½ (1 + erf((ln η - μ)/(σ√2))). A *fit* measures
P at the rates where the last model expects 0.25, 0.5 and 0.75, walks on to rates beyond 0.25 and
0.75, and determines μ and σ. Between fits every probe corrects μ alone,

    μ = ln η - σ√2 erfinv(2P - 1),

and the rate of each step is η = exp(μ + σ√2 erfinv(2P - 1)) at the wanted P, at most 0.99. What is
printed ambiguously or contradicts itself is read so:

- the search for rates beyond the bounds, and the fit: see ``search`` and ``fitted``;
- P is capped at 0.99, not multiplied with it, and follows equation 3.45;
- the counter of large errors counts since the last fit (3.3.2), or consecutive ones (table A.1);
- μ is always updated, also by a large error; a P of 0 where less than one evaluation was to
  change is no event; a P of 0 or 1 else asks for a new fit.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite, log, nan
from typing import Any, ClassVar

from scipy.special import ndtri

from relu_book.actcoolr.fitted import FittedPolicy
from relu_book.actcoolr.policy import DivergedError, Mean, Seen
from relu_book.transition import LogNormal

HIGHEST = 0.99


@dataclass
class ThesisPolicy(FittedPolicy):
    """Algorithm 6 of appendix A.4, literally but for what contradicts itself.

    It follows the target wherever that leads. In networks with batch norm a hot target makes the
    weights grow, grown weights need a larger rate for the same temperature, and so on: see the
    table at ``ActCooLR``. The thesis lowers T_start by hand until a training is stable.
    What a fit measures is set by the arguments of :class:`FittedPolicy`, which it takes as well.

    Args:
        mean: ``"share"`` (A.4), or ``"temperature"``, which 3.3.2 speaks of.
        error_num: how many large errors of μ ask for a new fit.
        error_muthresh: from where on an error is large.
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
    error_num: int = 5
    error_muthresh: float = 2.5
    consecutive: bool = False

    initial: ClassVar[dict[str, Any]] = FittedPolicy.initial | {"errors": 0, "is_fitted": False}

    def fit(self, try_at: Callable[[float], Seen], target: float) -> float:
        """A full update (item 4): see :meth:`Policy.fit`."""
        rate = super().fit(try_at, target)
        self.state |= {"errors": 0, "is_fitted": True}
        return rate

    def observe(self, seen: Seen, target: float) -> None:
        """The update of μ alone (item 6): see :meth:`Policy.observe`."""
        is_event, self.state["is_fitted"] = not self.state["is_fitted"], False
        if seen.probability in (0.0, 1.0):
            if not is_event:
                return  # the step that was fitted; the next probe asks again
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
        mu, sigma = self.state["mu"], self.state["sigma"]
        rate = LogNormal(mu, sigma).learning_rate(min(target, HIGHEST)) if isfinite(mu) else nan
        if not (isfinite(rate) and rate <= self.limits.max_lr):
            raise DivergedError(
                f"the training has run away: the share {target:.3g} of changed patterns asks for "
                f"the rate {rate:.3g}, above max_lr={self.limits.max_lr:g}; start again with a "
                "lower start_temperature, or with the default policy, which lowers it by itself"
            )
        return max(rate, self.limits.min_lr)
