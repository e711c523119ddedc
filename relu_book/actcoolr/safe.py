"""The default policy: algorithm 6 with limits, so that no target makes a training run away.

As in ``thesis`` a log-normal transition gives the rate, and measurements correct its μ. Besides:

- the first step is mild, at most at ``first_temperature``, and of the first ``dense_steps`` steps
  many are measured: the first eighth of them all, since the momentum that builds up makes each
  longer than the one before, up to half of them every second, then every fourth;
- from one measurement to the next the rate rises ``rise``-fold at the most, and falls by as much
  where nothing at all has changed, as in a network that is dead;
- it rises to ``unanswered`` times the last rate that made half of the wanted temperature, and no
  further: a network whose loss or gradients vanish does not answer, and would be torn apart;
- no step may move a weight by more than a share ``relative_step`` of its length, which is larger
  below one bit: with few inputs a filter, as in a first convolution, mild steps are long;
- where weights have grown, the target is lowered: from ``growth[0]`` times their length at the
  start on, to nearly nothing at ``growth[1]``;
- after a surprise (μ off by half, in ln η), or while the target is lowered, there are additional
  measurements, as far as the allowance reaches: one forward pass for five regular measurements.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, log
from typing import Any, ClassVar

from scipy.special import ndtri

from relu_book.actcoolr.fitted import FittedPolicy
from relu_book.actcoolr.policy import Mean, Seen
from relu_book.actcoolr.targets import probability_of, temperature_of
from relu_book.transition import LogNormal

_SURPRISE = 0.5  # of μ, in ln η
_HOT = 1.0  # bits
_LEAST_SCALE = 0.02  # of the target: a training is never frozen
_MOST_SPARE = 8.0  # forward passes that can be saved up
_ALLOWED = 0.2  # of a forward pass for each regular one


@dataclass
class SafePolicy(FittedPolicy):
    """Algorithm 6 with limits; what they are set to was found by measurement.

    It steers the mean temperature of the layers: the mean share saturates in narrow layers. Within
    the limits trainings with either end about alike. It takes the arguments of
    :class:`FittedPolicy` as well.

    Args:
        mean: ``"temperature"`` or ``"share"``.
        first_temperature: of the first step, at most.
        rise: of the rate from one measurement to the next, at most.
        unanswered: how far the rate rises beyond the last that made half of what was wanted.
        relative_step: of a weight, at most, in a step cooler than one bit and in a hotter one.
        growth: of a weight, where the target begins to be lowered, and where it has been.
        dense_steps: of the beginning, which is measured more often.

    Example:
        >>> from relu_book.actcoolr import Limits
        >>> policy, truth = SafePolicy(), LogNormal(mu=-4.0, sigma=2.0)
        >>> policy.begin(Limits(), 0.1)
        >>> first = policy.fit(lambda rate: Seen(rate, truth.probability(rate)), target=0.9)
        >>> round(truth.probability(first), 3)  # 0.3 bits in place of 3.3
        0.188
        >>> policy.observe(Seen(first, 0.188, relative_step=0.001), 0.9)
        >>> round(policy.rate(0.9) / first, 3)
        1.5
    """

    mean: Mean = "temperature"
    first_temperature: float = 0.3
    rise: float = 1.5
    unanswered: float = 2.0
    relative_step: tuple[float, float] = (0.16, 0.04)
    growth: tuple[float, float] = (2.0, 6.0)
    dense_steps: int = 32

    watches_weights = True
    initial: ClassVar[dict[str, Any]] = FittedPolicy.initial | {
        **{"highest": inf, "answered": inf, "scale": 1.0, "spare": 0.0, "is_surprised": False},
    }

    def measures(self, step: int) -> bool:
        """The first steps, every so many, and as many more as are paid for."""
        state, every = self.state, self.limits.every
        if step % every == 0 or (step <= self.dense_steps and step % self._gap(step) == 0):
            return True
        paid = _ALLOWED * (2 - self.limits.passes) / every
        state["spare"] = min(state["spare"] + paid, _MOST_SPARE)
        is_halfway = state["scale"] < 1 and step % every == every // 2
        if not (state["is_surprised"] or is_halfway) or state["spare"] < self.limits.passes:
            return False
        state["spare"] -= self.limits.passes
        return True

    def _gap(self, step: int) -> int:
        """From one measurement to the next, in the beginning."""
        return 1 if 8 * step <= self.dense_steps else 2 if 2 * step <= self.dense_steps else 4

    def fit(self, try_at: Callable[[float], Seen], target: float) -> float:
        """A full update, and a mild rate: see :meth:`Policy.fit`."""
        super().fit(try_at, target)
        rate = self.rate(min(target, probability_of(self.first_temperature)))
        self.state["highest"] = self.state["answered"] = rate
        return rate

    def observe(self, seen: Seen, target: float) -> None:
        """Corrects μ and the limits: see :meth:`Policy.observe`."""
        state, rate = self.state, seen.learning_rate
        mu = log(rate) - state["sigma"] * ndtri(seen.between).item()
        state["is_surprised"] = abs(mu - state["mu"]) > _SURPRISE
        state["mu"] = mu
        if temperature_of(seen.between) >= self._lowered(target) / 2:
            state["answered"] = rate
        is_dead = seen.probability * seen.evaluations < 1
        highest = rate / self.rise if is_dead else rate * self.rise
        highest = min(highest, self.unanswered * state["answered"])
        if seen.relative_step > 0:
            most = self.relative_step[temperature_of(seen.between) >= _HOT]
            highest = min(highest, rate * most / seen.relative_step)
        state["highest"] = max(highest, self.limits.min_lr)
        low, high = self.growth
        scale = (
            1 - log(max(seen.growth, low) / low) / log(high / low) if seen.growth < high else 0.0
        )
        scale = max(scale, _LEAST_SCALE)
        if (scale < 1) != (state["scale"] < 1):
            self.notes.append(
                f"weights have grown {seen.growth:.2g} x: the target is lowered"
                if scale < 1
                else "weights are short again: the target is as given"
            )
        state["scale"] = scale

    def rate(self, target: float) -> float:
        """The rate of the model within the limits: see :meth:`Policy.rate`."""
        if target <= 0:
            return self.limits.min_lr
        model = LogNormal(self.state["mu"], self.state["sigma"])
        rate = model.learning_rate(probability_of(self._lowered(target)))
        rate = min(rate, self.state["highest"], self.limits.max_lr)
        return max(rate, self.limits.min_lr)

    def _lowered(self, target: float) -> float:
        """The temperature that is aimed at for a share of changed patterns."""
        return temperature_of(min(target, 1 - 1e-12)) * self.state["scale"]
