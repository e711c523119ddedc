"""What a policy of ActCooLR is: it finds the learning rate that changes as many patterns as wanted.

The scheduler measures, and tells the policy what it saw as one number P, the share of changed
patterns over all sites. There are two means (thesis 3.3.2, A.4 and supplements D and H disagree):

    "share"          P = mean of D_l over the sites l
    "temperature"    P = 1 - 2^-(mean of T_l),    T_l = -log2(1 - D_l)

A share is bound by the narrowest layers, of which d filters have 2^d patterns and D at most about
1 - 2^-d; a mean temperature is moved by the hottest layers.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

from relu_book.actcoolr.targets import probability_of
from relu_book.temperature import Distance, temperature

Mean = Literal["share", "temperature"]


class DivergedError(RuntimeError):
    """The rate that a policy asks for has left its limits: the training has run away."""


@dataclass(frozen=True)
class Limits:
    """What bounds the rates of a policy.

    Args:
        min_lr: the lowest rate of the first group; lower ones become it.
        max_lr: the highest one.
        every: steps from one measurement to the next.
        passes: forward passes that a measurement costs; two where the model is compiled.
    """

    min_lr: float = 1e-10
    max_lr: float = 1e10
    every: int = 8
    passes: int = 1


@dataclass(frozen=True)
class Seen:
    """A measurement, as a policy sees it.

    Args:
        learning_rate: of the first group.
        probability: P, the share of changed patterns, by the mean that the policy steers.
        evaluations: how many patterns it is a share of.
        mean_share: the mean of D over the sites.
        mean_temperature: the mean of T over the sites, in bits.
        overflowed: whether pre-activations became infinite or NaN.
        growth: of the weights since the start, see ``weights``.
        relative_step: of the weights in this step, likewise.
    """

    learning_rate: float
    probability: float
    evaluations: int = 2**30
    mean_share: float = float("nan")
    mean_temperature: float = float("nan")
    overflowed: bool = False
    growth: float = 1.0
    relative_step: float = 0.0

    @classmethod
    def of(cls, distance: Distance, mean: Mean, moved: tuple[float, float] = (1.0, 0.0)) -> Self:
        """Of a distance at one rate, and of how far the weights have moved."""
        share = float(distance.mean[0])
        bits = float(temperature(distance)[0].mean())
        return cls(
            float(distance.learning_rates[0]),
            share if mean == "share" else probability_of(bits),
            int(distance.evaluations.sum()),
            share,
            bits,
            bool(distance.overflowed),
            *moved,
        )

    @property
    def between(self) -> float:
        """P, as if at least half an evaluation had changed and half of one had stayed."""
        least = 0.5 / self.evaluations
        return min(max(self.probability, least), 1 - least)


class Policy(ABC):
    """Finds rates; one training has one.

    Attributes:
        mean: which mean over the sites is steered.
        probing_step_size: steps from one measurement to the next, unless others are asked for.
        watches_weights: whether it wants to know how far the weights move.
        state: all that a training has taught it, numbers only: what a checkpoint holds.
        notes: what it did since the last step, in words, for the history.
    """

    mean: Mean = "share"
    probing_step_size: ClassVar[int] = 8
    watches_weights: ClassVar[bool] = False
    initial: ClassVar[dict[str, Any]] = {}

    def begin(self, limits: Limits, learning_rate: float) -> None:
        """Starts a training: forgets the one before.

        Args:
            limits: of the rates.
            learning_rate: of the optimizer's first group, as it was given.
        """
        if self.mean not in ("share", "temperature"):
            raise ValueError(f"mean is 'share' or 'temperature', not {self.mean!r}")
        self.limits = limits
        self.state: dict[str, Any] = {"learning_rate": learning_rate, **self.initial}
        self.notes: list[str] = []

    @property
    def wants_fit(self) -> bool:
        """Whether ``fit`` is to be called before the next step."""
        return False

    def measures(self, step: int) -> bool:
        """Whether a step, counted from 1, is to be measured; asked once of each step."""
        return step == 1 or step % self.limits.every == 0

    @property
    def mu(self) -> float | None:
        """μ of the transition, if the policy has one."""
        return self.state.get("mu")

    @property
    def sigma(self) -> float | None:
        """σ of the transition, if the policy has one."""
        return self.state.get("sigma")

    def fit(self, try_at: Callable[[float], Seen], target: float) -> float | None:
        """Learns from trial steps, just before a step.

        Args:
            try_at: measures this step at a rate, for one forward pass.
            target: the share of changed patterns that is wanted of this step.

        Returns:
            The rate of this step.
        """
        raise NotImplementedError

    @abstractmethod
    def observe(self, seen: Seen, target: float) -> None:
        """Learns from a step that was taken, every so many steps.

        Args:
            seen: what it changed.
            target: what share was wanted.
        """

    @abstractmethod
    def rate(self, target: float) -> float:
        """The rate of the next step; asked once a step.

        Args:
            target: the share of changed patterns that is wanted of it.

        Raises:
            DivergedError: there is no such rate within the limits.
        """
