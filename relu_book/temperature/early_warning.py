"""A warning when what is followed through a training rises out of what it was so far.

Thesis 3.2.4 says of the spread σ of the transition that a rapid rise seems to imply a divergence,
and 5.4 that it is rather constant else. So the rule compares with the past of the same training,
whatever is followed: with median m and median absolute deviation d of the values x before,

    score = (x − m) / (1.4826 d),

which is a z-score where the values before are normal, and which a few outliers among them do not
spoil. It warns where the score is above a threshold: one-sided, so a fall is no alarm.
"""

from collections import deque
from collections.abc import Iterable
from math import inf, isfinite, isnan, nan
from typing import Self

import numpy as np

from relu_book.patterns.packing import is_whole
from relu_book.temperature.measurement import Measurement

_NORMAL = 1.4826  # standard deviations to a median absolute deviation, of normal numbers
_LEAST = 0.01  # of the median: the smallest scale, for values that hardly vary


class EarlyWarning:
    """Warns of a rise, fed with one value a step.

    A value is a number, such as σ of the mean fit of :func:`relu_book.sensitivity.sensitivity`, the
    logarithm of the loss or that of the gradient's norm, or a :class:`Measurement` of a
    :class:`TemperatureProbe`, of which the mean temperature over sites counts.

    What to follow is a question to be measured, and the thesis's signals are not the earliest. On
    small dense networks on the digits (``sensitivity/early_warning``, 111 stable trainings, 32 that
    diverge after step 20), at thresholds for each set-up that give no false alarm in the stable
    ones, the logarithm of the loss warned of 75 % of the divergences (median lead 10 steps), σ of
    19 % and the temperature of 3 %. A threshold from two seeds of a set-up still gave false alarms
    in 15 to 24 % of the stable trainings of the other two: calibrate on many.

    Args:
        threshold: the score above which it warns. :meth:`calibrated` takes it from trainings that
            are known to be stable, which is better than the default.
        warm_up: values that are only taken as the past, at least 2.
        window: how many of the latest values are the past.

    Attributes:
        score: of the latest value; NaN while warming up and for NaN.
        warned_at: the numbers of the values, counted from 1, at which it warned.

    Raises:
        ValueError: a threshold that is no number, or numbers of values that are none.
        TypeError: in ``update``, a value that is neither a number nor a measurement.

    Cost: about 0.05 ms a value, and memory for the window.

    Example:
        >>> generator = np.random.default_rng(0)
        >>> warning = EarlyWarning()
        >>> any([warning.update(value) for value in generator.normal(1.3, 0.1, 200)])
        False
        >>> rise = [1.4, 1.6, 1.8, 2.0, 2.2]
        >>> [warning.update(value) for value in rise], warning.warned_at
        ([False, False, False, True, True], [204, 205])
    """

    def __init__(self, threshold: float = 6.0, *, warm_up: int = 20, window: int = 500) -> None:
        if not isinstance(threshold, int | float | np.number) or isnan(threshold):
            raise ValueError(f"threshold is the score above which to warn, not {threshold!r}")
        if not is_whole(warm_up) or warm_up < 2:
            raise ValueError(f"warm_up is a number of values, at least 2, not {warm_up!r}")
        if not is_whole(window) or window < warm_up:
            raise ValueError(
                f"window is a number of values, at least the {warm_up} of warm_up, not {window!r}"
            )
        self.threshold, self.warm_up = float(threshold), warm_up
        self.score = nan
        self.warned_at: list[int] = []
        self._past: deque[float] = deque(maxlen=window)
        self._values = 0

    @classmethod
    def calibrated(cls, stable: Iterable[Iterable[float | Measurement]], **options: int) -> Self:
        """With the largest score of stable trainings as threshold: none of them would warn.

        Args:
            stable: the values of each such training, from its first step; a probe's ``history`` is
                one.
            **options: ``warm_up`` and ``window``, as for the class.

        Raises:
            ValueError: no training is longer than the warm-up.

        Example:
            >>> generator = np.random.default_rng(0)
            >>> found = EarlyWarning.calibrated(generator.normal(size=(10, 100)), warm_up=10)
            >>> 3 < found.threshold < 10
            True
        """
        scores = []
        for values in stable:
            one = cls(inf, **options)
            for value in values:
                one.update(value)
                scores.append(one.score)
        if not np.isfinite(scores).any():
            raise ValueError(
                "stable holds trainings with more values than the warm-up, but none has a score; "
                "give longer ones, or a smaller warm_up"
            )
        return cls(np.nanmax(scores), **options)

    def update(self, value: float | Measurement) -> bool:
        """Takes the value of the next step, and says whether it warns.

        NaN, of which nothing can be said, neither warns nor becomes part of the past; infinity
        warns, also while warming up.
        """
        value = _number(value)
        self._values += 1
        self.score = self._score(value)
        if isfinite(value):
            self._past.append(value)
        warns = self.score > self.threshold
        if warns:
            self.warned_at.append(self._values)
        return warns

    def _score(self, value: float) -> float:
        if value == inf:
            return inf
        if isnan(value) or len(self._past) < self.warm_up:
            return nan
        past = np.array(self._past)
        middle = float(np.median(past))
        scale = max(_NORMAL * float(np.median(abs(past - middle))), _LEAST * abs(middle))
        if scale == 0:
            return inf if value > middle else 0.0
        return (value - middle) / scale


def _number(value: float | Measurement) -> float:
    if isinstance(value, Measurement):
        return float(value.temperature.mean())
    try:
        return float(value)
    except (TypeError, ValueError):
        raise TypeError(
            f"a value to follow is a number or a Measurement, not {type(value).__name__}"
        ) from None
