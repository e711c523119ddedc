"""A start temperature for who has none: from what the first steps of the training bear.

The default policy starts mild and lets the rate rise from step to step. Under a hot target it rises
until the target is met, or its limits hold it: weights move as far as they may in a step, or have
grown. The highest temperature that two measurements in a row had until then is the start
temperature.

The first step at a limit does not end the range. A training bears more when the first gradients,
which are the largest, have fallen, and the limit itself is four times as tight from one bit on: a
range that ended there would end where the temperature passes one bit. Nor is the temperature
halved. The limits stay while the training goes on, so that too hot a start costs little, and too
cold a one is made up for by nothing.
"""

from dataclasses import dataclass

from relu_book.actcoolr.policy import Seen
from relu_book.actcoolr.safe import SafePolicy
from relu_book.actcoolr.targets import temperature_of

HOTTEST = 3.17
LEAST = 0.3


@dataclass
class Range:
    """The measured range of the first steps.

    Args:
        last: the step at which it ends at the latest.
        highest: temperature so far, of two measurements in a row.
        before: temperature of the measurement before.
        start: the temperature that was found, ``None`` as long as there is none.

    Example:
        >>> found = Range(last=5)
        >>> for step, share in enumerate((0.2, 0.5, 0.875, 0.75, 0.5), 1):
        ...     found.observe(step, Seen(0.1, share), SafePolicy())
        >>> found.start
        2.0
    """

    last: int
    highest: float = 0.0
    before: float = 0.0
    start: float | None = None

    def observe(self, step: int, seen: Seen, policy: SafePolicy) -> None:
        """Takes in what a step changed.

        Args:
            step: its number, from 1.
            seen: what was measured.
            policy: whose limits end the range.
        """
        bits = temperature_of(seen.between)
        self.highest = max(self.highest, min(bits, self.before))
        self.before = bits
        is_long = seen.growth > policy.growth[0]
        if is_long or self.highest >= HOTTEST or step >= self.last:
            self.start = min(max(self.highest, LEAST), HOTTEST)
