"""The dynamic variant of the supplement (section D): gradient descent on the rate, without a model.

With P the measured share and C the wanted one, the loss (P - C)² has the gradient 2 (P - C) dP/dη,
of which dP/dη is set to 1. Every step takes the rate down the last gradient that was measured,

    η <- η - λ_T 2 (P - C)        or        ln η <- ln η - λ_T 2 (P - C)

with λ_T = 0.05, measured every 10 steps. The supplement found the linear scale to work best. There
a rate can become negative (from 0.01 to -0.04 in one step); it ends at ``min_lr`` here.
"""

from dataclasses import dataclass
from math import exp
from typing import Any, ClassVar, Literal

from relu_book.actcoolr.policy import Mean, Policy, Seen
from relu_book.actcoolr.targets import temperature_of


@dataclass
class DynamicPolicy(Policy):
    """Supplement D, on the logarithm of the rate by default.

    It starts at the rate that the optimizer was given, and measures every 10 steps.

    Args:
        mean: the ``"share"``, as in D, or the ``"temperature"``.
        step: λ_T.
        scale: of the rate, ``"log"`` or ``"linear"``.
        quantity: what is compared with its target, the ``"probability"`` or the ``"temperature"``
            -log2(1 - P).

    Raises:
        ValueError: a word that is not one of these.

    Example:
        >>> from relu_book.actcoolr import Limits
        >>> policy = DynamicPolicy(scale="linear")
        >>> policy.begin(Limits(), 0.1)
        >>> policy.observe(Seen(0.1, 0.4), target=0.6)
        >>> [round(policy.rate(0.6), 3) for _ in range(3)]
        [0.12, 0.14, 0.16]
    """

    mean: Mean = "share"
    step: float = 0.05
    scale: Literal["log", "linear"] = "log"
    quantity: Literal["probability", "temperature"] = "probability"

    probing_step_size: ClassVar[int] = 10
    initial: ClassVar[dict[str, Any]] = {"gradient": 0.0}

    def __post_init__(self) -> None:
        for name, known in (
            ("scale", ("log", "linear")),
            ("quantity", ("probability", "temperature")),
        ):
            if getattr(self, name) not in known:
                raise ValueError(
                    f"{name} is {' or '.join(map(repr, known))}, not {getattr(self, name)!r}"
                )

    def observe(self, seen: Seen, target: float) -> None:
        """The gradient of the loss: see :meth:`Policy.observe`."""
        found = seen.between
        if self.quantity == "temperature":
            found, target = temperature_of(found), temperature_of(target)
        self.state["gradient"] = 2 * (found - target)

    def rate(self, target: float) -> float:
        """One step down the last gradient: see :meth:`Policy.rate`."""
        way = -self.step * self.state["gradient"]
        rate = self.state["learning_rate"]
        rate = rate + way if self.scale == "linear" else rate * exp(max(min(way, 50.0), -50.0))
        self.state["learning_rate"] = min(max(rate, self.limits.min_lr), self.limits.max_lr)
        return self.state["learning_rate"]
