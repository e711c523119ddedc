"""A full update of the model by trial steps: items 3 and 4 of algorithm 6 (thesis A.4).

P is measured at the rates where the last model expects 0.25, 0.5 and 0.75, where need be on a wide
grid, and then at rates beyond 0.25 and 0.75, which the search walks to; least squares in P give μ
and σ. As printed the linear fit truncates singular values at 10, which would leave none of them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import log, sqrt
from typing import Any, ClassVar

import numpy as np
from scipy.special import ndtri

from relu_book.actcoolr.policy import Policy, Seen
from relu_book.actcoolr.search import bracket
from relu_book.transition import FitError, LogNormal

INITIAL_RATES = tuple(np.logspace(-4, 2, 25).tolist())
LEAST_SIGMA = 1e-3


@dataclass
class FittedPolicy(Policy):
    """A policy with a log-normal transition that trial steps are fitted by.

    Args:
        remeasure_init: the probabilities that a fit measures at.
        initlrs: rates that are measured where those tell nothing.
        remeasure_jump: factor of the search.
        max_while_loop: most measurements of the searches of a fit, all together.
    """

    remeasure_init: tuple[float, ...] = (0.25, 0.5, 0.75)
    initlrs: tuple[float, ...] = INITIAL_RATES
    remeasure_jump: float = 2.0
    max_while_loop: int = 100

    initial: ClassVar[dict[str, Any]] = {"mu": -1.0, "sigma": 1.0, "stale": True}

    @property
    def wants_fit(self) -> bool:
        """Whether the model is new, or too often wrong."""
        return self.state["stale"]

    def fit(self, try_at: Callable[[float], Seen], target: float) -> float:
        """A full update (item 4): see :meth:`Policy.fit`."""
        first = [try_at(self._rate_at(p)) for p in self.remeasure_init]
        points = _useful(first)
        tried, left = len(first), self.max_while_loop
        if not points:
            sweep = [try_at(self._within(rate)) for rate in self.initlrs]
            tried += len(sweep)
            points = _useful(sweep)
            if not points:
                walked = self._between(try_at, first + sweep)
                points = _useful(walked)
                tried, left = tried + len(walked), left - len(walked)
        for bound, end in ((min(self.remeasure_init), min), (max(self.remeasure_init), max)):
            if not points:
                break
            near = end(points, key=lambda seen: seen.probability)
            if (near.probability > bound) if end is min else (near.probability < bound):
                walked = self._walk(try_at, near, bound, left)
                points = points + _useful(walked)
                tried, left = tried + len(walked), left - len(walked)
        if left == 0:
            self.notes.append(f"the search ended at max_while_loop={self.max_while_loop}")
        if len(points) == 2:  # of a sharp transition; a fit has three (3.3.2)
            low, high = (seen.learning_rate for seen in points)
            points = points + _useful([try_at(sqrt(low * high))])
            tried += 1
        self._take(points, tried)
        self.state["stale"] = False
        return self.rate(target)

    def _rate_at(self, probability: float) -> float:
        model = LogNormal(self.state["mu"], self.state["sigma"])
        return self._within(model.learning_rate(probability))

    def _within(self, rate: float) -> float:
        return min(max(rate, self.limits.min_lr), self.limits.max_lr)

    def _walk(
        self, try_at: Callable[[float], Seen], near: Seen, bound: float, most: int
    ) -> list[Seen]:
        return bracket(try_at, near, bound, self.limits, jump=self.remeasure_jump, most=most)

    def _between(self, try_at: Callable[[float], Seen], points: list[Seen]) -> list[Seen]:
        """Where all are 0 or 1, what lies between the two."""
        below = [seen for seen in points if seen.probability < 0.5]
        if not below or len(below) == len(points):
            return []
        highest = max(below, key=lambda seen: seen.learning_rate)
        return self._walk(try_at, highest, 0.5, self.max_while_loop)

    def _take(self, points: list[Seen], tried: int) -> None:
        rates = [seen.learning_rate for seen in points]
        try:
            model = LogNormal.fit(rates, [seen.probability for seen in points])
        except FitError as error:
            self._centre(points, f"{str(error).split(',')[0]}; {tried} rates tried")
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
