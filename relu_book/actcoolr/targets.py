"""How hot a training is to be, from its first step to its last (thesis 3.3.2).

A target is any function of the progress t/t_max, from 0 to 1, that gives a temperature in bits.
``TemperatureTarget`` is equation 3.45 and what its text says of it, ``ProbabilityTarget`` the
schedule of appendix A.4, item 5. A temperature T is the share of changed patterns D = 1 - 2^-T:
a T that falls along a line is no exponential decrease of D, as the text has it, but an exponential
increase of 1 - D.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite, log2
from typing import Literal

from relu_book.spelling import did_you_mean

Target = Callable[[float], float]
SHAPES = ("power", "late")


@dataclass(frozen=True)
class TemperatureTarget:
    """Equation 3.45, T = T_start (1 - t/t_max)^γ, or the curve that its text describes.

    The text has γ > 1 "spend more time at higher temperatures". (1 - t)^γ does the opposite: at
    half time and γ = 4 it is at 6 % of T_start. ``shape="late"``, 1 - t^γ, does as the text says:
    94 %. At γ = 1 they are one line.

    Args:
        start: T_start in bits, 0 or more.
        gamma: γ, positive.
        shape: ``"power"`` for (1 - t)^γ, ``"late"`` for 1 - t^γ.

    Raises:
        ValueError: one of them is out of its range.

    Example:
        >>> [TemperatureTarget(3.0)(t) for t in (0.0, 0.5, 1.0)]
        [3.0, 1.5, 0.0]
        >>> [TemperatureTarget(1.0, 4.0, shape)(0.5) for shape in ("power", "late")]
        [0.0625, 0.9375]
    """

    start: float = 3.17
    gamma: float = 1.0
    shape: Literal["power", "late"] = "power"

    def __post_init__(self) -> None:
        _check_number(self.start, "start_temperature", "a temperature in bits, 0 or more", 0.0)
        _check_number(self.gamma, "gamma", "a positive exponent", 0.0, open_below=True)
        if self.shape not in SHAPES:
            hint = did_you_mean(str(self.shape), SHAPES, "there are 'power' and 'late'")
            raise ValueError(f"no shape {self.shape!r} of a temperature curve; {hint}")

    def __call__(self, progress: float) -> float:
        """The temperature in bits at a progress from 0 to 1."""
        if self.shape == "late":
            return self.start * (1 - progress**self.gamma)
        return self.start * (1 - progress) ** self.gamma


@dataclass(frozen=True)
class ProbabilityTarget:
    """Appendix A.4, item 5: the share of changed patterns falls along a line, P = P_start (1 - t).

    Args:
        start: P_start, 0 or more and below 1; 0.99 in A.4.

    Raises:
        ValueError: it is out of its range.

    Example:
        >>> [round(ProbabilityTarget()(t), 3) for t in (0.0, 0.5, 1.0)]
        [6.644, 0.986, 0.0]
    """

    start: float = 0.99

    def __post_init__(self) -> None:
        _check_number(self.start, "start", "a share of changed patterns, from 0 to below 1", 0.0)
        if not self.start < 1:
            raise ValueError(f"start is a share of changed patterns below 1, not {self.start!r}")

    def __call__(self, progress: float) -> float:
        """The temperature in bits at a progress from 0 to 1."""
        return temperature_of(self.start * (1 - progress))


def probability_of(temperature: float) -> float:
    """D = 1 - 2^-T, the share of changed patterns at a temperature in bits.

    Example:
        >>> round(probability_of(3.17), 3)
        0.889
    """
    return 1 - 2.0**-temperature


def temperature_of(probability: float) -> float:
    """T = -log2(1 - D), in bits; D is below 1.

    Example:
        >>> temperature_of(0.75)
        2.0
    """
    return -log2(1 - probability) if probability else 0.0


def target_at(target: Target, progress: float) -> float:
    """The temperature that a target gives, checked.

    Raises:
        ValueError: it is no temperature.
    """
    bits = target(min(progress, 1.0))
    try:
        bits = float(bits)
    except (TypeError, ValueError):
        bits = float("nan")
    if not (isfinite(bits) and bits >= 0):
        raise ValueError(
            f"a target gives a temperature in bits, finite and 0 or more, but gave {bits!r} at the "
            f"progress {progress:.3g} (from 0 to 1)"
        )
    return bits


def _check_number(
    value: object, name: str, what: str, least: float, open_below: bool = False
) -> None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
    if not is_number or value < least or (open_below and value == least):
        raise ValueError(f"{name} is {what}, not {value!r}")
